import { describe, expect, it } from 'vitest';
import { type SealingPass, sealUntilQuiet } from './seal-before';

const NOTHING: SealingPass = { sealed: 0, failed: 0 };

/** How many passes are made where they do this, one after the other, and nothing behind them. */
async function passesOf(done: readonly SealingPass[], endAfter = Number.POSITIVE_INFINITY): Promise<number> {
  const ending = new AbortController();
  let made = 0;
  const pass = async (): Promise<SealingPass> => {
    made += 1;
    if (made >= endAfter) ending.abort();
    return done[made - 1] ?? NOTHING;
  };
  await sealUntilQuiet(pass, ending.signal, { pauseMs: 0, quietPasses: 3 });
  return made;
}

describe('passes that seal earlier names', () => {
  it.each<[string, readonly SealingPass[], number]>([
    ['end after some that found nothing', [], 3],
    ['go on behind one that sealed something', [NOTHING, NOTHING, { sealed: 1, failed: 0 }], 6],
    ['go on behind one that failed', [{ sealed: 0, failed: 1 }], 4],
  ])('%s', async (_what, done, expected) => {
    expect(await passesOf(done)).toBe(expected);
  });

  it('end with the process', async () => {
    expect(await passesOf(Array(99).fill({ sealed: 1, failed: 0 }), 5)).toBe(5);
  });
});
