import { cpus } from 'node:os';
import { type Config, systemClock } from '@lockstep/platform';
import { INTERRUPTED } from '../processes/interruption';
import { BROKEN_ENGINES } from '../simulate/broken/broken-engines';
import { parseSimOptions, SIM_USAGE, type SimOptions } from '../simulate/options';
import { holds, simJson, simLines } from '../simulate/report';
import { runSim, type SimReport } from '../simulate/run-sim';
import { besideServer } from '../simulate/sim-server';

/** Runs the engine in simulated worlds and has the auditor judge them. 0: no rule broken, every broken engine caught; 1: not so; 2: wrong command line; 130: ended by a signal. */
export async function runSimCommand(_config: Config<'workbench'>, args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(`${SIM_USAGE}\n`);
    return 0;
  }
  const parsed = parseSimOptions(
    args,
    BROKEN_ENGINES.map(({ name }) => name),
  );
  if (!parsed.ok) {
    process.stderr.write(`sim: ${parsed.error}\n\n${SIM_USAGE}\n`);
    return 2;
  }
  const options = parsed.value;
  const say = (text: string): void => void (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  const report = options.postgres > 0 ? await besideServer((serverUrl) => run(options, serverUrl, say)) : await run(options, null, say);
  if (report === null) return INTERRUPTED;
  for (const line of simLines(report)) say(line);
  if (options.json) process.stdout.write(`${JSON.stringify(simJson(report))}\n`);
  return holds(report) ? 0 : 1;
}

const run = (options: SimOptions, serverUrl: string | null, say: (text: string) => void): Promise<SimReport> =>
  runSim(options, { processes: options.processes ?? cpus().length, serverUrl }, () => systemClock.monotonic(), say);
