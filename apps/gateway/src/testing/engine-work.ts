import {
  type CopyId,
  type LeaderId,
  money,
  parsePrice,
  parseSize,
  present,
  price,
  RATE_ONE,
  type Rate,
  rate,
  size,
  UNIT,
  unwrap,
} from '@lockstep/kernel';
import {
  BOOK_MAX_AGE_MS,
  CopyBook,
  EXIT_BAND,
  encodeJournal,
  kindOf,
  MARK_MAX_AGE_MS,
  moveDetail,
  planWave,
  STATUS,
  wholeSlice,
} from '@lockstep/replication';
import { defaultCopySettings } from '@lockstep/roster';
import { type NewRow, type ProposalRow, savePositionStates, saveProposals } from '@lockstep/storage';
import { EgressScheduler, standingOf } from '@lockstep/venues/egress';
import { HYPERLIQUID_ADDRESS_LIMITS, hyperliquidIpLimits, socketCost } from '@lockstep/venues/hyperliquid';
import type { TenantObjects } from './objects';
import type { GatewayRig, RigTenant } from './rig';

const BTC = {
  venue: 'hyperliquid',
  dex: '',
  coin: 'BTC',
  assetId: 0,
  szDecimals: 5,
  maxLeverage: 50,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
};
const HALF: Rate = rate(RATE_ONE / 2n);

/** A wave of one copy, planned and journaled as the engine does it, and the position that came of it. Returns the wave's number. */
export async function decideAsEngine(rig: GatewayRig, tenant: RigTenant, objects: TenantObjects): Promise<string> {
  const now = Date.now();
  const wave = now;
  await rig.engine.scoped(tenant.scope, async (unit) => {
    const copy = present(await unit.copies.findOne({ id: objects.copy as CopyId }), 'the copy');
    const plan = planOf(Number(copy.no), wave, now);
    const packed = Buffer.from(
      encodeJournal(plan, wholeSlice(plan), { instance: 1, m0: now - 40.5, m1: now - 12, m2: now - 8, forecastEnd: Math.floor(now) + 61_500 }),
    );
    await unit.journal.insert({
      moveId: BigInt(wave),
      shard: 0,
      part: 0,
      instance: 1,
      leaderId: objects.leader as LeaderId,
      coin: 'BTC',
      packed,
      orderCount: plan.orders.count,
      decisionCount: plan.decisions.count,
      maxNonce: BigInt(now),
    });
    await savePositionStates(unit, [positionOf(Number(copy.no), wave)]);
  });
  return String(wave);
}

/** A position of a copy as the engine keeps it; its target is the same. */
export async function holdAsEngine(rig: GatewayRig, tenant: RigTenant, copyId: string, position: bigint): Promise<void> {
  await rig.engine.scoped(tenant.scope, async (unit) => {
    const copy = present(await unit.copies.findOne({ id: copyId as CopyId }), 'the copy');
    await savePositionStates(unit, [{ ...positionOf(Number(copy.no), 1), position, target: position, targetMicro: position * 1_000n }]);
  });
}

/** Asks the follower of a copy about half a BTC, as the engine does it. Returns the proposal's id. */
export async function askAsEngine(
  rig: GatewayRig,
  tenant: RigTenant,
  objects: Pick<TenantObjects, 'copy' | 'leader'>,
  over: Partial<NewRow<ProposalRow>> = {},
): Promise<string> {
  const id = rig.context.ids.next('proposal');
  const now = Date.now();
  await rig.engine.scoped(tenant.scope, async (unit) => {
    const copy = present(await unit.copies.findOne({ id: objects.copy as CopyId }), 'the copy');
    const row: NewRow<ProposalRow> = {
      id,
      copyNo: copy.no,
      copyId: copy.id,
      leaderId: objects.leader as LeaderId,
      coin: 'BTC',
      buy: true,
      askedMicro: 50_000_000_000n,
      leftMicro: 40_000_000_000n,
      approvedMicro: 10_000_000_000n,
      askedSize: 50_000_000n,
      leftSize: 40_000_000n,
      approvedSize: 10_000_000n,
      price: 6_400_000_000_000n,
      status: 'open',
      lastCommandNo: null,
      createdAt: now,
      endsAt: now + 3_600_000,
      updatedAt: now,
      ...over,
    };
    await saveProposals(unit, [row]);
  });
  return id;
}

/** Moves of a leader in BTC to these sizes at these prices, a minute apart, recorded as the engine does it. */
export async function recordMovesAsEngine(
  rig: GatewayRig,
  tenant: RigTenant,
  leaderId: string,
  path: readonly (readonly [size: string, price: string])[],
): Promise<void> {
  const leader = await rig.engine.scoped(tenant.scope, async (unit) =>
    present(await unit.leaders.findOne({ id: leaderId as LeaderId }), 'the leader'),
  );
  const began = Date.now() - path.length * 60_000;
  let before = unwrap(parseSize('0'), 'zero');
  const moves = path.map(([text, paid], index) => {
    const after = unwrap(parseSize(text), text);
    const at = unwrap(parsePrice(paid), paid);
    const time = began + index * 60_000;
    const kind = kindOf(before, after);
    const grows = kind === 'open' || kind === 'increase' || kind === 'flip';
    const move = { coin: 'BTC', kind, source: 'fills', before, after, increment: after, incrementPrice: grows ? at : null, lastPrice: at } as const;
    const row = {
      coin: 'BTC',
      venueKey: `test:${time}`,
      positionBefore: before,
      positionAfter: after,
      vwap: at,
      firstFillMs: time,
      lastFillMs: time,
    };
    before = after;
    const detail = moveDetail({ ...move, firstFillAt: time, lastFillAt: time, fills: 1, newOrders: grows ? 1 : 0 }, null);
    return { ...row, leaderEquity: 10_000_000n * UNIT, receivedAt: time, detail };
  });
  await rig.engine.platform(async (unit) => {
    await unit.markets.putInstruments([{ ...BTC, network: 'sim' }]);
    await unit.inbox.recordMoves(leader.watchedNo, moves);
  });
}

/** Puts a copy into a state, as the engine does. */
export async function setState(rig: GatewayRig, tenant: RigTenant, copyId: string, state: string): Promise<void> {
  await rig.engine.scoped(tenant.scope, (unit) =>
    unit.execute('update copies set state = $4 where tenant_id = $1 and environment = $2 and id = $3', [...unit.scopeParameters, copyId, state]),
  );
}

/** Two egress addresses towards the simulated network, one of which a wave has just used up, told as the engine does it. */
export async function tellEgressAsEngine(rig: GatewayRig): Promise<void> {
  const assumptions = { postsSpendWeight: true, outsideWeight: 60, inFlightMax: 100 };
  const actionCost = socketCost(assumptions);
  const scheduler = new EgressScheduler({ ips: 2, limits: hyperliquidIpLimits(assumptions), accounts: HYPERLIQUID_ADDRESS_LIMITS, actionCost });
  const now = 600_000;
  scheduler.note(0, 'entry', actionCost, 840, now);
  const standing = standingOf(scheduler, ['default', '203.0.113.7'], [0, 0], now, Date.now());
  await rig.engine.platform((unit) => unit.markets.putEgress('hyperliquid', 'sim', standing));
}

function planOf(copyNo: number, wave: number, now: number) {
  const book = new CopyBook(['0x00000000000000000000000000000000000000b1'], 4);
  book.sheet(BTC);
  const mark = price(6_400_000_000_000n);
  book.setMark('BTC', mark, now);
  const equity = money(100_000_000_000n);
  book.addCopy({
    copyNo,
    scope: 0,
    venueAccount: 1,
    signer: 0,
    status: STATUS.active,
    settings: { ...defaultCopySettings(), mode: { kind: 'fixed_ratio', ratio: HALF } },
    settingsVersion: 1,
    allocation: equity,
    netPnl: money(0n),
    realEquity: equity,
    nav: null,
    basisEquity: null,
    agentValidUntil: now + 86_400_000,
    markup: null,
  });
  const [before, after] = [size(0n), size(50_000_000n)];
  const move = {
    coin: 'BTC',
    kind: kindOf(before, after),
    source: 'fills' as const,
    before,
    after,
    increment: after,
    incrementPrice: mark,
    lastPrice: mark,
    firstFillAt: now - 40,
    lastFillAt: now - 40,
    fills: 1,
    newOrders: 1,
  };
  return planWave(book, move, {
    wave,
    now,
    instance: 1,
    seed: Uint8Array.from({ length: 32 }, (_, index) => index),
    lastNonce: new Float64Array(4),
    markMaxAgeMs: MARK_MAX_AGE_MS,
    bookMaxAgeMs: BOOK_MAX_AGE_MS,
    exitBand: EXIT_BAND,
    departures: null,
    leaderEquity: equity,
    leaderVolatility: null,
  });
}

const positionOf = (copyNo: number, wave: number) => ({
  copyNo,
  coin: 'BTC',
  position: 1_500_000n,
  target: 1_562_500n,
  targetMicro: 1_562_500_000n,
  rho: 31_250_000_000n,
  avgEntry: 6_400_000_000_000n,
  entryValue: 96_000_000_000n,
  realisedPnl: -12_500_000n,
  fees: 43_200_000n,
  funding: 0n,
  forfeited: 62_500n,
  forfeitedMicro: 62_500_000n,
  adds: 0,
  aheadBuy: 0n,
  aheadSell: 0n,
  forfeitReason: 'slippage',
  episodeNo: 1n,
  episodeBits: 0,
  userClosed: false,
  dust: false,
  owedPrice: 0n,
  owedUntilMs: 0,
  lastWave: wave,
  attempt: 0,
});
