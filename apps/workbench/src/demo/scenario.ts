import { formatMoney, money } from '@lockstep/kernel';
import { z } from 'zod';
import { ApiClient } from '../client/api';
import { operatorKey } from '../client/operator-key';
import { SimControl } from '../client/sim-control';
import type { Stack } from '../processes/stack';
import { addFollower, addLeader, type DemoBrand, type FollowerPlan, inParallel, makeBrand, readAll } from './brand';
import { auditCopies, auditIsolation, type Findings, readTruth, type Violation } from './invariants';
import { choose, type DemoLeader, leaderAddress, Market } from './leaders';
import type { DemoOptions } from './options';
import { auditSettlement, type DemoSettlement, settle, totalsByName } from './settle';
import { findingLines, latencyLines, reasonLines, waveLine } from './summary';
import { WaveWatch } from './wave-watch';

/** The demo's cast on a running stack. */
export interface Cast {
  readonly stack: Stack;
  readonly options: DemoOptions;
  readonly control: SimControl;
  readonly market: Market;
  readonly brands: readonly DemoBrand[];
  readonly leaders: readonly DemoLeader[];
  readonly watch: WaveWatch;
  readonly startedAt: string;
}

const SETUP_WIDTH = 8;
const ACTIVE_WAIT_MS = 600_000;
const FOLLOWER_FUNDS = '20000';
const LEADER_FUNDS = '1000000';
const BUILDER_FUNDS = '1000';
const BRANDS = [
  { name: 'Northwind', markupBps: '3', operatorShare: '0.2' },
  { name: 'Bluefin', markupBps: '2', operatorShare: '0.25' },
] as const;
/** Test seam of the terminal: everything the demo says goes through here. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Two brands, the leaders in both, and the followers with different modes and limits, each through the public API. */
export async function setUp(stack: Stack, options: DemoOptions, leaders: readonly DemoLeader[]): Promise<Cast> {
  const startedAt = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
  const control = new SimControl(stack.simControlUrl);
  const market = new Market(stack.simUrl);
  await market.load();
  const key = await operatorKey(stack);
  if (key === null) throw new Error('the operator key of this deployment exists already: use a fresh data folder');
  const operator = new ApiClient(stack.operatorUrl, key);
  const builders = BRANDS.map((_, index) => leaderAddress(options.seed, 1_000 + index));
  await control.setUp([
    ...builders.map((address) => ({ address, credits: { '': BUILDER_FUNDS } })),
    ...leaders.map((leader) => ({ address: leader.address, credits: { '': LEADER_FUNDS } })),
  ]);
  const brands: DemoBrand[] = [];
  for (const [index, plan] of BRANDS.entries()) brands.push(await makeBrand(operator, stack.gatewayUrl, { ...plan, builder: builders[index] ?? '' }));
  for (const brand of brands) for (const leader of leaders) await addLeader(brand, leader.name, leader.address);
  say(`${brands.length} brands, ${leaders.length} leaders; adding ${options.followers} followers with their own wallets ...`);
  const plans = followerPlans(options, leaders);
  let done = 0;
  await inParallel(plans, SETUP_WIDTH, async (plan) => {
    const brand = brands[plan.index % brands.length];
    if (brand) await addFollower(brand, plan, (address) => control.credit(address, FOLLOWER_FUNDS));
    done += 1;
    if (done % 50 === 0) say(`  ${done} of ${plans.length}`);
  });
  const cast = { stack, options, control, market, brands, leaders, watch: new WaveWatch(() => stack.engineHealthUrl), startedAt };
  await untilActive(cast);
  return cast;
}

/** Modes and limits differ from follower to follower, so that every rule has something to do. */
export function followerPlans(options: DemoOptions, leaders: readonly DemoLeader[]): readonly FollowerPlan[] {
  return Array.from({ length: options.followers }, (_, index) => {
    const pick = (what: string, below: number): number => choose(options.seed, `follower|${index}|${what}`, below);
    const allocation = String(500 + 500 * pick('allocation', 10));
    const proportional = pick('mode', 3) > 0;
    const mode = proportional
      ? {
          kind: 'proportional',
          multiplier: ['0.5', '1', '2'][pick('multiplier', 3)],
          compounding: pick('compounding', 2) === 0 ? 'reinvest' : 'fixed_nominal',
        }
      : { kind: 'fixed_ratio', ratio: ['0.001', '0.01', '0.05'][pick('ratio', 3)] };
    const maxNotional = pick('cap', 3) === 0 ? String(50 + 50 * pick('capSize', 8)) : null;
    const filter = pick('filter', 6) === 0 ? { kind: 'except', coins: ['SOL'] } : { kind: 'all' };
    const settings = {
      mode,
      instruments: filter,
      caps: { max_position_notional: maxNotional, max_leverage: ['2', '3', '5'][pick('leverage', 3)] },
      slippage: { entry_bound: ['0.002', '0.005', '0.01'][pick('bound', 3)], exit_bound: '0.05' },
      breaker: { from_start: pick('breaker', 4) === 0 ? '0.3' : null },
      max_age_ms: 30_000,
      catch_up_ms: 60_000,
    };
    return { index, leaderAddress: leaders[index % leaders.length]?.address ?? '', allocation, settings, maxNotional };
  });
}

const copyState = z.object({ id: z.string(), state: z.string(), state_reason: z.string().nullable() });

/** Waits until the engine has made every copy active; names what is stuck otherwise. */
async function untilActive(cast: Cast): Promise<void> {
  const deadline = Date.now() + ACTIVE_WAIT_MS;
  for (;;) {
    const copies = (await Promise.all(cast.brands.map((brand) => readAll(brand.api, '/v1/copies', copyState)))).flat();
    const waiting = copies.filter((copy) => copy.state === 'preparing');
    const failed = copies.find((copy) => copy.state !== 'preparing' && copy.state !== 'active');
    if (failed) throw new Error(`copy ${failed.id} became ${failed.state} (${failed.state_reason})`);
    if (waiting.length === 0) return say(`all ${copies.length} copies are active`);
    if (Date.now() > deadline) throw new Error(`${waiting.length} copies did not become active, the first ${waiting[0]?.id}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Lets the engine finish what it has begun and shows the waves it made. */
export async function settleDown(cast: Cast): Promise<void> {
  await cast.watch.idle();
  for (const wave of await cast.watch.poll()) say(waveLine(wave));
}

/** Proves the invariants, closes the brands' books and prints what happened. True when everything holds. */
export async function conclude(cast: Cast): Promise<boolean> {
  await settleDown(cast);
  const flat = new Map<string, Set<string>>();
  for (const leader of cast.leaders) {
    const open = new Set([...leader.held].filter(([, lots]) => lots !== 0n).map(([coin]) => coin));
    for (const brand of cast.brands) flat.set(brand.leaderIds.get(leader.address) ?? '', open);
  }
  const findings: Findings = await auditCopies({
    brands: cast.brands,
    truth: await readTruth(cast.control),
    leaderFlat: (leaderId, coin) => !(flat.get(leaderId)?.has(coin) ?? false),
    mids: await cast.market.mids(),
    szDecimals: (coin) => cast.market.szDecimals(coin),
  });
  const to = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
  const settlements = new Map<DemoBrand, DemoSettlement>();
  for (const brand of cast.brands) settlements.set(brand, await settle(brand, cast.startedAt, to));
  const violations: Violation[] = [...findings.violations];
  for (const [brand, closed] of settlements) violations.push(...auditSettlement(brand, closed));
  violations.push(...(await auditIsolation(cast.brands, new Map([...settlements].map(([brand, closed]) => [brand, closed.id])))));
  await printSummary(cast, findings, violations, settlements);
  return violations.length === 0;
}

async function printSummary(
  cast: Cast,
  findings: Findings,
  violations: readonly Violation[],
  settlements: ReadonlyMap<DemoBrand, DemoSettlement>,
): Promise<void> {
  const { waves } = cast.watch;
  const total = (of: 'orders' | 'filled' | 'rejected' | 'unknown' | 'withheld'): number => waves.reduce((sum, wave) => sum + wave[of], 0);
  say(
    `\nWhat happened: ${waves.length} waves, ${total('orders')} orders, ${total('filled')} filled, ${total('rejected')} rejected, ${total('unknown')} unknown on the way, ${total('withheld')} withheld`,
  );
  say('\nDecisions by reason');
  for (const line of reasonLines(waves)) say(line);
  say('\nLatency of the waves');
  for (const line of latencyLines(waves)) say(line);
  say('\nBooks of the brands');
  for (const [brand, closed] of settlements) {
    say(`  ${brand.name}: settlement ${closed.id}, ${closed.rows} rows, ${brand.copies.length} copies, markup ${brand.markupBps} bp`);
    for (const [name, amount] of totalsByName(closed.csv))
      if (amount !== 0n) say(`    ${name.padEnd(28)} ${formatMoney(money(amount)).padStart(18)}`);
    say(`    file: ${cast.stack.gatewayUrl}/v1/settlements/${closed.id}/file`);
  }
  say('\nInvariants');
  for (const line of findingLines(findings, violations)) say(line);
  say(violations.length === 0 ? '  all hold' : `  ${violations.length} violations`);
  say(`\nAPI documentation: ${cast.stack.gatewayUrl}/docs   a test key of ${cast.brands[0]?.name}: ${cast.brands[0]?.key}`);
}
