import type { Clock } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limiterContract } from '../testing/limiter-contract';
import { localLimiter } from './local';

function timed(): { clock: Clock; pass(ms: number): void } {
  let nowMs = 1_800_000_000_000;
  return {
    clock: { now: () => nowMs, monotonic: () => nowMs },
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

limiterContract('in process', () => {
  const { clock, pass } = timed();
  return { limiter: localLimiter(clock), advance: async (ms) => pass(ms), slackMs: 0 };
});

describe('in-process limiter', () => {
  it('never admits more than B + elapsed ÷ T, whatever comes', async () => {
    const requests = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 3 })), { maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(requests, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 2, max: 10 }), async (script, rate, burst) => {
        const { clock, pass } = timed();
        const limiter = localLimiter(clock);
        const startMs = clock.now();
        let admitted = 0;
        for (const [waitMs, cost] of script) {
          pass(waitMs);
          const decision = await limiter.take('g', [{ name: 'p', key: 'k', rate, periodMs: 1_000, burst, cost }]);
          if (decision.allowed) admitted += cost;
          expect(admitted).toBeLessThanOrEqual(burst + 1 + ((clock.now() - startMs) * rate) / 1_000);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('stays bounded: keys with a whole quota go first, then the least used', async () => {
    const { clock, pass } = timed();
    const limiter = localLimiter(clock, 100);
    const take = (key: string) => limiter.take('g', [{ name: 'p', key, rate: 1, periodMs: 1_000, burst: 0, cost: 1 }]);
    for (let index = 0; index < 100; index += 1) await take(`old${index}`);
    pass(10_000);
    await take('fresh');
    expect(limiter.size()).toBe(1);
    for (let index = 0; index < 500; index += 1) await take(`new${index}`);
    expect(limiter.size()).toBeLessThanOrEqual(100);
    expect((await take('new499')).allowed).toBe(false);
  });
});
