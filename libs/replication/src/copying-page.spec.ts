import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { money, UNIT, unwrap } from '@lockstep/kernel';
import { type CopySettings, decodeCopySettings, defaultCopySettings, encodeCopySettings } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import { MICRO } from './instrument-columns';
import { reasonAt } from './reasons';
import { at, dollars, entryOf, instrumentOf, NOW, priceOf, rateOf, Stage } from './testing/book-builder';
import type { WaveOptions } from './wave-options';

/* Every example of docs/copying.md, with its own numbers. */

const PAGE = join(__dirname, '../../../docs/copying.md');
const COLUMNS = ['leader', 'price', 'target', 'why', 'new orders', 'leader equity', 'leader volatility'] as const;
const ALLOCATION = 10_000;
const SIZE_DECIMALS = 2;

interface Example {
  readonly name: string;
  readonly settings: CopySettings;
  readonly rows: readonly Readonly<Record<string, string>>[];
}

function examplesOf(page: string): readonly Example[] {
  return page
    .split(/^### Example: /m)
    .slice(1)
    .map((section) => {
      const [name = ''] = section.split('\n');
      const json = /```json\n(.*?)```/s.exec(section)?.[1];
      if (json === undefined) throw new Error(`the example "${name}" has no settings`);
      const lines = section.split('\n').filter((line) => line.startsWith('|'));
      const cells = (line: string): string[] =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim());
      const header = cells(lines[0] ?? '');
      for (const column of header) if (!COLUMNS.some((known) => known === column)) throw new Error(`the example "${name}" has a column "${column}"`);
      const rows = lines.slice(2).map((line) => Object.fromEntries(cells(line).map((cell, index) => [header[index] ?? '', cell])));
      return { name, settings: settingsOf(JSON.parse(json)), rows };
    });
}

/** The part an example names, over the defaults, as the API lays a draft over them. */
function settingsOf(draft: Readonly<Record<string, unknown>>): CopySettings {
  const base = encodeCopySettings(defaultCopySettings());
  const caps = typeof draft.caps === 'object' ? draft.caps : {};
  return unwrap(decodeCopySettings({ ...base, ...draft, caps: { ...base.caps, ...caps } }), 'the settings of an example');
}

const sizeText = (micro: number): string => String(Number((micro / MICRO / 10 ** SIZE_DECIMALS).toFixed(8)));

describe('docs/copying.md', () => {
  const examples = examplesOf(readFileSync(PAGE, 'utf8'));

  it('has an example of every mode, direction, filter and cap', () => {
    const modes = new Set(examples.map(({ settings }) => settings.mode.kind));
    expect(modes).toEqual(new Set(['fixed_ratio', 'proportional', 'fixed_amount', 'risk_normalised']));
    expect(new Set(examples.map(({ settings }) => `${settings.direction} ${settings.follow}`)).size).toBe(4);
  });

  it.each(examples)('$name', ({ settings, rows }) => {
    const stage = new Stage(instrumentOf('X', SIZE_DECIMALS));
    const row = stage.add(entryOf(1, settings, { allocation: dollars(ALLOCATION), realEquity: dollars(ALLOCATION) }));
    for (const [index, step] of rows.entries()) {
      const price = priceOf(step.price ?? '');
      stage.sheet.markAt = NOW - 1;
      stage.book.setMark('X', price, NOW);
      const options: Partial<WaveOptions> = {
        leaderEquity: money(BigInt(step['leader equity'] ?? '100000') * UNIT),
        leaderVolatility: step['leader volatility'] === undefined || step['leader volatility'] === '' ? null : rateOf(step['leader volatility']),
      };
      const move = { incrementPrice: price, lastPrice: price, newOrders: Number(step['new orders'] ?? '1') };
      const plan = stage.plan(step.leader ?? '', options, move);
      const place = `row ${index + 1}`;
      expect(`${place}: ${sizeText(at(stage.sheet.rows.target, row))}`).toBe(`${place}: ${step.target}`);
      if (step.why !== undefined) expect(`${place}: ${reasonAt(at(plan.decisions.reason, 0))}`).toBe(`${place}: ${step.why}`);
      stage.fill(plan);
    }
  });
});
