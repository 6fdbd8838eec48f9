import { money, type Size, size, UNIT } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fundingOfCopies, type OwnSide, shareFunding } from './share-funding';

const units = (...counts: number[]): Size[] => counts.map((count) => size(BigInt(count) * UNIT));
const total = (parts: readonly bigint[]): bigint => parts.reduce((sum, part) => sum + part, 0n);
const quantity = fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }).map(size);
const amount = fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }).map(money);

describe('an amount of funding shared by positions', () => {
  it.each<[number[], bigint, bigint[]]>([
    // quantities, amount → parts
    [[1, 1], -2n, [-1n, -1n]],
    [[3, -1], -2n, [-3n, 1n]],
    [[1], -2n, [-2n]],
    [[-2, 0], 7n, [7n, 0n]],
    [[2, 1], -4n, [-3n, -1n]],
  ])('case %#: %j of %s', (quantities, whole, parts) => {
    expect(shareFunding(money(whole), units(...quantities))).toEqual(parts);
  });

  it("adds up to the venue's amount", () => {
    fc.assert(
      fc.property(fc.array(quantity, { minLength: 1, maxLength: 8 }), amount, (all, whole) => {
        fc.pre(total(all) !== 0n);
        expect(total(shareFunding(whole, all))).toBe(whole);
      }),
    );
  });
});

describe('whose funding is', () => {
  it.each<[what: string, net: number, held: number[], own: OwnSide, parts: bigint[]]>([
    ['a copy alone gets all of it', 2, [2], 0, [-200n]],
    ['a copy that held nothing gets nothing', 2, [0], 0, [0n]],
    ["the follower's own position beside it takes its part", 4, [1], 1, [-50n]],
    ['the part of an own position nobody compared yet is not the copy’s either', 4, [1], 0, [-50n]],
    ['a known own position against the copy pays it', 1, [2], -1, [-400n]],
    ['what the follower closed and nobody booked yet is not the copy’s', 1, [2], 0, [-200n]],
    ['nor what was turned around', -1, [2], 0, [0n]],
    ['a short copy the same way', -1, [-2], 0, [-200n]],
    ['copies share by what they held, a stopped one too', 4, [3, 1], 0, [-150n, -50n]],
    ['an unseen close falls on all copies of its side', 2, [3, 1], 0, [-150n, -50n]],
    ['an account without copies books nothing', 3, [], 0, []],
  ])('%s', (_what, net, held, own, parts) => {
    expect(fundingOfCopies({ amount: money(-200n), net: size(BigInt(net) * UNIT) }, units(...held), own)).toEqual(parts);
  });

  it('one copy holding the whole net gets the amount exactly, whatever its rounding', () => {
    fc.assert(
      fc.property(quantity, amount, (net, whole) => {
        fc.pre(net !== 0n);
        expect(fundingOfCopies({ amount: whole, net }, [net], 0)).toEqual([whole]);
      }),
    );
  });

  it('on the side of the net, no more than the amount is booked and none of it the wrong way', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(0n, 10n ** 14n).map(size), { maxLength: 4 }),
        fc.bigInt(1n, 10n ** 14n).map(size),
        amount,
        (held, net, whole) => {
          const parts = fundingOfCopies({ amount: whole, net }, held, 0);
          expect(parts.every((part) => part * whole >= 0n)).toBe(true);
          expect(total(parts) * total(parts) <= whole * whole).toBe(true);
        },
      ),
    );
  });
});
