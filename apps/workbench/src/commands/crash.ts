import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { Config } from '@lockstep/platform';
import { enginePoints } from '../crash/doomed-engine';
import { CRASH_USAGE, type CrashOptions, DEFAULT_CRASH, parseCrashOptions } from '../crash/options';
import { reportJson, reportLines } from '../crash/report';
import { type CrashReport, runCrash } from '../crash/run-crash';
import { INTERRUPTED, interruption } from '../processes/interruption';
import { makeRunFolder } from '../processes/run-folder';
import { startStack } from '../processes/stack';

/** Kills the engine again and again and lets the venue's books judge. 0: nothing lost, nothing doubled; 1: something was; 2: wrong command line; 130: ended by a signal. */
export async function runCrashCommand(config: Config<'workbench'>, args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(`${CRASH_USAGE}\n`);
    return 0;
  }
  const known = await enginePoints();
  const parsed = parseCrashOptions(args, known, { ...DEFAULT_CRASH, seed: randomInt(4_294_967_296) });
  if (!parsed.ok) {
    process.stderr.write(`crash: ${parsed.error}\n\n${CRASH_USAGE}\n`);
    return 2;
  }
  const options = parsed.value;
  const say = (text: string): void => void (options.json ? undefined : process.stdout.write(`${text}\n`));
  say(`seed ${options.seed}`);
  const dataDir = makeRunFolder('crash');
  const report = await crashIn(config, options, dataDir, say);
  if (report === null) return INTERRUPTED;
  const holds = report.violations.length === 0 && report.missed.length === 0;
  if (options.json) process.stdout.write(`${JSON.stringify(reportJson(report))}\n`);
  else for (const line of reportLines(report)) say(line);
  if (holds) rmSync(dataDir, { recursive: true, force: true });
  else say(`logs of this run: ${dataDir}/logs`);
  return holds ? 0 : 1;
}

/** Null when a signal ended it. */
async function crashIn(
  config: Config<'workbench'>,
  options: CrashOptions,
  dataDir: string,
  say: (text: string) => void,
): Promise<CrashReport | null> {
  const interrupted = interruption();
  const stack = await startStack({
    config: { ...config, simSeed: options.seed },
    dataDir,
    simArgs: ['--path', 'still', '--block-ms', '50'],
    fixedPorts: false,
    onStep: () => undefined,
  });
  try {
    const run = runCrash(stack, options, say);
    const ended = await Promise.race([run, interrupted.promise.then(() => null)]);
    // Given up, it fails when its processes go.
    if (ended === null) void run.catch(() => undefined);
    return ended;
  } catch (failure) {
    say(`seed ${options.seed}; logs of this run: ${dataDir}/logs`);
    throw failure;
  } finally {
    await stack.stop();
    interrupted.release();
  }
}
