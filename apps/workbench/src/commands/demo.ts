import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '@lockstep/platform';
import { SimControl } from '../client/sim-control';
import { builderDexFollowers } from '../demo/builder-dexes/followers';
import { playBuilderDexes, TOUR_ENGINE } from '../demo/builder-dexes/play';
import { BRANDS, say, setUp } from '../demo/cast';
import { conclude } from '../demo/conclude';
import { type FollowersOrder, followerPlans } from '../demo/followers';
import { type DemoLeader, leaderAddress } from '../demo/leaders';
import { followLive } from '../demo/live';
import { Market } from '../demo/market';
import { type Maker, makeMaker, mirrorPlans, playMirroring } from '../demo/mirroring';
import { DEMO_USAGE, type DemoOptions, parseDemoOptions } from '../demo/options';
import { playPieces } from '../demo/pieces/play-pieces';
import { playLeaders } from '../demo/play';
import { placeLeader, playRecording, recordedLeader } from '../demo/replay';
import { waveLine } from '../demo/summary';
import { playWorkedExample } from '../demo/worked-example';
import { INTERRUPTED, interruption } from '../processes/interruption';
import { makeRunFolder } from '../processes/run-folder';
import { type Stack, startStack } from '../processes/stack';
import { untilStopped } from '../processes/until-stopped';

const LEADER_FUNDS = { '': '1000000', xyz: '250000' };
const CATCH_UP_MS = 10_000;
/** What a leader on tour holds in each clearinghouse. */
const TOUR_FUNDS = '50000';
/** Short: what an account without margin owes is given up before positions are looked at. */
const TOUR_CATCH_UP_MS = 3_000;
/** With more followers the demo does not wait for what the engine does behind the waves: it reads one account's funding, and sets five leverages, a second. */
const TOUR_QUIET_FOLLOWERS_MAX = 8;
/** How long all of it may take for one account. */
const TOUR_BEHIND_WAVES_MS = 3_000;
/** A recording is played much faster than it happened: more blocks a second let the venue keep up with it. */
const REPLAY_BLOCK_MS = 25;

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
  const dataDir = makeRunFolder('demo');
  // A live run ends by Ctrl-C in good order; every other one is given up.
  const interrupted = interruption();
  const stack = await startStack({
    config: { ...config, simSeed: options.seed },
    dataDir,
    simArgs: simArgs(options),
    fixedPorts: false,
    ...(options.venue === 'perps-studio' ? { perpsStudioPerMinute: options.requestsPerMinute } : {}),
    ...(options.venue === 'hip3' ? { extra: { engine: TOUR_ENGINE } } : {}),
    onStep: (text) => say(`· ${text}`),
  });
  let holds = false;
  let code = INTERRUPTED;
  try {
    const played = play(stack, options, join(resolve(config.dataDir), 'demo'), interrupted.promise);
    const ended = options.live === null ? await Promise.race([played, interrupted.promise.then(() => null)]) : await played;
    if (ended === null) void played.catch(() => undefined);
    holds = ended === true;
    if (ended !== null) code = holds ? 0 : 1;
    if (options.keep && ended !== null) {
      say(`\nEverything keeps running; stop with Ctrl-C. Logs: ${dataDir}/logs`);
      // A live run that was ended by Ctrl-C stays up until the next one.
      interrupted.release();
      await untilStopped(stack, interruption().promise);
    }
  } finally {
    await stack.stop();
    interrupted.release();
    if (holds) rmSync(dataDir, { recursive: true, force: true });
    else say(`logs of this run: ${dataDir}/logs`);
  }
  return code;
}

function simArgs(options: DemoOptions): readonly string[] {
  if (options.fills !== null) return ['--path', 'still', '--block-ms', String(REPLAY_BLOCK_MS)];
  return ['--path', options.live !== null || options.workedExample ? 'still' : 'generated'];
}

async function play(stack: Stack, options: DemoOptions, resultsDir: string, interrupted: Promise<void>): Promise<boolean> {
  const ending = { resultsDir, repairMaxMs: CATCH_UP_MS, keep: options.keep };
  if (options.workedExample) return playWorkedExample(stack, { seed: options.seed, scale: options.scale, resultsDir });
  if (options.fills !== null) return playRecorded(stack, options, options.fills, ending);
  if (options.live !== null) return playLive(stack, options, options.live, options.venueUrl ?? '', ending, interrupted);
  const leaders = Array.from(
    { length: options.leaders },
    (_, index): DemoLeader => ({ name: `Leader ${index + 1}`, address: leaderAddress(options.seed, index), held: new Map() }),
  );
  if (options.venue === 'hip3') return playTour(stack, options, leaders, ending);
  if (options.venue === 'perps-studio')
    say(
      `all orders go through one key of the Provider API with ${options.requestsPerMinute} requests a minute; the leader is watched at the exchange under it`,
    );
  // A venue without working orders has nothing to mirror.
  const maker = options.venue === 'perps-studio' ? null : makeMaker();
  const plan = castPlan(options, leaders, LEADER_FUNDS);
  const cast = await setUp(stack, maker === null ? plan : withMaker(plan, maker));
  const mirrored = maker === null ? [] : await playMirroring(cast, maker);
  await playLeaders(cast, leaders, options);
  return conclude(cast, { ...ending, pieces: [...mirrored, ...(await playPieces(cast, options))] });
}

const castPlan = (options: DemoOptions, leaders: readonly DemoLeader[], leaderFunds: Readonly<Record<string, string>>) => ({
  seed: options.seed,
  leaders,
  leaderFunds,
  brands: BRANDS,
  followers: followerPlans(followersOrder(options, leaders, ['xyz'])),
  showcase: options.fills === null && options.live === null,
  ...(options.venue === 'perps-studio' ? { venue: 'perps_studio' } : {}),
});

/** The same with a leader whose working orders a follower of each brand mirrors. */
const withMaker = (plan: ReturnType<typeof castPlan>, maker: Maker) => ({
  ...plan,
  leaders: [...plan.leaders, maker],
  followers: [...plan.followers, ...mirrorPlans(maker, BRANDS.length, plan.followers.length, CATCH_UP_MS)],
});

const followersOrder = (options: DemoOptions, leaders: readonly DemoLeader[], dexes: readonly string[]): FollowersOrder => ({
  seed: options.seed,
  followers: options.followers,
  brands: BRANDS.length,
  leaderAddresses: leaders.map((leader) => leader.address),
  dexes,
  catchUpMs: CATCH_UP_MS,
});

/** `--venue hip3`: the leaders trade on every builder dex, and on these alone. */
async function playTour(stack: Stack, options: DemoOptions, leaders: readonly DemoLeader[], ending: Ending): Promise<boolean> {
  const market = new Market(stack.simUrl);
  await market.load();
  const dexes = market.builderDexes;
  const leaderFunds = Object.fromEntries([['', TOUR_FUNDS], ...dexes.map(({ dex }) => [dex, TOUR_FUNDS])]);
  const order = followersOrder(
    options,
    leaders,
    dexes.map(({ dex }) => dex),
  );
  const followers = builderDexFollowers({ ...order, catchUpMs: TOUR_CATCH_UP_MS }, dexes);
  const cast = await setUp(stack, { seed: options.seed, leaders, leaderFunds, brands: BRANDS, followers, showcase: true });
  const quiet = options.followers <= TOUR_QUIET_FOLLOWERS_MAX;
  const repairMaxMs = TOUR_CATCH_UP_MS + (quiet ? TOUR_BEHIND_WAVES_MS * options.followers : 0);
  const tour = await playBuilderDexes(cast, { ...options, quiet, repairMaxMs });
  return conclude(cast, { ...ending, repairMaxMs, tour, pieces: await playPieces(cast, options) });
}

type Ending = Parameters<typeof conclude>[1];

async function playRecorded(stack: Stack, options: DemoOptions, file: string, ending: Ending): Promise<boolean> {
  const recording = recordedLeader(file, options);
  const control = new SimControl(stack.simControlUrl);
  const market = new Market(stack.simUrl);
  await market.load();
  say(`${recording.fills.length} recorded fills; the leader's equity is taken as ${options.leaderEquity} USD (--leader-equity)`);
  await control.setUp([{ address: recording.leader.address, credits: { '': options.leaderEquity } }]);
  await placeLeader({ control, market }, recording);
  const cast = await setUp(stack, castPlan(options, [recording.leader], {}));
  await playRecording(cast, recording, options.speed);
  return conclude(cast, ending);
}

async function playLive(
  stack: Stack,
  options: DemoOptions,
  address: string,
  venueUrl: string,
  ending: Ending,
  interrupted: Promise<void>,
): Promise<boolean> {
  say(`watching ${address} at ${venueUrl}`);
  const follow = await followLive(stack, address, venueUrl);
  try {
    const leader: DemoLeader = { name: `Live ${address.slice(0, 8)}`, address: address.toLowerCase(), held: follow.bridge.held };
    const cast = await setUp(stack, castPlan(options, [leader], {}));
    say(options.seconds === null ? 'following; end with Ctrl-C' : `following for ${options.seconds} s`);
    await cast.watch.follow(options.seconds === null ? interrupted : Promise.race([interrupted, after(options.seconds)]), (wave) =>
      say(waveLine(wave)),
    );
    await follow.close();
    return await conclude(cast, ending);
  } finally {
    await follow.close();
  }
}

const after = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, seconds * 1000));
