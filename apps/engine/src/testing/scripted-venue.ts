import { err, type Instrument, money, ok, price, rate, type Size, UNIT } from '@lockstep/kernel';
import { systemClock } from '@lockstep/platform';
import { instrumentOf } from '@lockstep/replication/testing/book-builder';
import type { AccountState, OrderStanding, Venue, VenueFill } from '@lockstep/venues/port';
import { Markets } from '../markets';
import { Quotes } from '../quotes';
import type { Network } from '../state/networks';

export const STAGE_COIN: Instrument = { ...instrumentOf('ETH', 4, 25), venue: 'hyperliquid' };

export const FOLLOWER = `0x${'b1'.repeat(20)}`;

/** A venue of which only reads are played: what the next ones say stands here. */
export interface ScriptedVenue extends Venue {
  standing: OrderStanding;
  fills: readonly VenueFill[];
  states: readonly AccountState[];
}

export function scriptedVenue(): ScriptedVenue {
  const venue: ScriptedVenue = {
    name: 'scripted',
    capabilities: {
      userStream: true,
      orderStream: true,
      clientOrderId: true,
      actionExpiry: true,
      builderFee: true,
      nonceNoop: true,
      reduceOnly: true,
      workingOrders: true,
      triggerOrders: true,
      actingFor: true,
      agentExpiry: true,
      clearinghousePerDex: true,
      batch: true,
      postOnly: true,
      fillHistory: true,
      fundingHistory: true,
      approvals: true,
      bookDepth: false,
      requestsPerMinute: null,
    },
    standing: { kind: 'unknown_order' },
    fills: [],
    states: [],
    truth: {
      markets: async () =>
        ok([{ instrument: STAGE_COIN, markPrice: price(100n * UNIT), oraclePrice: price(100n * UNIT), midPrice: null, fundingRate: rate(0n) }]),
      account: async (_address, dex) => {
        const found = venue.states.find((state) => state.dex === dex);
        return found === undefined ? err({ code: 'unreachable', detail: 'no state in the script' }) : ok(found);
      },
      fills: async () => ok(venue.fills),
      orderStatus: async () => ok(venue.standing),
      openOrders: notPlayed,
      funding: notPlayed,
      agents: notPlayed,
      builderApproval: notPlayed,
      accountMode: notPlayed,
    },
    orders: {
      loadSigners: notPlayed,
      dropSigners: notPlayed,
      submit: notPlayed,
      cancel: notPlayed,
      updateLeverage: async () => ({ kind: 'accepted', response: null }),
      noop: notPlayed,
      relay: notPlayed,
      close: notPlayed,
    },
    watchUsers: notPlayed,
    watchMarks: notPlayed,
    watchQuotes: notPlayed,
    close: notPlayed,
  };
  return venue;
}

export async function networkOf(venue: Venue): Promise<Network> {
  const markets = new Markets();
  await markets.refresh(venue.truth, undefined, () => systemClock.now());
  return {
    venueName: 'hyperliquid',
    approvalsThrough: null,
    name: 'sim',
    environment: 'test',
    venue,
    markets,
    listings: notPlayed as unknown as Network['listings'],
    users: { watch: notPlayed, unwatch: notPlayed, setDexes: notPlayed, close: notPlayed },
    marks: { setDexes: notPlayed, close: notPlayed },
    quotes: new Quotes(),
    quoteWatch: { follow: notPlayed, close: notPlayed },
  };
}

/** The account's clearinghouse with one position. */
export function stateOf(quantity: Size, time: number): AccountState {
  const position = {
    coin: STAGE_COIN.coin,
    size: quantity,
    entryPrice: price(UNIT),
    leverage: 10,
    cross: true,
    marginUsed: money(0n),
    unrealisedPnl: money(0n),
  };
  return {
    address: FOLLOWER,
    dex: '',
    accountValue: money(10_000n * UNIT),
    pooled: false,
    withdrawable: money(0n),
    positions: quantity === 0n ? [] : [position],
    time,
  };
}

export const notPlayed = (): never => {
  throw new Error('not part of this stage');
};
