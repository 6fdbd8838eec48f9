import { describe, expect, it } from 'vitest';
import { hyperliquidConfig } from '../config';
import { MarkSchedule } from './mark-schedule';
import { MARK_TICK_MS } from './mark-watch';

const { markSilenceMs, markAskGapMs } = hyperliquidConfig({ url: 'http://127.0.0.1:1', wsUrl: 'ws://127.0.0.1:1', network: 'mainnet' });
const MINUTE_MS = 60_000;
/** `metaAndAssetCtxs` of one dex, and what an address may spend in a minute (facts §9, §11.1). */
const WEIGHT = 20;
const BUDGET = 1_200;
/** A mark older than this halts new risk; an answer takes some time. */
const MARK_MAX_AGE_MS = 5_000;
const ANSWER_MS = 500;
const TEN = ['', 'xyz', 'flx', 'vntl', 'km', 'hyna', 'cash', 'abc', 'def', 'ghi'] as const;

/** Plays some minutes, `told` by the stream at each tick; answers what was asked for and when. */
function play(dexes: readonly string[], minutes: number, told: (dex: string, at: number) => boolean) {
  const schedule = new MarkSchedule(dexes, markSilenceMs, markAskGapMs);
  for (const dex of dexes) schedule.told(dex, 0);
  const asked: { readonly dex: string; readonly at: number }[] = [];
  for (let at = 0; at <= minutes * MINUTE_MS; at += MARK_TICK_MS) {
    for (const dex of dexes) if (told(dex, at)) schedule.told(dex, at);
    const dex = schedule.due(at);
    if (dex !== null) asked.push({ dex, at });
  }
  return asked;
}

const oldest = (asked: readonly { readonly dex: string; readonly at: number }[], dex: string): number => {
  const times = [0, ...asked.filter((one) => one.dex === dex).map(({ at }) => at)];
  return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? 0)));
};

describe('marks that are asked for', () => {
  it('are none while the stream tells them: the steady state costs nothing', () => {
    expect(play(TEN, 10, (_dex, at) => at % 3_000 === 0)).toEqual([]);
  });

  it('cost at most half of an address’s minute, also when every dex is silent', () => {
    const asked = play(TEN, 10, () => false);
    const heaviest = Math.max(...asked.map(({ at }) => asked.filter((one) => one.at >= at && one.at < at + MINUTE_MS).length));
    expect(heaviest * WEIGHT).toBeLessThanOrEqual(BUDGET / 2);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['of a single dex', [''], ['']],
    ['of two dexes', ['', 'xyz'], ['', 'xyz']],
    ['of the first two of ten', TEN, ['', 'xyz']],
    ['of the dex that is put first', ['km', ''], ['km', '']],
  ])('%s stay young enough for new risk', (_what, dexes, fresh) => {
    const asked = play(dexes, 10, () => false);
    for (const dex of fresh) expect(oldest(asked, dex) + ANSWER_MS).toBeLessThanOrEqual(MARK_MAX_AGE_MS + (dex === fresh[1] ? markAskGapMs : 0));
  });

  it('are those of the silent dex alone', () => {
    const asked = play(['', 'xyz'], 1, (dex) => dex === '');
    expect(new Set(asked.map(({ dex }) => dex))).toEqual(new Set(['xyz']));
  });
});
