import { type CopyId, notional, parseMoney, parsePrice, parseSize, present, RATE_ONE, rate, unwrap, type VenueAccountId } from '@lockstep/kernel';
import { systemRandom } from '@lockstep/platform';
import type { CopySettings } from '@lockstep/roster';
import type { CommandRow, VenueAccountRow } from '@lockstep/storage';
import { generateAgentKey } from '@lockstep/venues/hyperliquid';
import { z } from 'zod';
import { eventually, type Rig, type TestTenant } from './rig';
import type { VenueWallet } from './venue-wallet';

/** An account that follows, with its copy. */
export interface FollowedAccount {
  readonly address: string;
  readonly accountId: VenueAccountId;
  readonly copyId: CopyId;
}

/** How an account is opened to follow. */
export interface FollowTerms {
  readonly allocation?: bigint;
  readonly settings?: Partial<CopySettings>;
  /** Name of the agent at the venue; unnamed without. */
  readonly agentName?: string;
  readonly agentUntilMs?: number;
}

/** A leader, a brand, and accounts of every type that copy a tenth of what the leader does. */
export interface AccountStage {
  readonly tenant: TestTenant;
  /** Registers an account whose `owner` approves its agent with a signature of its own, activates it and a copy of the leader. */
  follow(address: string, owner: VenueWallet, type: VenueAccountRow['accountType'], terms?: FollowTerms): Promise<FollowedAccount>;
  mid(coin: string): Promise<number>;
  /** Has the owner approve the account's next agent and the platform relay it, until the venue takes it; the agent's address. */
  renew(account: FollowedAccount, owner: VenueWallet, agentName: string): Promise<string>;
  /** The end of a command, once it has one. */
  endOf(no: bigint): Promise<CommandRow>;
  /** Lets the leader trade at the price of the moment. */
  trade(coin: string, side: 'buy' | 'sell', size: string): Promise<void>;
  /** Has the venue charge an hour of funding on a coin; waits until it tells each of these accounts its charge. */
  charge(coin: string, ...accounts: readonly FollowedAccount[]): Promise<void>;
  /** Waits until an account holds so much at the venue. */
  holds(account: FollowedAccount, coin: string, expected: number): Promise<void>;
  held(address: string, coin: string): Promise<number>;
  /** The account's clearinghouse of a dex, as the venue tells it. */
  clearinghouse(address: string, dex?: string): Promise<z.output<typeof stateSchema>>;
  /**
   * Waits until nothing is open and our rows tell what the venue tells: positions and fills one by one, orders, and per asset what PnL, fees and funding
   * did to the account. Answers what was booked per asset, 10^-8.
   */
  agrees(account: FollowedAccount): Promise<ReadonlyMap<string, bigint>>;
  /** Events of a type whose data hold every one of the words. */
  events(type: string, ...words: readonly string[]): Promise<number>;
  /** Waits for so many of them at least: events are told a moment after what they tell of was written. */
  told(least: number, type: string, ...words: readonly string[]): Promise<void>;
}

const position = z.object({ coin: z.string(), szi: z.string(), leverage: z.object({ type: z.string(), value: z.number() }) });
export const stateSchema = z.object({
  marginSummary: z.object({ accountValue: z.string() }),
  assetPositions: z.array(z.object({ position })),
});
const fillsSchema = z.array(
  z.object({
    coin: z.string(),
    side: z.string(),
    px: z.string(),
    sz: z.string(),
    closedPnl: z.string(),
    fee: z.string(),
    feeToken: z.string(),
    tid: z.number(),
  }),
);
const fundingSchema = z.array(z.object({ delta: z.object({ coin: z.string(), usdc: z.string() }) }));

/** Rounding of a fill's money: the venue tells six decimals, our book keeps eight. */
const FILL_ROUNDING = 100n;
/** Of a position that is still open the venue tells PnL on its average entry cut to five figures: off by so small a part of the notional at most. */
const FIGURES = 10_000n;
const AGENT_LIFE_MS = 90 * 86_400_000;
export const dexOf = (coin: string): string => (coin.includes(':') ? coin.slice(0, coin.indexOf(':')) : '');
const COLLATERAL: Readonly<Record<string, string>> = { '': 'USDC', xyz: 'USDC', flx: 'USDT0', km: 'USDH', hyna: 'USDE' };
const collateralOf = (coin: string): string => present(COLLATERAL[dexOf(coin)], `the collateral of ${coin}`);

export async function accountStage(rig: Rig, leaderAddress: string): Promise<AccountStage> {
  const credits = Object.fromEntries(Object.keys(COLLATERAL).map((dex) => [dex, '1000000']));
  await rig.venue.control('/worlds/main/accounts', { accounts: [{ address: leaderAddress, credits }] });
  const tenant = await rig.tenant('north');
  const { scope } = tenant;
  const leader = await tenant.leader(leaderAddress);

  const clearinghouse: AccountStage['clearinghouse'] = async (address, dex = '') =>
    stateSchema.parse(await rig.venue.info({ type: 'clearinghouseState', user: address, ...(dex === '' ? {} : { dex }) }));
  const held: AccountStage['held'] = async (address, coin) => {
    const { assetPositions } = await clearinghouse(address, dexOf(coin));
    return Number(assetPositions.find((each) => each.position.coin === coin)?.position.szi ?? 0);
  };
  const chargesOf = async ({ address }: FollowedAccount) =>
    fundingSchema.parse(await rig.venue.info({ type: 'userFunding', user: address, startTime: 0 }));
  const mid: AccountStage['mid'] = async (coin) => {
    const dex = dexOf(coin);
    const mids = z.record(z.string(), z.string()).parse(await rig.venue.info({ type: 'allMids', ...(dex === '' ? {} : { dex }) }));
    return Number(present(mids[coin], `the mid of ${coin}`));
  };
  const followed = (account: FollowedAccount) =>
    rig.storage.scoped(scope, async (unit) => {
      const copy = present(await unit.copies.findOne({ id: account.copyId }), 'the copy');
      const { rows: orders } = await unit.orders.page({ limit: 1_000, after: null, order: 'oldest_first' });
      const posted = (await unit.ledger.after(0n, 10_000)).map(({ transaction }) => transaction).filter(({ copyId }) => copyId === copy.id);
      return {
        positions: (await unit.positions.ofCopies(copy.no)).filter((row) => row.position !== 0n),
        orders: orders.filter((order) => order.copyId === copy.id),
        fills: await unit.fills.count(copy.id),
        posted: posted.filter(({ kind }) => kind !== 'allocation').flatMap(({ entries }) => entries),
        open: (await unit.journal.unfinished(0, 10)).length,
        broken: await unit.ledger.firstBrokenLink(),
      };
    });

  /** What differs between the venue's word and our rows; empty when they agree. */
  async function differences(account: FollowedAccount): Promise<{ readonly wrong: readonly string[]; readonly booked: ReadonlyMap<string, bigint> }> {
    const user = account.address;
    const fills = fillsSchema.parse(await rig.venue.info({ type: 'userFillsByTime', user, startTime: 0 }));
    const charges = await chargesOf(account);
    const rows = await followed(account);
    const [owed, booked, blur] = [new Map<string, bigint>(), new Map<string, bigint>(), new Map<string, bigint>()];
    const coins = new Set([...fills.map(({ coin }) => coin), ...rows.positions.map(({ coin }) => coin)]);
    const nets = new Map<string, number>();
    for (const coin of coins) nets.set(coin, await held(user, coin));
    for (const fill of fills) {
      const { coin, fee, feeToken } = fill;
      add(owed, collateralOf(coin), nets.get(coin) === 0 ? received(fill) : unwrap(parseMoney(fill.closedPnl), 'closedPnl'));
      add(owed, feeToken, -unwrap(parseMoney(fee), 'fee'));
      add(blur, collateralOf(coin), FILL_ROUNDING + (nets.get(coin) === 0 ? 0n : abs(received(fill)) / FIGURES));
    }
    for (const { delta } of charges) add(owed, collateralOf(delta.coin), unwrap(parseMoney(delta.usdc), 'usdc'));
    for (const { account: code, asset, amount } of rows.posted) if (code.endsWith(':venue_cash')) add(booked, asset, amount);
    const wrong: string[] = [];
    if (rows.open !== 0 || rows.broken !== null) wrong.push(`journal ${rows.open} open, ledger broken at ${rows.broken}`);
    if (rows.fills !== BigInt(fills.length)) wrong.push(`fills: ${rows.fills}, the venue has ${fills.length}`);
    for (const asset of new Set([...owed.keys(), ...booked.keys()])) {
      const off = (booked.get(asset) ?? 0n) - (owed.get(asset) ?? 0n);
      if (abs(off) > (blur.get(asset) ?? 0n)) wrong.push(`${asset}: booked ${booked.get(asset)}, the venue ${owed.get(asset)}`);
    }
    const ordered = new Map<string, bigint>();
    for (const { coin, side, filledSize } of rows.orders) add(ordered, coin, side === 'buy' ? filledSize : -filledSize);
    for (const { coin, side, sz } of fills) add(ordered, coin, unwrap(parseSize(sz), 'sz') * (side === 'B' ? -1n : 1n));
    for (const [coin, off] of ordered) if (off !== 0n) wrong.push(`orders in ${coin} filled ${off} more than the venue tells`);
    for (const [coin, theirs] of nets) {
      const ours = Number(rows.positions.find((row) => row.coin === coin)?.position ?? 0n) / 1e8;
      if (Math.abs(ours - theirs) > 1e-9) wrong.push(`${coin}: ${ours}, the venue holds ${theirs}`);
    }
    return { wrong, booked };
  }

  const endOf = (no: bigint) =>
    eventually(`command ${no} ends`, async () => {
      const command = await rig.storage.scoped(scope, (unit) => unit.commands.findOne({ no }));
      return command === null || command.status === 'pending' ? null : command;
    });
  const activated = (targetId: string) =>
    eventually(`${targetId} is activated`, async () => {
      const command = await rig.storage.scoped(scope, (unit) => unit.commands.latestFor(targetId));
      if (command === null || command.status === 'pending') return null;
      if (command.status !== 'applied') throw new Error(`${targetId}: ${JSON.stringify(command.result)}`);
      return true;
    });

  const events: AccountStage['events'] = (type, ...words) =>
    rig.storage.scoped(scope, async (unit) => {
      const all = await unit.events.after({ epoch: (await unit.events.head())?.epoch ?? '', seq: 0n }, 10_000);
      return all.filter((event) => event.type === type && words.every((word) => event.data.includes(word))).length;
    });

  return {
    tenant,
    clearinghouse,
    held,
    follow: async (address, owner, accountType, terms = {}) => {
      const agent = await generateAgentKey(systemRandom);
      await owner.approve(agent.address, terms.agentName ?? null, terms.agentUntilMs);
      const type = { accountType, masterAddress: accountType === 'main' ? null : owner.address };
      const follower = await tenant.follower(address, '0', { agent, agentName: null, type });
      await activated(follower.accountId);
      const ratio = { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) } as const;
      const settings = { mode: ratio, maxAgeMs: 10_000, catchUpMs: 120_000, ...terms.settings };
      const copyId = await tenant.copy(leader, follower, { allocation: terms.allocation ?? 5_000n, settings });
      await activated(copyId);
      return { address, accountId: follower.accountId, copyId };
    },
    renew: async ({ accountId }, owner, agentName) => {
      const agentAddress = await tenant.nextAgent(accountId, agentName);
      await eventually(`the agent of ${accountId} is renewed`, async () => {
        const approval = await owner.signApproval(agentAddress, agentName, Date.now() + AGENT_LIFE_MS);
        const no = await tenant.command('venue_account.activate', accountId, { approvals: [approval] });
        // A venue takes no new agent for a while after it removed one.
        return (await endOf(no)).status === 'applied' ? true : null;
      });
      return agentAddress;
    },
    endOf,
    mid,
    trade: async (coin, side, size) => {
      const price = String(await mid(coin));
      await rig.venue.control('/worlds/main/trades', { trades: [{ address: leaderAddress, coin, side, price, size }] });
    },
    charge: async (coin, ...accounts) => {
      const before = await Promise.all(accounts.map(chargesOf));
      await rig.venue.control('/worlds/main/funding', { coin, hourlyRate: '0.001', charge: true });
      for (const [index, account] of accounts.entries())
        await eventually(`${account.address} is charged`, async () =>
          (await chargesOf(account)).length > (before[index]?.length ?? 0) ? true : null,
        );
    },
    holds: async (account, coin, expected) => {
      await eventually(`${account.address} holds ${expected} ${coin}`, async () =>
        Math.abs((await held(account.address, coin)) - expected) < 1e-9 ? true : null,
      );
    },
    agrees: async (account) => {
      let last: readonly string[] = [];
      try {
        return await eventually(`our rows of ${account.address} agree with the venue`, async () => {
          const { wrong, booked } = await differences(account);
          last = wrong;
          return wrong.length === 0 ? booked : null;
        });
      } catch (failure) {
        throw new Error(`${String(failure)}: ${last.join('; ')}`);
      }
    },
    events,
    told: async (least, type, ...words) => {
      await eventually(`${least} ${type} are told`, async () => ((await events(type, ...words)) >= least ? true : null));
    },
  };
}

function add(sums: Map<string, bigint>, name: string, amount: bigint): void {
  sums.set(name, (sums.get(name) ?? 0n) + amount);
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** What a fill brought in, 10^-8: summed over a position that is closed, its whole PnL before fees. */
function received({ side, px, sz }: z.output<typeof fillsSchema>[number]): bigint {
  const value = notional(unwrap(parseSize(sz), 'sz'), unwrap(parsePrice(px), 'px'), 'zero');
  return side === 'B' ? -value : value;
}
