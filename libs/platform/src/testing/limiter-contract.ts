import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LimitDecision, LimitPolicy } from '../limiter/gcra';
import type { Limiter } from '../limiter/limiter';

/** A limiter under test. `advance` lets time pass: a test's clock, or the wall where the carrier has its own clock. */
export interface LimiterUnderTest {
  readonly limiter: Limiter;
  advance(ms: number): Promise<void>;
  /** How far time may run by itself between two calls. */
  readonly slackMs: number;
}

let made = 0;
const policy = (over: Partial<LimitPolicy>): LimitPolicy => {
  made += 1;
  return { name: 'tier', key: `k${made}`, rate: 1, periodMs: 60_000, burst: 2, cost: 1, ...over };
};

/** What every limiter promises, whatever carries it. */
export function limiterContract(name: string, open: () => LimiterUnderTest): void {
  describe(`limiter contract: ${name}`, () => {
    it('admits a burst of B, then refuses with the wait until the next', async () => {
      const { limiter, slackMs } = open();
      const one = policy({});
      const seen: number[] = [];
      for (let index = 0; index < 3; index += 1) seen.push((await limiter.take('g', [one])).policies[0]?.remaining ?? -1);
      expect(seen).toEqual([2, 1, 0]);
      const refused = await limiter.take('g', [one]);
      expect(refused.allowed).toBe(false);
      expect(refused.retryAfterMs).toBeGreaterThan(60_000 - slackMs - 1);
      expect(refused.retryAfterMs).toBeLessThanOrEqual(60_000);
      expect(refused.policies[0]?.resetAfterMs).toBeGreaterThan(180_000 - slackMs - 1);
    });

    it('admits again exactly after the wait, and refusals do not prolong it', async () => {
      const { limiter, advance } = open();
      const quick = policy({ rate: 1, periodMs: 1_000, burst: 0 });
      expect((await limiter.take('g', [quick])).allowed).toBe(true);
      let last = await limiter.take('g', [quick]);
      for (let index = 0; index < 20; index += 1) last = await limiter.take('g', [quick]);
      expect(last.allowed).toBe(false);
      await advance(last.retryAfterMs ?? 0);
      expect((await limiter.take('g', [quick])).allowed).toBe(true);
    });

    it('charges all policies or none, and shows the untouched ones by what they held before', async () => {
      const { limiter } = open();
      const wide = policy({ name: 'tier', burst: 9 });
      const narrow = policy({ name: 'orders', burst: 0 });
      expect((await limiter.take('g', [wide, narrow])).allowed).toBe(true);
      const refused = await limiter.take('g', [wide, narrow]);
      expect(refused.policies.map((state) => [state.name, state.allowed, state.remaining])).toEqual([
        ['tier', true, 9],
        ['orders', false, 0],
      ]);
      expect((await limiter.take('g', [wide])).policies[0]?.remaining).toBe(8);
    });

    it('costs n at once', async () => {
      const { limiter } = open();
      const heavy = policy({ burst: 9, cost: 7 });
      expect((await limiter.take('g', [heavy])).policies[0]?.remaining).toBe(3);
      const refused = await limiter.take('g', [heavy]);
      expect(refused.allowed).toBe(false);
      expect(refused.retryAfterMs).toBeGreaterThan(3 * 60_000);
      expect((await limiter.take('g', [{ ...heavy, cost: 3 }])).allowed).toBe(true);
    });

    it('looks without taking at cost 0', async () => {
      const { limiter } = open();
      const peek = policy({ cost: 0 });
      for (let index = 0; index < 5; index += 1)
        expect((await limiter.take('g', [peek])).policies[0]).toMatchObject({ allowed: true, remaining: 3, resetAfterMs: 0 });
      for (let index = 0; index < 3; index += 1) await limiter.take('g', [{ ...peek, cost: 1 }]);
      expect(await limiter.take('g', [peek])).toMatchObject({ allowed: true, policies: [{ remaining: 0 }] });
    });

    it('says of a cost above the limit that waiting is no use', async () => {
      const { limiter } = open();
      const never = await limiter.take('g', [policy({ cost: 4 }), policy({ name: 'other', burst: 0 })]);
      expect(never).toMatchObject({
        allowed: false,
        retryAfterMs: null,
        policies: [
          { retryAfterMs: null, remaining: 3 },
          { allowed: true, remaining: 1 },
        ],
      });
    });

    it('keeps groups and keys apart', async () => {
      const { limiter } = open();
      const one = policy({ burst: 0 });
      expect((await limiter.take('a', [one])).allowed).toBe(true);
      expect((await limiter.take('b', [one])).allowed).toBe(true);
      expect((await limiter.take('a', [{ ...one, key: `${one.key}x` }])).allowed).toBe(true);
      expect((await limiter.take('a', [one])).allowed).toBe(false);
    });

    it('admits no more than B of many at the same moment', async () => {
      const { limiter } = open();
      const shared = policy({ burst: 19 });
      const decisions = await Promise.all(Array.from({ length: 100 }, () => limiter.take('g', [shared])));
      expect(decisions.filter((decision) => decision.allowed)).toHaveLength(20);
    });

    it('decides for those that come in one turn as for the same one after the other', async () => {
      const { limiter } = open();
      const alike = fc.record({
        many: fc.integer({ min: 1, max: 30 }),
        cost: fc.integer({ min: 0, max: 3 }),
        burst: fc.integer({ min: 0, max: 20 }),
        places: fc.option(fc.integer({ min: 1, max: 10 })),
      });
      await fc.assert(
        fc.asyncProperty(alike, async ({ many, cost, burst, places }) => {
          const of = (group: string) => {
            // So long a period that nothing comes back meanwhile.
            const one = policy({ burst, cost, periodMs: 86_400_000 });
            return (no: number) =>
              limiter.take(group, [one], places === null ? undefined : { key: `${one.key}:places`, limit: places, holder: `${no}`, leaseMs: 60_000 });
          };
          const shown = ({ allowed, policies, slots }: LimitDecision) => [allowed, policies[0]?.remaining, slots?.remaining];
          const [together, alone] = [of('together'), of('alone')];
          const atOnce = await Promise.all(Array.from({ length: many }, (_, no) => together(no)));
          const inTurn = [];
          for (let no = 0; no < many; no += 1) inTurn.push(await alone(no));
          expect(atOnce.map(shown)).toEqual(inTurn.map(shown));
        }),
        { numRuns: 40 },
      );
    });

    it('gives out as many places as there are, charges nothing where none is left, and one comes back when it is given back', async () => {
      const { limiter } = open();
      const one = policy({ burst: 9 });
      const claim = (holder: string) => ({ key: `${one.key}:places`, limit: 2, holder, leaseMs: 60_000 });
      const seen = [];
      for (const holder of ['a', 'b', 'c']) seen.push((await limiter.take('g', [one], claim(holder))).slots);
      expect(seen).toEqual([
        { allowed: true, limit: 2, remaining: 1 },
        { allowed: true, limit: 2, remaining: 0 },
        { allowed: false, limit: 2, remaining: 0 },
      ]);
      const full = await limiter.take('g', [one], claim('c'));
      expect([full.allowed, full.policies[0]?.remaining, full.retryAfterMs]).toEqual([false, 8, 1_000]);
      await limiter.release('g', claim('a'));
      await limiter.release('g', claim('nobody'));
      expect(await limiter.take('g', [one], claim('c'))).toMatchObject({ allowed: true, slots: { remaining: 0 } });
    });

    it('takes no place for a request that a policy refuses', async () => {
      const { limiter } = open();
      const narrow = policy({ burst: 0 });
      const claim = (holder: string) => ({ key: `${narrow.key}:places`, limit: 2, holder, leaseMs: 60_000 });
      expect((await limiter.take('g', [narrow], claim('a'))).slots?.remaining).toBe(1);
      expect(await limiter.take('g', [narrow], claim('b'))).toMatchObject({ allowed: false, slots: { allowed: true, remaining: 1 } });
    });

    it('takes a place back from a holder whose lease ended', async () => {
      const { limiter, advance } = open();
      const one = policy({ burst: 9 });
      const claim = (holder: string) => ({ key: `${one.key}:places`, limit: 1, holder, leaseMs: 500 });
      await limiter.take('g', [one], claim('a'));
      expect((await limiter.take('g', [one], { ...claim('b'), leaseMs: 60_000 })).allowed).toBe(false);
      await advance(501);
      expect((await limiter.take('g', [one], claim('b'))).allowed).toBe(true);
    });

    it('gives no more places than there are to many at the same moment', async () => {
      const { limiter } = open();
      const one = policy({ burst: 199 });
      const decisions = await Promise.all(
        Array.from({ length: 100 }, (_, no) => limiter.take('g', [one], { key: `${one.key}:places`, limit: 20, holder: `h${no}`, leaseMs: 60_000 })),
      );
      expect(decisions.filter((decision) => decision.allowed)).toHaveLength(20);
    });

    it.each([
      ['no policy', []],
      ['a rate of 0', [policy({ rate: 0 })]],
      ['a fraction', [policy({ cost: 0.5 })]],
      ['a negative burst', [policy({ burst: -1 })]],
      ['one key twice', [policy({ key: 'same' }), policy({ key: 'same' })]],
    ])('asserts against %s', async (_what, policies) => {
      const { limiter } = open();
      await expect(async () => limiter.take('g', policies)).rejects.toThrow();
    });
  });
}
