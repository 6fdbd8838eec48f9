import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { Config } from '@lockstep/platform';
import { FAULT_STAGES } from '../faults/deck';
import { DEFAULT_FAULTS, FAULT_USAGE, type FaultOptions, parseFaultOptions } from '../faults/options';
import { brokenOf, faultJson, faultLines } from '../faults/report';
import { type FaultReport, runFaults } from '../faults/run-faults';
import { INTERRUPTED, interruption } from '../processes/interruption';
import { makeRunFolder } from '../processes/run-folder';
import { startStack } from '../processes/stack';

/** Answers are waited for only so long, so that a lost one does not cost ten seconds each time; accounts are compared every second. */
const ENGINE_SETTINGS = { LOCKSTEP_ANSWER_TIMEOUT_MS: '2000', LOCKSTEP_RECONCILE_INTERVAL_MS: '2000' } as const;

/** Plays every fault at every stage of an order's life and lets the venue's books judge. 0: they agree after each; 1: they do not; 2: wrong command line; 130: ended by a signal. */
export async function runFaultsCommand(config: Config<'workbench'>, args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(`${FAULT_USAGE}\n`);
    return 0;
  }
  const parsed = parseFaultOptions(args, FAULT_STAGES, { ...DEFAULT_FAULTS, seed: randomInt(4_294_967_296) });
  if (!parsed.ok) {
    process.stderr.write(`faults: ${parsed.error}\n\n${FAULT_USAGE}\n`);
    return 2;
  }
  const options = parsed.value;
  const say = (text: string): void => void (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  say(`seed ${options.seed}`);
  const dataDir = makeRunFolder('faults');
  const report = await faultsIn(config, options, dataDir, say);
  if (report === null) return INTERRUPTED;
  const holds = brokenOf(report) === 0;
  for (const line of faultLines(report)) say(line);
  if (options.json) process.stdout.write(`${JSON.stringify(faultJson(report))}\n`);
  if (holds) rmSync(dataDir, { recursive: true, force: true });
  else say(`logs of this run: ${dataDir}/logs`);
  return holds ? 0 : 1;
}

/** Null when a signal ended it. */
async function faultsIn(
  config: Config<'workbench'>,
  options: FaultOptions,
  dataDir: string,
  say: (text: string) => void,
): Promise<FaultReport | null> {
  const interrupted = interruption();
  const stack = await startStack({
    config: { ...config, simSeed: options.seed },
    dataDir,
    simArgs: ['--path', 'still', '--block-ms', '50'],
    fixedPorts: false,
    extra: { engine: ENGINE_SETTINGS },
    onStep: () => undefined,
  });
  try {
    const run = runFaults(stack, options, say);
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
