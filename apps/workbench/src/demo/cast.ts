import { z } from 'zod';
import { ApiClient } from '../client/api';
import { operatorKey } from '../client/operator-key';
import { type AccountSetup, SimControl } from '../client/sim-control';
import { makeWallet } from '../client/wallet';
import type { Stack } from '../processes/stack';
import { addFollower, addLeader, type BrandPlan, type DemoBrand, type FollowerPlan, inParallel, makeBrand, readAll } from './brand';
import { type DemoLeader, leaderAddress } from './leaders';
import { Market } from './market';
import { doorLines, waveLine } from './summary';
import { WaveWatch } from './wave-watch';

/** Who plays on a running stack. */
export interface Cast {
  readonly stack: Stack;
  readonly control: SimControl;
  readonly market: Market;
  readonly brands: readonly DemoBrand[];
  readonly leaders: readonly DemoLeader[];
  readonly watch: WaveWatch;
  readonly startedAt: string;
  /** The brand whose followers play the pieces of docs/demo.md; null where none are played. */
  readonly showcase: DemoBrand | null;
}

export interface CastPlan {
  readonly seed: number;
  readonly leaders: readonly DemoLeader[];
  /** What each leader's account holds, dollars by dex. */
  readonly leaderFunds: Readonly<Record<string, string>>;
  readonly brands: readonly Omit<BrandPlan, 'builder'>[];
  readonly followers: readonly FollowerPlan[];
  /** Default: hyperliquid. */
  readonly venue?: string;
  /** Makes a brand for the pieces. */
  readonly showcase?: boolean;
}

/** Calls of the public API at once while followers are added. */
const SETUP_WIDTH = 8;
const ACTIVE_WAIT_MS = 3_600_000;
const POLL_MS = 500;
const PROGRESS_EVERY = 50;
const BUILDER_FUNDS = '1000';
/** What the demo's two brands charge. */
export const BRANDS = [
  { name: 'Northwind', markupBps: '3', operatorShare: '0.2' },
  { name: 'Bluefin', markupBps: '2', operatorShare: '0.25' },
] as const;
/** The brand that plays the pieces. */
const SHOWCASE = { name: 'Lantern', markupBps: '3', operatorShare: '0.2' } as const;
const SHOWCASE_BUILDER = 1_900;
/** Test seam of the terminal: everything the demo says goes through here. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** The brands, the leaders in each of them, and the followers spread over the brands, all through the public API. */
export async function setUp(stack: Stack, plan: CastPlan): Promise<Cast> {
  const begun = Date.now();
  const startedAt = new Date(Math.floor(begun / 1000) * 1000).toISOString();
  const control = new SimControl(stack.simControlUrl);
  const market = new Market(stack.simUrl);
  await market.load();
  const key = await operatorKey(stack);
  if (key === null) throw new Error('the operator key of this deployment exists already: use a fresh data folder');
  const operator = new ApiClient(stack.operatorUrl, key);
  const brands: DemoBrand[] = [];
  const builders = plan.brands.map((_, index) => leaderAddress(plan.seed, 1_000 + index));
  const wallets = plan.followers.map(() => makeWallet());
  await control.setUp([
    ...builders.map((address) => ({ address, credits: { '': BUILDER_FUNDS } })),
    ...plan.leaders.map(({ address }) => ({ address, credits: plan.leaderFunds })),
    ...plan.followers.map((follower, index) => accountOf(follower, wallets[index]?.address ?? '')),
  ]);
  for (const [index, brand] of plan.brands.entries())
    brands.push(await makeBrand(operator, stack.gatewayUrl, { ...brand, venue: plan.venue ?? 'hyperliquid', builder: builders[index] ?? '' }));
  const showcase = plan.showcase === true ? await showcaseBrand(operator, stack, plan, control) : null;
  printDoors(stack, brands);
  for (const brand of brands) for (const leader of plan.leaders) await addLeader(brand, leader.name, leader.address);
  say(`${brands.length} brands, ${plan.leaders.length} leaders; adding ${plan.followers.length} followers, each with its own wallet ...`);
  let done = 0;
  await inParallel([...plan.followers.entries()], SETUP_WIDTH, async ([index, follower]) => {
    const brand = brands[follower.brand];
    const wallet = wallets[index];
    if (brand && wallet) await addFollower(brand, follower, wallet);
    done += 1;
    if (done % PROGRESS_EVERY === 0) say(`  ${done} of ${plan.followers.length} added after ${since(begun)}`);
  });
  await operator.close();
  const cast = { stack, control, market, brands, leaders: plan.leaders, watch: new WaveWatch(() => stack.engineHealthUrl), startedAt, showcase };
  await untilActive(cast);
  say(`all ${plan.followers.length} copies are active, ${since(begun)} after the first call`);
  return cast;
}

async function showcaseBrand(operator: ApiClient, stack: Stack, plan: CastPlan, control: SimControl): Promise<DemoBrand> {
  const builder = leaderAddress(plan.seed, SHOWCASE_BUILDER);
  await control.setUp([{ address: builder, credits: { '': BUILDER_FUNDS } }]);
  return makeBrand(operator, stack.gatewayUrl, { ...SHOWCASE, venue: plan.venue ?? 'hyperliquid', builder });
}

/** The follower's account at the venue: its wallet's own, or a sub-account of it. */
const accountOf = ({ funds, mode, subAccount }: FollowerPlan, wallet: string): AccountSetup => ({
  address: subAccount ?? wallet,
  credits: funds,
  ...(mode === undefined ? {} : { mode }),
  ...(subAccount === undefined ? {} : { master: wallet }),
});

function printDoors(stack: Stack, [brand]: readonly DemoBrand[]): void {
  if (brand === undefined) return;
  say('to look around while this runs:');
  for (const line of doorLines(stack.gatewayUrl, brand)) say(`  ${line}`);
}

const since = (begun: number): string => `${((Date.now() - begun) / 1000).toFixed(1)} s`;

const copyState = z.object({ id: z.string(), state: z.string(), state_reason: z.string().nullable() });
const commandAnswer = z.object({ command: z.object({ status: z.string(), refusal: z.unknown() }).nullish() });

/** Waits until the engine has made every copy active; names what is stuck otherwise. */
async function untilActive(cast: Cast): Promise<void> {
  const deadline = Date.now() + ACTIVE_WAIT_MS;
  for (;;) {
    const lists = await Promise.all(
      cast.brands.map(async (brand) => ({ brand, waiting: await readAll(brand.api, '/v1/copies?state=preparing', copyState) })),
    );
    const first = lists.find(({ waiting }) => waiting.length > 0);
    if (first === undefined) return;
    const [stuck] = first.waiting;
    const { command } = commandAnswer.parse(await first.brand.api.must('GET', `/v1/copies/${stuck?.id}`));
    if (command?.status === 'refused') throw new Error(`copy ${stuck?.id} was refused: ${JSON.stringify(command.refusal)}`);
    if (Date.now() > deadline) throw new Error(`${first.waiting.length} copies of ${first.brand.name} did not become active, the first ${stuck?.id}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Lets the engine finish what it has begun and shows the waves it made. */
export async function settleDown(cast: Cast): Promise<void> {
  await cast.watch.idle();
  for (const wave of await cast.watch.poll()) say(waveLine(wave));
}
