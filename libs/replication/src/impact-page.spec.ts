import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { size, unwrap } from '@lockstep/kernel';
import { decodeChainLimits } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import { STATUS } from './copy-columns';
import { repairPlan } from './repair';
import { at, entryOf, instrumentOf, NOW, optionsOf, priceOf, Stage, settingsOf } from './testing/book-builder';
import type { WavePlan } from './wave-plan';

/* Every example of docs/copying.md on large waves, with its own numbers. */

const HEADING = 'Impact example: ';
const COPIES = 10;
const DEPTH = 50n;
const LOT = 100_000_000n;
const FILL_AT = NOW - 100;

const page = readFileSync(join(__dirname, '../../../docs/copying.md'), 'utf8');
const examples = page
  .split(/^#{2,3} /m)
  .filter((section) => section.startsWith(HEADING))
  .map((section) => ({
    name: section.slice(HEADING.length, section.indexOf('\n')),
    json: JSON.parse(/```json\n(.*?)```/s.exec(section)?.[1] ?? 'null') as unknown,
    rows: section
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(2)
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
  }));

class Play {
  private readonly stage = new Stage(instrumentOf('BTC'));
  private wave = 900;

  constructor(impact: unknown) {
    const limits = unwrap(decodeChainLimits({ impact }), 'the terms');
    for (let copy = 1; copy <= COPIES; copy += 1) this.stage.book.setImpact(this.stage.add(entryOf(copy, settingsOf('0.1'))), limits.impact);
  }

  /** What leaves at a time after the leader's fill, filled at once. */
  step(ms: number, what: string): { readonly orders: number; readonly coins: number; readonly held: number } {
    const { stage } = this;
    const now = FILL_AT + ms;
    stage.book.setMark('BTC', priceOf('100'), now);
    stage.book.setDepth('BTC', [{ price: priceOf('100'), size: size(DEPTH * LOT) }], [{ price: priceOf('100'), size: size(DEPTH * LOT) }], now);
    const { orders } = this.plan(now, what);
    const coins = orders.lots.slice(0, orders.count).reduce((sum, lots) => sum + lots, 0);
    const held = Array.from({ length: COPIES }, (_, row) => at(stage.sheet.rows.position, row)).reduce((sum, lots) => sum + lots, 0);
    return { orders: orders.count, coins, held };
  }

  private plan(now: number, what: string): WavePlan {
    const { stage } = this;
    this.wave += 1;
    if (what === 'all paused') for (let row = 0; row < COPIES; row += 1) stage.book.setStatus(row, STATUS.paused, true);
    const moves: Readonly<Record<string, string>> = { 'leader buys': '100', 'leader halves': '50' };
    const to = moves[what];
    const plan =
      to === undefined
        ? repairPlan(stage.book, stage.sheet, this.wave, optionsOf(this.wave, { now, lastNonce: stage.lastNonce })).plan
        : stage.plan(to, { now }, { firstFillAt: to === '100' ? FILL_AT : now - 50, lastFillAt: now - 50 });
    stage.fill(plan);
    return plan;
  }
}

describe('docs/copying.md', () => {
  it.each(examples)('large waves: $name', ({ json, rows }) => {
    const play = new Play(json);
    const seen = rows.map(([ms = '', what = '']) => {
      const { orders, coins, held } = play.step(Number(ms), what);
      return [ms, what, String(orders), String(coins), String(held)];
    });
    expect(seen).toEqual(rows);
  });

  it('has an example of a spread wave, of one that the leader cuts short and of one that a pause ends', () => expect(examples).toHaveLength(3));

  it('names each setting with its default', () => {
    const { impact } = unwrap(decodeChainLimits({ impact: {} }), 'the defaults');
    const told = [...page.matchAll(/^\| `(spread_above|participation|within_ms|jitter)` \| ([\d.]+) \|/gm)].map(([, name, value]) => [
      name,
      Number(value),
    ]);
    const share = (rate: bigint): number => Number(rate) / 1e12;
    expect(told).toEqual([
      ['spread_above', share(impact?.spreadAbove ?? 0n)],
      ['participation', share(impact?.participation ?? 0n)],
      ['within_ms', impact?.withinMs],
      ['jitter', share(impact?.jitter ?? 0n)],
    ]);
  });
});
