import { err, ok, type Result } from '@lockstep/kernel';
import { z } from 'zod';

/** One fill of a recorded leader. Decimal texts as recorded. */
export interface RecordedFill {
  readonly time: number;
  readonly coin: string;
  readonly buy: boolean;
  readonly dir: string;
  readonly price: string;
  readonly size: string;
  /** Signed position before the fill, where the recording tells it. */
  readonly startPosition?: string;
}

const COLUMNS = ['t', 'coin', 'dir', 'px', 'sz'] as const;
const userFill = z.object({
  coin: z.string(),
  px: z.string(),
  sz: z.string(),
  side: z.enum(['A', 'B']),
  time: z.number(),
  dir: z.string(),
  startPosition: z.string(),
});

/** Reads a recording: CSV with the columns t, coin, dir, px, sz (others are ignored), or a saved `userFills` answer. Oldest first. */
export function readRecording(text: string): Result<readonly RecordedFill[], string> {
  return text.trimStart().startsWith('[') ? fromUserFills(text) : fromCsv(text);
}

function fromUserFills(text: string): Result<readonly RecordedFill[], string> {
  const json = jsonOf(text);
  if (!json.ok) return json;
  const parsed = z.array(userFill).safeParse(json.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return err(`not a userFills answer: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  // Newest first as the venue serves it; fills of one moment keep the order they happened in. Spot fills are nothing to copy here.
  const perps = parsed.data.filter(({ coin }) => !coin.startsWith('@') && !coin.includes('/')).reverse();
  const fills = perps.map(({ coin, px, sz, side, time, dir, startPosition }) => ({
    time,
    coin,
    buy: side === 'B',
    dir,
    price: px,
    size: sz,
    startPosition,
  }));
  return ok(fills.sort((a, b) => a.time - b.time));
}

function jsonOf(text: string): Result<unknown, string> {
  try {
    return ok(JSON.parse(text));
  } catch {
    return err('not a userFills answer: no JSON');
  }
}

function fromCsv(text: string): Result<readonly RecordedFill[], string> {
  const [head = '', ...lines] = text.split(/\r?\n/).filter((line) => line !== '');
  const names = head.split(',');
  const missing = COLUMNS.filter((name) => !names.includes(name));
  if (missing.length > 0) return err(`the recording lacks the columns ${missing.join(', ')}`);
  const at = Object.fromEntries(COLUMNS.map((name) => [name, names.indexOf(name)]));
  const fills: RecordedFill[] = [];
  for (const [index, line] of lines.entries()) {
    const cells = line.split(',');
    const cell = (name: (typeof COLUMNS)[number]): string => cells[at[name] ?? -1] ?? '';
    const buy = buysOf(cell('dir'));
    if (buy === null) return err(`line ${index + 2}: unknown direction "${cell('dir')}"`);
    fills.push({ time: Number(cell('t')), coin: cell('coin'), buy, dir: cell('dir'), price: plain(cell('px'), 8), size: cell('sz') });
  }
  return ok(fills.sort((a, b) => a.time - b.time));
}

/** Whether a fill of this direction buys; null for a direction nobody knows. */
export function buysOf(dir: string): boolean | null {
  const name = dir.replace(/ \(.*\)$/, '');
  if (name === 'Open Long' || name === 'Close Short' || name === 'Short > Long') return true;
  return name === 'Close Long' || name === 'Open Short' || name === 'Long > Short' ? false : null;
}

/** A decimal text cut to `decimals` places: recordings carry the noise of binary fractions. */
function plain(text: string, decimals: number): string {
  const [whole = '0', fraction = ''] = text.split('.');
  const kept = fraction.slice(0, decimals).replace(/0+$/, '');
  return kept === '' ? whole : `${whole}.${kept}`;
}

/**
 * The position a leader must have held before the recording began, in lots of one coin: the one nearest to zero with which every close
 * closes something and every open opens. Positions come before each fill, signed lots.
 */
export function startPosition(fills: readonly { readonly dir: string; readonly buy: boolean; readonly lots: bigint }[]): bigint {
  let sum = 0n;
  let least: bigint | null = null;
  let most: bigint | null = null;
  const atLeast = (value: bigint): void => {
    if (least === null || value > least) least = value;
  };
  const atMost = (value: bigint): void => {
    if (most === null || value < most) most = value;
  };
  for (const { dir, buy, lots } of fills) {
    const name = dir.replace(/ \(.*\)$/, '');
    if (name === 'Close Long') atLeast(lots - sum);
    if (name === 'Close Short') atMost(-lots - sum);
    if (name === 'Open Long') atLeast(-sum);
    if (name === 'Open Short') atMost(-sum);
    if (name === 'Long > Short') atLeast(1n - sum);
    if (name === 'Short > Long') atMost(-1n - sum);
    sum += buy ? lots : -lots;
    // Later constraints of a consistent recording agree with the first; a gap in it must not undo them.
    if (least !== null && most !== null && least > most) return least > 0n ? least : most < 0n ? most : 0n;
  }
  if (least !== null && least > 0n) return least;
  return most !== null && most < 0n ? most : 0n;
}
