import { systemClock } from '@lockstep/platform';
import { openStorage, type Storage } from '@lockstep/storage';
import { z } from 'zod';
import { ApiClient } from '../client/api';
import { operatorKey } from '../client/operator-key';
import { SimControl } from '../client/sim-control';
import { makeWallet } from '../client/wallet';
import { addFollower, addLeader, type DemoBrand, inParallel, makeBrand, readAll } from '../demo/brand';
import { leaderAddress } from '../demo/leaders';
import { Market } from '../demo/market';
import type { Stack } from '../processes/stack';
import { CrashLeader } from './leader';

/** Everybody of a crash run on a running stack. */
export interface CrashCast {
  readonly stack: Stack;
  readonly control: SimControl;
  readonly market: Market;
  readonly storage: Storage;
  readonly brands: readonly DemoBrand[];
  readonly leader: CrashLeader;
  readonly ratio: bigint;
  close(): Promise<void>;
}

/** κ of every copy: a tenth, in 10^-12. One rule for all, so that the judge can say where every target must stand. */
const RATIO = 100_000_000_000n;
const SETTINGS = {
  mode: { kind: 'fixed_ratio', ratio: '0.1' },
  slippage: { entry_bound: '0.01', exit_bound: '0.05' },
  // Long enough that an engine that was down catches up, however slow the machine.
  max_age_ms: 60_000,
  catch_up_ms: 600_000,
} as const;
const FUNDS = '1000000';
const FOLLOWER_FUNDS = '100000';
const LIMITS = { allocation: '20000', maxSize: null, maxNotional: null, maxShare: null, maxLeverage: '10', venueLeverage: 10 } as const;
const SETUP_WIDTH = 8;
const ACTIVE_WAIT_MS = 300_000;
const copyState = z.object({ id: z.string(), state: z.string(), state_reason: z.string().nullable() });

/** Two brands that list one leader, with followers divided between them, all active. */
export async function castCrash(stack: Stack, seed: number, followers: number): Promise<CrashCast> {
  const control = new SimControl(stack.simControlUrl);
  const market = new Market(stack.simUrl);
  await market.load();
  const key = await operatorKey(stack);
  if (key === null) throw new Error('a crash run needs a fresh data folder: an operator key exists already');
  const operator = new ApiClient(stack.operatorUrl, key);
  const address = leaderAddress(seed, 0);
  const builders = [leaderAddress(seed, 1_001), leaderAddress(seed, 1_002)];
  const wallets = Array.from({ length: followers }, () => makeWallet());
  const funds = { '': FOLLOWER_FUNDS };
  await control.setUp([
    ...[address, ...builders].map((one) => ({ address: one, credits: { '': FUNDS } })),
    ...wallets.map((wallet) => ({ address: wallet.address, credits: funds })),
  ]);
  const brands: DemoBrand[] = [];
  for (const [index, name] of ['Northwind', 'Bluefin'].entries()) {
    const brand = await makeBrand(operator, stack.gatewayUrl, { name, markupBps: '2', operatorShare: '0.2', builder: builders[index] ?? '' });
    await addLeader(brand, 'Leader', address);
    brands.push(brand);
  }
  await inParallel([...wallets.entries()], SETUP_WIDTH, async ([index, wallet]) => {
    const brand = index % brands.length;
    const plan = { index, brand, leaderAddress: address, limits: LIMITS, settings: SETTINGS, funds };
    const owner = brands[brand];
    if (owner) await addFollower(owner, plan, wallet);
  });
  await untilActive(brands);
  const storage = await openStorage({ url: stack.roles.app.url, role: 'app', clock: systemClock, poolMax: 4 });
  return {
    stack,
    control,
    market,
    storage,
    brands,
    leader: new CrashLeader(address, seed, market, control),
    ratio: RATIO,
    close: async () => {
      await storage.close();
      await Promise.all([operator.close(), ...brands.map((brand) => brand.api.close())]);
    },
  };
}

async function untilActive(brands: readonly DemoBrand[]): Promise<void> {
  const deadline = Date.now() + ACTIVE_WAIT_MS;
  for (;;) {
    const copies = (await Promise.all(brands.map((brand) => readAll(brand.api, '/v1/copies', copyState)))).flat();
    const waiting = copies.filter((copy) => copy.state !== 'active');
    if (waiting.length === 0) return;
    if (Date.now() > deadline) throw new Error(`${waiting.length} copies did not become active, the first ${waiting[0]?.id}: ${waiting[0]?.state}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
