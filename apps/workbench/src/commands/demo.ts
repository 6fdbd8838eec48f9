import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '@lockstep/platform';
import { act, closeAll, type DemoLeader, leaderAddress } from '../demo/leaders';
import { DEMO_USAGE, type DemoOptions, parseDemoOptions } from '../demo/options';
import { playRecording, recordedLeader } from '../demo/replay';
import { type Cast, conclude, say, settleDown, setUp } from '../demo/scenario';
import { startStack } from '../processes/stack';
import { untilStopped } from '../processes/until-stopped';

/** The main job, end to end, on the embedded PostgreSQL and the simulated venue. 0: every invariant holds; 1: one does not; 2: the command line is wrong. */
export async function runDemo(config: Config<'workbench'>, args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    say(DEMO_USAGE);
    return 0;
  }
  const parsed = parseDemoOptions(args);
  if (!parsed.ok) {
    process.stderr.write(`demo: ${parsed.error}\n\n${DEMO_USAGE}\n`);
    return 2;
  }
  const options = parsed.value;
  const dataDir = mkdtempSync(join(tmpdir(), 'lockstep-demo-'));
  const stack = await startStack({
    config: { ...config, simSeed: options.seed },
    dataDir,
    simArgs: ['--path', options.fills === null ? 'generated' : 'still'],
    fixedPorts: false,
    onStep: (text) => say(`· ${text}`),
  });
  let holds = false;
  try {
    holds = options.fills === null ? await playLeaders(stack, options) : await playRecorded(stack, options, options.fills);
    if (options.keep) {
      say(`\nEverything keeps running; stop with Ctrl-C. Logs: ${dataDir}/logs`);
      await untilStopped(stack);
    }
  } finally {
    await stack.stop();
    if (holds) rmSync(dataDir, { recursive: true, force: true });
    else say(`logs of this run: ${dataDir}/logs`);
  }
  return holds ? 0 : 1;
}

async function playLeaders(stack: Awaited<ReturnType<typeof startStack>>, options: DemoOptions): Promise<boolean> {
  const leaders = Array.from(
    { length: options.leaders },
    (_, index): DemoLeader => ({ name: `Leader ${index + 1}`, address: leaderAddress(options.seed, index), held: new Map() }),
  );
  const cast: Cast = await setUp(stack, options, leaders);
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const leader of leaders) {
      const deed = await act(leader, cast.market, cast.control, options.seed, round);
      say(`round ${round}: ${deed.leader} ${deed.text}`);
      await settleDown(cast);
    }
  }
  const [first] = leaders;
  if (first) {
    say(`${first.name} closes everything`);
    await closeAll(first, cast.market, cast.control);
  }
  return conclude(cast);
}

async function playRecorded(stack: Awaited<ReturnType<typeof startStack>>, options: DemoOptions, file: string): Promise<boolean> {
  const recording = await recordedLeader(file, options);
  const cast = await setUp(stack, { ...options, leaders: 1 }, [recording.leader]);
  await playRecording(cast, recording);
  return conclude(cast);
}
