import { join } from 'node:path';
import type { Config } from '@lockstep/platform';
import { INTERRUPTED } from '../processes/interruption';
import { loadBroken } from '../simulate/broken/break-engine';
import { BROKEN_ENGINES, brokenEngine } from '../simulate/broken/broken-engines';
import { parseReplayOptions, REPLAY_USAGE } from '../simulate/replay/options';

/** Plays a seed of the simulation again and shows the decisions behind what went wrong. 0: exact; 1: not so; 2: wrong command line; 130: ended by a signal. */
export async function runReplayCommand(_config: Config<'workbench'>, args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(`${REPLAY_USAGE}\n`);
    return 0;
  }
  const parsed = parseReplayOptions(
    args,
    BROKEN_ENGINES.map(({ name }) => name),
  );
  if (!parsed.ok) {
    process.stderr.write(`replay: ${parsed.error}\n\n${REPLAY_USAGE}\n`);
    return 2;
  }
  const options = parsed.value;
  const broken = options.broken === null ? null : brokenEngine(options.broken);
  // The compiled files lie as the sources do: four folders up is their root. What is loaded before cannot be broken any more.
  const met = broken === null ? () => 0 : loadBroken(broken, join(__dirname, '../../../..'));
  const { runSeed } = await import('../simulate/run-seed.js');
  const { runReplay, isExact } = await import('../simulate/replay/run-replay.js');
  const { besideServer } = await import('../simulate/sim-server.js');
  const { replayJson, replayLines } = await import('../simulate/replay/render.js');
  if (met() !== (broken?.edits.length ?? 0)) throw new Error(`broken engine ${broken?.name}: not all of its files were loaded`);
  const report = options.postgres ? await besideServer((serverUrl) => runReplay(options, runSeed, serverUrl)) : await runReplay(options, runSeed);
  if (report === null) return INTERRUPTED;
  const out = options.json ? process.stderr : process.stdout;
  for (const line of replayLines(report)) out.write(`${line}\n`);
  if (options.json) process.stdout.write(`${replayJson(report)}\n`);
  return isExact(report) ? 0 : 1;
}
