import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Config } from '@lockstep/platform';

/** The last line of every bench. */
export interface BenchReport {
  readonly bench: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  readonly runs: number;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly node: string;
    /** An empty loop of 50 million turns. */
    readonly loopMs: number;
    /** Making a written page of the temporary directory durable, the middle and the longest of 50: what a commit waits for at least. */
    readonly syncMsP50: number;
    readonly syncMsMax: number;
    /** Longest time a thread that only reads the clock stood still, and the share of the time it stood still: what the machine took away from it. */
    readonly stallMsMax: number;
    readonly stallShare: number;
  };
  readonly metrics: Readonly<Record<string, number>>;
  readonly reference: Readonly<Record<string, number>>;
  readonly ratios: Readonly<Record<string, number>>;
}

export interface BenchCall {
  readonly config: Config<'workbench'>;
  readonly args: readonly string[];
  readonly say: (text: string) => void;
}

export interface Bench {
  readonly about: string;
  readonly run: (call: BenchCall) => Promise<BenchReport>;
}

const LOOP_TURNS = 50_000_000;
const SYNCS = 50;
const PAGE_BYTES = 8_192;
const WATCH_MS = 4_000;
/** A thread that has a processor to itself never waits so long between two looks at the clock. */
const STALL_FROM_MS = 5;

/** The machine, with how long an empty loop and a durable write take on it now: figures of a throttled machine are recognised by them. */
export function machine(): BenchReport['machine'] {
  const started = performance.now();
  let sum = 0;
  for (let turn = 0; turn < LOOP_TURNS; turn += 1) sum += turn & 7;
  const loopMs = round(performance.now() - started + (sum < 0 ? 1 : 0));
  const [cpu] = cpus();
  const syncs = syncTimes();
  const stalls = stallTimes();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loopMs,
    syncMsP50: round(median(syncs)),
    syncMsMax: round(Math.max(...syncs)),
    stallMsMax: round(Math.max(0, ...stalls)),
    stallShare: round(stalls.reduce((sum, stall) => sum + stall, 0) / WATCH_MS),
  };
}

/** How long a busy thread stood still each time it did, in ms. */
function stallTimes(): number[] {
  const stalls: number[] = [];
  let last = performance.now();
  const end = last + WATCH_MS;
  while (last < end) {
    const now = performance.now();
    if (now - last >= STALL_FROM_MS) stalls.push(now - last);
    last = now;
  }
  return stalls;
}

function syncTimes(): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-sync-'));
  const file = openSync(join(folder, 'pages'), 'w');
  const page = Buffer.alloc(PAGE_BYTES, 1);
  try {
    return Array.from({ length: SYNCS }, () => {
      const started = performance.now();
      writeSync(file, page);
      fdatasyncSync(file);
      return performance.now() - started;
    });
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}

export const round = (value: number): number => Math.round(value * 1_000) / 1_000;

/** A whole number after `--name`, or the default. Throws naming the option. */
export function option(args: readonly string[], name: string, standard: number, most: number): number {
  const at = args.indexOf(`--${name}`);
  if (at < 0) return standard;
  const value = Number(args[at + 1]);
  if (!Number.isInteger(value) || value < 1 || value > most) throw new Error(`--${name} takes a whole number from 1 to ${most}`);
  return value;
}

/** The middle value of a list; 0 for an empty one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
