import { describe, expect, it } from 'vitest';
import { runSeed, type SeedOrder } from '../run-seed';
import type { ReplayOptions } from './options';
import { replayJson, replayLines } from './render';
import { areEqual, isExact, runReplay } from './run-replay';

/** Far enough for leaders to trade, for copies to follow and for an engine to die. */
const OPTIONS: ReplayOptions = { seed: 2, step: 260, copyId: null, coin: null, broken: null, postgres: false, recorded: null, json: false };

describe('a short seed played twice', () => {
  it('is the same to the byte, and each decision about a copy is what its journaled inputs give', async () => {
    let copyId = '';
    let coin = '';
    const report = await runReplay(OPTIONS, (order) =>
      runSeed({
        ...order,
        watch: {
          observed: (observation, step) => {
            order.watch?.observed(observation, step);
            if (observation.kind !== 'order_handed' || copyId !== '') return;
            copyId = observation.order.copyId;
            coin = observation.order.coin;
          },
          journaled: (row) => order.watch?.journaled(row),
          ended: (end) => order.watch?.ended(end) ?? Promise.resolve(),
        },
      }),
    );
    expect(report.difference).toBeNull();
    expect(isExact(report), replayLines(report).join('\n')).toBe(true);
    expect(report.first.steps).toBe(260);
    expect(report.journalRows).toBeGreaterThan(20);

    const asked = await runReplay({ ...OPTIONS, copyId, coin }, runSeed);
    expect(isExact(asked), replayLines(asked).join('\n')).toBe(true);
    const [decision] = asked.decisions.filter(({ receipt }) => receipt.orders.length > 0);
    expect(decision?.journal).toMatchObject({ stored: true, repacked: true });
    expect(decision?.told.mark?.coin).toBe(coin);
    expect(decision?.told.orders.map(({ observation }) => observation.kind)).toEqual(expect.arrayContaining(['order_journaled', 'order_handed']));
    expect(JSON.parse(replayJson(asked))).toMatchObject({ exact: true, replay: { seed: 2, step: 260 } });
  });

  it('is not equal to another seed, and the first place where it is not is named', async () => {
    let played = 0;
    const report = await runReplay({ ...OPTIONS, step: 40 }, (order: SeedOrder) => {
      played += 1;
      return runSeed({ ...order, seed: order.seed + (played === 1 ? 0 : 1) });
    });
    expect(areEqual(report)).toBe(false);
    expect(report.difference?.what).toBe('observation');
    expect(replayLines(report).at(-1)).toBe('✗ not exact');
  });

  it('does not pass bytes that the database does not have', async () => {
    const turned = (order: SeedOrder): Promise<Awaited<ReturnType<typeof runSeed>>> =>
      runSeed({
        ...order,
        watch: {
          observed: (observation, step) => order.watch?.observed(observation, step),
          // The mark in the header: readable as before.
          journaled: (row) => order.watch?.journaled({ ...row, bytes: flipped(row.bytes, MARK_AT) }),
          ended: (end) => order.watch?.ended(end) ?? Promise.resolve(),
        },
      });
    let copyId = '';
    await runSeed({
      seed: 2,
      steps: 0,
      broken: null,
      store: 'memory',
      lastStep: 260,
      watch: {
        observed: (observation) => {
          if (observation.kind === 'order_handed') copyId = observation.order.copyId;
        },
        journaled: () => undefined,
        ended: () => Promise.resolve(),
      },
    });
    const report = await runReplay({ ...OPTIONS, copyId }, turned);
    expect(areEqual(report)).toBe(true);
    expect(report.decisions.length).toBeGreaterThan(0);
    expect(report.decisions.some(({ journal }) => journal.stored)).toBe(false);
    expect(isExact(report)).toBe(false);
  });
});

const MARK_AT = 24 + 5 * 8;

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
