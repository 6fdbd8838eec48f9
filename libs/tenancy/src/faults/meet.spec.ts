import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fault, type FaultId, PROBABILITY_SCALE, REQUEST_FAULTS, STREAM_FAULTS } from './fault';
import { drawOf, isAimedAt, meet, meetRequest } from './meet';

const NOW = 1_000;
const faultOf = (over: Partial<Fault> = {}): Fault => ({
  id: 'flt_1' as FaultId,
  environment: 'test',
  kind: 'server_error',
  operation: null,
  keyId: null,
  times: null,
  probability: null,
  seed: 7,
  everyEvents: null,
  met: 0,
  struck: 0,
  createdAt: 0,
  endsAt: NOW + 1,
  ...over,
});
const KEY_A = 'key_a' as NonNullable<Fault['keyId']>;
const KEY_B = 'key_b' as NonNullable<Fault['keyId']>;
const asked = { operation: 'copies.create', keyId: KEY_A };

describe('whom a fault is aimed at', () => {
  it.each<[string, Partial<Fault>, boolean]>([
    ['everybody', {}, true],
    ['the operation', { operation: 'copies.create' }, true],
    ['another operation', { operation: 'copies.list' }, false],
    ['the key', { keyId: KEY_A }, true],
    ['another key', { keyId: KEY_B }, false],
    ['the operation of another key', { operation: 'copies.create', keyId: KEY_B }, false],
  ])('%s', (_what, over, expected) => {
    for (const kind of REQUEST_FAULTS) expect(isAimedAt(faultOf({ kind, ...over }), asked)).toBe(expected);
    for (const kind of STREAM_FAULTS) expect(isAimedAt(faultOf({ kind, ...over }), asked)).toBe(false);
  });
});

describe('which fault strikes a request', () => {
  const idsOf = (faults: readonly Fault[]) => {
    const { met, struck } = meetRequest(faults, asked, NOW);
    return [met.map(({ id }) => id), struck?.id ?? null];
  };
  const a = (over: Partial<Fault> = {}) => faultOf({ id: 'a' as FaultId, ...over });
  const b = (over: Partial<Fault> = {}) => faultOf({ id: 'b' as FaultId, ...over });

  it.each<[string, readonly Fault[], readonly string[], string | null]>([
    ['none where there is none', [], [], null],
    ['the first of two', [a(), b()], ['a'], 'a'],
    ['the second where the first one’s draw misses', [a({ probability: 0 }), b()], ['a', 'b'], 'b'],
    ['the second where the first is aimed elsewhere', [a({ operation: 'other' }), b()], ['b'], 'b'],
    ['the second where the first is used up', [a({ times: 2, met: 5, struck: 2 }), b()], ['b'], 'b'],
    ['the second where the first has ended', [a({ endsAt: NOW }), b()], ['b'], 'b'],
    ['none of a live environment', [a({ environment: 'live' })], [], null],
    ['none of streams', [a({ kind: 'stream_dropped' }), b({ kind: 'event_repeated' })], [], null],
  ])('%s', (_what, faults, met, struck) => {
    expect(idsOf(faults)).toEqual([met, struck]);
  });

  it('counts what it met and struck', () => {
    const { met } = meetRequest([a({ probability: 0, met: 3 }), b({ met: 1, struck: 1 })], asked, NOW);
    expect(met.map((one) => [one.met, one.struck])).toEqual([
      [4, 0],
      [2, 2],
    ]);
  });
});

const terms = fc.record({
  seed: fc.nat(2 ** 32 - 1),
  probability: fc.option(fc.nat(PROBABILITY_SCALE)),
  times: fc.option(fc.integer({ min: 1, max: 50 })),
});

describe('meetings', () => {
  it('strike the same, one by one or together, and however they are cut into pieces', () => {
    fc.assert(
      fc.property(terms, fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 }), (over, pieces) => {
        const whole = meet(
          faultOf(over),
          pieces.reduce((sum, piece) => sum + piece, 0),
        );
        let fault = faultOf(over);
        let offset = 0;
        const strikes: number[] = [];
        for (const piece of pieces) {
          const made = meet(fault, piece);
          strikes.push(...made.strikes.map((index) => offset + index));
          fault = made.fault;
          offset += piece;
        }
        expect(strikes).toEqual(whole.strikes);
        expect([fault.met, fault.struck]).toEqual([whole.fault.met, whole.fault.struck]);
      }),
    );
  });

  it('never strike more often than asked for, nor whom the draw does not hit', () => {
    fc.assert(
      fc.property(terms, fc.nat(300), (over, count) => {
        const { fault, strikes } = meet(faultOf(over), count);
        expect(fault.struck).toBe(strikes.length);
        expect(strikes.length).toBeLessThanOrEqual(Math.min(count, over.times ?? count));
        expect(fault.met).toBeLessThanOrEqual(count);
        if (over.times === null) expect(fault.met).toBe(count);
        const likely = (over.probability ?? PROBABILITY_SCALE) / PROBABILITY_SCALE;
        for (let index = 0; index < fault.met; index += 1) expect(strikes.includes(index)).toBe(drawOf(over.seed, index) / 2 ** 32 < likely);
      }),
    );
  });

  it('end with the first that is struck where that is asked for', () => {
    fc.assert(
      fc.property(terms, fc.nat(200), (over, count) => {
        const [first] = meet(faultOf(over), count).strikes;
        const made = meet(faultOf(over), count, true);
        expect(made.strikes).toEqual(first === undefined ? [] : [first]);
        if (first !== undefined) expect(made.fault.met).toBe(first + 1);
      }),
    );
  });

  it('of one request strike by one fault at most, and leave the faults behind it alone', () => {
    fc.assert(
      fc.property(fc.array(terms, { maxLength: 6 }), (all) => {
        const faults = all.map((over, index) => faultOf({ ...over, id: `f${index}` as FaultId }));
        const { met, struck } = meetRequest(faults, asked, NOW);
        expect(met.map(({ id }) => id)).toEqual(faults.slice(0, met.length).map(({ id }) => id));
        expect(met.filter((one) => one.struck > 0).map(({ id }) => id)).toEqual(struck === null ? [] : [struck.id]);
        if (struck !== null) expect(met.at(-1)?.id).toBe(struck.id);
        else expect(met.length).toBe(faults.length);
      }),
    );
  });

  it('strike about as often as a probability says', () => {
    for (const seed of [0, 1, 7, 4_294_967_295]) {
      const { strikes } = meet(faultOf({ seed, probability: 250_000 }), 10_000);
      expect(Math.abs(strikes.length - 2_500)).toBeLessThan(200);
    }
  });

  it('never strike with a probability of none, and always with that of all', () => {
    expect(meet(faultOf({ probability: 0 }), 1_000).strikes).toEqual([]);
    expect(meet(faultOf({ probability: PROBABILITY_SCALE }), 1_000).strikes.length).toBe(1_000);
  });
});
