import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPrice, money, parsePrice, parseSize, present, UNIT, unwrap } from '@lockstep/kernel';
import { BREAKER_STEPS, lossFloor, protectiveStops } from '@lockstep/risk';
import { type CopySettings, decodeCopySettings, defaultCopySettings, encodeCopySettings } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import { beginClosing } from './closing';
import { STATUS } from './copy-columns';
import { MICRO } from './instrument-columns';
import { reasonAt } from './reasons';
import { targetLots } from './target';
import { at, dollars, entryOf, instrumentOf, NOW, priceOf, rateOf, Stage } from './testing/book-builder';
import { MirrorWorld } from './testing/mirror-world';
import { leastSliceLots, nextSlice, reduceTarget, type SlicePlan } from './unwind';
import type { WaveOptions } from './wave-options';
import { TIF_GTC } from './wave-plan';

/* Every example of docs/copying.md, with its own numbers. */

const PAGE = join(__dirname, '../../../docs/copying.md');
const COLUMNS = ['leader', 'price', 'target', 'why', 'new orders', 'leader equity', 'leader volatility'] as const;
const UNWIND_COLUMNS = ['minute', 'leader', 'target'] as const;
const LOSS_COLUMNS = ['value', 'step', 'day'] as const;
const BOUND_COLUMNS = ['ask', 'order', 'limit'] as const;
const STOP_COLUMNS = ['coin', 'position', 'mark', 'stop'] as const;
const ORDER_COLUMNS = ['what happens', 'stands', 'target', 'holds'] as const;
const ALLOCATION = 10_000;
const LOSS_ALLOCATION = 100;
const SIZE_DECIMALS = 2;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Price and deadline of the examples of unwinding. */
const UNWIND_PRICE = '10';
const UNWIND_MINUTES = 60;

interface Example {
  readonly name: string;
  readonly settings: CopySettings;
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/** Examples under a heading of the page; `part` lays what their JSON says over the defaults, as the API does. */
function examplesOf(
  page: string,
  heading: string,
  columns: readonly string[],
  part: (draft: Readonly<Record<string, unknown>>) => Record<string, unknown>,
): readonly Example[] {
  return page
    .split(/^#{2,3} /m)
    .filter((section) => section.startsWith(heading))
    .map((section) => {
      const name = section.slice(heading.length, section.indexOf('\n'));
      const json = /```json\n(.*?)```/s.exec(section)?.[1];
      if (json === undefined) throw new Error(`the example "${name}" has no settings`);
      const lines = section.split('\n').filter((line) => line.startsWith('|'));
      const cells = (line: string): string[] =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim());
      const header = cells(lines[0] ?? '');
      for (const column of header) if (!columns.includes(column)) throw new Error(`the example "${name}" has a column "${column}"`);
      const rows = lines.slice(2).map((line) => Object.fromEntries(cells(line).map((cell, index) => [header[index] ?? '', cell])));
      const settings = { ...encodeCopySettings(defaultCopySettings()), ...part(JSON.parse(json)) };
      return { name, settings: unwrap(decodeCopySettings(settings), `the settings of "${name}"`), rows };
    });
}

const DEFAULTS = encodeCopySettings(defaultCopySettings());

/** Carries out a step of an orders example. */
function happen(world: MirrorWorld, words: string): void {
  const placed = /^leader (?:places|changes (\w+) to) (\w+): (buy|sell) (\d+) at (\d+)(, only reduces)?$/.exec(words);
  const fills = /^(the mirror of|leader's) (\w+) fills (\d+)$/.exec(words);
  const cancels = /^leader cancels (\w+)$/.exec(words);
  if (placed !== null) {
    const [, changed, orderId = '', side, lots, price = '', reduces] = placed;
    if (changed !== undefined) world.cancelLeader(changed);
    world.tellAll();
    world.place({ orderId, buy: side === 'buy', original: Number(lots), price: Number(priceOf(price)), reduceOnly: reduces !== undefined });
  } else if (fills !== null) {
    const [, whose, orderId = '', lots] = fills;
    if (whose === "leader's") world.fillLeader(orderId, Number(lots));
    else world.fillMirrorOf(orderId, Number(lots));
  } else if (cancels !== null) world.cancelLeader(cancels[1] ?? '');
  else throw new Error(`the example says "${words}"`);
}

const sizeText = (micro: number): string => String(Number((micro / MICRO / 10 ** SIZE_DECIMALS).toFixed(8)));

describe('docs/copying.md', () => {
  const page = readFileSync(PAGE, 'utf8');
  const examples = examplesOf(page, 'Example: ', COLUMNS, (draft) => ({ ...draft, caps: Object.assign({}, DEFAULTS.caps, draft.caps) }));
  const losses = examplesOf(page, 'Loss example: ', LOSS_COLUMNS, (draft) => ({ breaker: { ...DEFAULTS.breaker, ...draft } }));

  const unwindings = examplesOf(page, 'Unwinding example: ', UNWIND_COLUMNS, (draft) => ({ ...draft }));

  const stops = examplesOf(page, 'Stop example: ', STOP_COLUMNS, (draft) => ({ breaker: { ...DEFAULTS.breaker, ...draft } }));

  const bounds = examplesOf(page, 'Bound example: ', BOUND_COLUMNS, (draft) => ({ slippage: { ...DEFAULTS.slippage, ...draft } }));

  const mirrored = examplesOf(page, 'Orders example: ', ORDER_COLUMNS, (draft) => ({ ...draft }));

  it('has an example of every mode, direction, filter and cap', () => {
    const modes = new Set(examples.map(({ settings }) => settings.mode.kind));
    expect(modes).toEqual(new Set(['fixed_ratio', 'proportional', 'fixed_amount', 'risk_normalised']));
    expect(new Set(examples.map(({ settings }) => `${settings.direction} ${settings.follow}`)).size).toBe(4);
    const limits = losses.flatMap(({ settings: { breaker } }) =>
      [breaker.fromStart, breaker.trailing, breaker.daily, breaker.lossMoney].map((limit) => limit !== null),
    );
    expect(bounds.map(({ settings }) => settings.slippage.onBreach)).toEqual(['reject', 'rest']);
    expect(stops.some(({ rows }) => rows.length > 1)).toBe(true);
    expect([0, 1, 2, 3].every((limit) => limits.some((set, index) => set && index % 4 === limit))).toBe(true);
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

  it.each(mirrored)('orders: $name', ({ settings, rows }) => {
    expect(rows.length).toBeGreaterThan(10);
    const stage = new Stage();
    const world = new MirrorWorld(stage, stage.add(entryOf(1, settings)));
    for (const [index, step] of rows.entries()) {
      happen(world, step['what happens'] ?? '');
      world.settle();
      const micro = at(stage.sheet.rows.target, 0);
      const seen = [world.standingNow().join(', '), String(micro / MICRO), String(at(stage.sheet.rows.position, 0))];
      expect(`row ${index + 1}: ${seen.join(' | ')}`).toBe(`row ${index + 1}: ${[step.stands, step.target, step.holds].join(' | ')}`);
    }
  });

  it.each(unwindings)('unwinding: $name', ({ settings, rows }) => {
    expect(rows.length).toBeGreaterThan(0);
    const stage = new Stage(instrumentOf('X', SIZE_DECIMALS));
    const row = stage.add(entryOf(1, settings, { allocation: dollars(ALLOCATION), realEquity: dollars(ALLOCATION) }));
    const { sheet, book } = stage;
    const deadline = NOW + UNWIND_MINUTES * MINUTE_MS;
    let slices: SlicePlan | null = null;
    let minute = 0;
    sheet.markAt = NOW - 1;
    book.setMark('X', priceOf(UNWIND_PRICE), NOW);
    for (const step of rows) {
      const leader = Number(step.leader);
      for (const due = Number(step.minute); minute <= due; minute += 1) {
        // The leader moves at the row's own minute, before the look of that minute.
        if (minute === due) stage.fill(stage.plan(String(leader), {}, { incrementPrice: priceOf(UNWIND_PRICE), lastPrice: priceOf(UNWIND_PRICE) }));
        if (minute === 0) book.setStatus(row, STATUS.windingDown, true);
        const now = NOW + minute * MINUTE_MS;
        if (now >= deadline) {
          beginClosing(book, row);
          continue;
        }
        const leastLots = leastSliceLots(sheet);
        if (leastLots === null) throw new Error('the example has no mark');
        const next: ReturnType<typeof nextSlice> = nextSlice(slices, {
          now,
          deadline,
          lots: Math.abs(targetLots(at(sheet.rows.target, row))),
          leastLots,
        });
        slices = next.plan;
        if (next.close > 0) reduceTarget(sheet, row, next.close);
      }
      expect(`minute ${step.minute}: ${sizeText(at(sheet.rows.target, row))}`).toBe(`minute ${step.minute}: ${step.target}`);
    }
  });

  it.each(losses)('loss limit: $name', ({ settings, rows }) => {
    const stage = new Stage();
    const row = stage.add(entryOf(1, settings, { allocation: dollars(LOSS_ALLOCATION), realEquity: dollars(LOSS_ALLOCATION) }));
    const { copies } = stage.book;
    for (const [index, step] of rows.entries()) {
      const day = Number(step.day ?? '1');
      copies.netPnl[row] = Number(dollars(Number(step.value) - LOSS_ALLOCATION));
      stage.judge({ now: NOW + (day - 1) * DAY_MS, nextDay: () => NOW + day * DAY_MS });
      expect(`row ${index + 1}: ${BREAKER_STEPS[at(copies.breakerStep, row)]}`).toBe(`row ${index + 1}: ${step.step}`);
    }
  });

  it.each(stops)('protective stop: $name', ({ settings, rows }) => {
    const stage = new Stage();
    const row = stage.add(entryOf(1, settings, { allocation: dollars(LOSS_ALLOCATION), realEquity: dollars(LOSS_ALLOCATION) }));
    stage.judge({ now: NOW });
    const floor = present(lossFloor(stage.book.copies, row), 'a loss limit');
    const held = rows.map((line) => ({
      instrument: instrumentOf(line.coin ?? '', SIZE_DECIMALS),
      position: unwrap(parseSize(line.position ?? ''), 'position'),
      mark: unwrap(parsePrice(line.mark ?? ''), 'mark'),
    }));
    const made = protectiveStops(held, { equity: dollars(LOSS_ALLOCATION), floor: money(floor.equity) });
    expect(made.map((stop) => (stop === null ? '' : formatPrice(stop.trigger)))).toEqual(rows.map(({ stop }) => stop));
  });

  it.each(bounds)('price bound: $name', ({ settings, rows }) => {
    for (const { ask, order, limit } of rows) {
      const stage = new Stage(instrumentOf('X', SIZE_DECIMALS));
      stage.add(entryOf(1, { ...settings, mode: { kind: 'fixed_ratio', ratio: rateOf('1') } }));
      stage.book.setBook('X', priceOf('99'), priceOf(ask ?? ''), NOW);
      const { orders } = stage.plan('1', { mayRest: true });
      const how = orders.count === 0 ? 'none' : orders.tif[0] === TIF_GTC ? 'stands' : 'immediate';
      expect([ask, how, orders.count === 0 ? '' : String(at(orders.price, 0) / 1e8)]).toEqual([ask, order, limit]);
    }
  });
});
