import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDecimal, parseDecimal, unwrap } from '@lockstep/kernel';
import type { DemoLeader } from './leaders';
import { leaderAddress } from './leaders';
import type { DemoOptions } from './options';
import { type RecordedFill, readRecording, startPosition } from './recording';
import { type Cast, say, settleDown } from './scenario';

export interface Recording {
  readonly leader: DemoLeader;
  readonly fills: readonly RecordedFill[];
  /** Marks between the fills: (time, coin, price), oldest first. */
  readonly marks: readonly { readonly time: number; readonly coin: string; readonly price: string }[];
}

/** How many recorded moves may be ahead of the engine's waves. */
const AHEAD_MAX = 40;
const PROGRESS_EVERY = 500;

/** Reads the recording and its candles, where there are any. */
export async function recordedLeader(file: string, options: DemoOptions): Promise<Recording> {
  const all = unwrap(readRecording(readFileSync(file, 'utf8')), file);
  const fills = options.first === null ? all : all.slice(0, options.first);
  const coins = [...new Set(fills.map((fill) => fill.coin))];
  const last = fills.at(-1)?.time ?? 0;
  const marks = options.candles === null ? [] : coins.flatMap((coin) => candlesOf(options.candles ?? '', coin, last));
  marks.sort((a, b) => a.time - b.time);
  return { leader: { name: 'Recorded leader', address: leaderAddress(options.seed, 77), held: new Map() }, fills, marks };
}

function candlesOf(folder: string, coin: string, until: number): { time: number; coin: string; price: string }[] {
  const path = join(folder, `${coin}_1m.csv`);
  if (!existsSync(path)) return [];
  const [head = '', ...lines] = readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const close = head.split(',').indexOf('c');
  return lines.flatMap((line) => {
    const cells = line.split(',');
    const time = Number(cells[0]) + 60_000;
    return time <= until ? [{ time, coin, price: cells[close] ?? '1' }] : [];
  });
}

/** Plays the recording: start positions first, then every fill at its recorded price, marks from candles where there are any. */
export async function playRecording(cast: Cast, recording: Recording): Promise<void> {
  const { control, market, options } = cast;
  const { leader, fills } = recording;
  const lotsOf = (fill: RecordedFill): bigint =>
    unwrap(parseDecimal(cut(fill.size, market.szDecimals(fill.coin)), market.szDecimals(fill.coin)), 'a recorded size');
  await control.credit(leader.address, options.leaderEquity);
  say(
    `the leader's equity is taken as ${options.leaderEquity} USD (--leader-equity); ${fills.length} fills of ${new Set(fills.map((fill) => fill.coin)).size} coins`,
  );
  for (const coin of new Set(fills.map((fill) => fill.coin))) {
    const own = fills.filter((fill) => fill.coin === coin).map((fill) => ({ dir: fill.dir, buy: fill.buy, lots: lotsOf(fill) }));
    const start = startPosition(own);
    const price = fills.find((fill) => fill.coin === coin)?.price ?? '1';
    await control.movePrices([{ coin, price }]);
    if (start === 0n) continue;
    const size = formatDecimal(start < 0n ? -start : start, market.szDecimals(coin));
    await control.trade([{ address: leader.address, coin, side: start > 0n ? 'buy' : 'sell', price, size }]);
    leader.held.set(coin, start);
    say(`  held before the recording: ${formatDecimal(start, market.szDecimals(coin))} ${coin}`);
  }
  await settleDown(cast);
  let mark = 0;
  let played = 0;
  const groups = groupsOf(fills);
  const startedAt = Date.now();
  for (const [index, group] of groups.entries()) {
    const prices = new Map<string, string>();
    for (; mark < recording.marks.length && (recording.marks[mark]?.time ?? 0) <= (group[0]?.time ?? 0); mark += 1) {
      const one = recording.marks[mark];
      if (one) prices.set(one.coin, one.price);
    }
    for (const fill of group) prices.set(fill.coin, fill.price);
    const moved = control.movePrices([...prices].map(([coin, price]) => ({ coin, price })));
    const trades = group.flatMap((fill) => {
      const lots = lotsOf(fill);
      if (lots === 0n) return [];
      leader.held.set(fill.coin, (leader.held.get(fill.coin) ?? 0n) + (fill.buy ? lots : -lots));
      const size = formatDecimal(lots, market.szDecimals(fill.coin));
      return [
        {
          address: leader.address,
          coin: fill.coin,
          side: fill.buy ? ('buy' as const) : ('sell' as const),
          price: fill.price,
          size,
          orderId: 500_000_000 + index,
        },
      ];
    });
    await moved;
    if (trades.length > 0) await control.trade(trades);
    played += group.length;
    await pace(cast, index, startedAt, options.speed);
    if (Math.floor(played / PROGRESS_EVERY) > Math.floor((played - group.length) / PROGRESS_EVERY)) {
      say(`  ${played} of ${fills.length} fills, ${cast.watch.waves.length} waves, ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
    }
  }
  say(`played ${played} fills in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
}

/** Holds the speed and waits while the engine is behind. */
async function pace(cast: Cast, index: number, startedAt: number, speed: number): Promise<void> {
  const due = startedAt + (index * 1000) / speed;
  if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
  await cast.watch.poll();
  if (index % AHEAD_MAX === AHEAD_MAX - 1) await cast.watch.idle();
}

/** Fills of the same second and coin: one move. */
function groupsOf(fills: readonly RecordedFill[]): readonly (readonly RecordedFill[])[] {
  const groups: RecordedFill[][] = [];
  for (const fill of fills) {
    const last = groups.at(-1);
    if (last && last[0]?.time === fill.time && last[0]?.coin === fill.coin) last.push(fill);
    else groups.push([fill]);
  }
  return groups;
}

function cut(text: string, decimals: number): string {
  const [whole = '0', fraction = ''] = text.split('.');
  const kept = fraction.slice(0, decimals);
  return kept === '' ? whole : `${whole}.${kept}`;
}
