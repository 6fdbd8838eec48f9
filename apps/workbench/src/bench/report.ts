import { cpus, totalmem } from 'node:os';
import type { Config } from '@lockstep/platform';

/** The last line of every bench. */
export interface BenchReport {
  readonly bench: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  readonly runs: number;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGiB: number; readonly node: string; readonly loopMs: number };
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

/** The machine, with how long an empty loop takes on it now: figures of a throttled machine are recognised by it. */
export function machine(): BenchReport['machine'] {
  const started = performance.now();
  let sum = 0;
  for (let turn = 0; turn < LOOP_TURNS; turn += 1) sum += turn & 7;
  const loopMs = round(performance.now() - started + (sum < 0 ? 1 : 0));
  const [cpu] = cpus();
  return { cpu: cpu?.model ?? 'unknown', cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version, loopMs };
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
