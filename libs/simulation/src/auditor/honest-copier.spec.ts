import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../clock/random';
import { Copier, type Fault } from './testing/copier';

const SIZE = { numRuns: 150 };
/** Seeds in which each broken copier must have been caught. */
const SEEDS = 50;

describe('a copier that keeps the rules', () => {
  it('is never blamed, however late answers, fills and charges come and however little fills', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.boolean(), (seed, proportional) => {
        const copier = new Copier(new SeededRandom(seed), null, proportional);
        copier.run();
        expect(copier.texts()).toEqual([]);
      }),
      SIZE,
    );
  });

  it('takes risk often enough for that to mean something', () => {
    const sums = { riskIncreasing: 0, valuations: 0, breaches: 0 };
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const copier = new Copier(new SeededRandom(seed), null);
      copier.run();
      const counts = copier.counts();
      sums.riskIncreasing += counts.riskIncreasing;
      sums.valuations += counts.valuations;
      sums.breaches += counts.breaches;
    }
    expect(sums.riskIncreasing).toBeGreaterThan(SEEDS * 15);
    expect(sums.valuations).toBeGreaterThan(SEEDS * 60);
    expect(sums.breaches).toBeGreaterThan(SEEDS / 5);
  });
});

describe('a copier that breaks one rule', () => {
  it.each<[Fault, readonly string[]]>([
    ['one lot over the cap', ['cap_position_size']],
    ['sign flip', ['wrong_side', 'entry_without_cause', 'beyond_target']],
    ['retry on unknown', ['double_order']],
    ['no breaker', ['order_after_breach']],
    ['bound twice as wide', ['price_bound']],
    ['exits ignored', ['exit_not_followed', 'target_too_high']],
    ['stale marks', ['stale_mark']],
    ['pause ignored', ['halt_ignored']],
    ['exit not reduce-only', ['exit_not_reduce_only', 'wrong_side', 'entry_without_cause', 'beyond_target']],
    ['entries before exits', ['wave_order']],
    ['makes up for what was given up', ['beyond_target', 'entry_too_old']],
    ['leader equity ignored', ['beyond_target']],
    ['fee lost', ['money_wrong']],
  ])('%s is caught', (fault, kinds) => {
    const caught = new Set<string>();
    for (let seed = 0; seed < SEEDS && !kinds.some((kind) => caught.has(kind)); seed += 1) {
      const copier = new Copier(new SeededRandom(seed), fault, fault === 'leader equity ignored');
      copier.run();
      for (const kind of copier.found()) caught.add(kind);
    }
    expect(kinds.some((kind) => caught.has(kind))).toBe(true);
  });
});
