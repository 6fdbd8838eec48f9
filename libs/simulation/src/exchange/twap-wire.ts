import { formatUsd } from './decimals';
import type { Exchange } from './exchange';
import type { JsonObject } from './json';
import type { LiquidationEvent, Twap, TwapChange, TwapFill } from './state';
import { fillJson, side, sz } from './wire';

/* The venue's wire shapes of TWAPs and liquidations. */

type Progress = Pick<TwapChange, 'executedLots' | 'executedUsd'>;

/** The state of a TWAP, as it stands or as it stood at a change. */
export const twapStateJson = (twap: Twap, { executedLots, executedUsd }: Progress = twap): JsonObject => ({
  coin: twap.asset.coin,
  user: twap.owner.address,
  side: side(twap.isBuy),
  sz: sz(twap.asset, twap.lots),
  executedSz: sz(twap.asset, executedLots),
  executedNtl: formatUsd(executedUsd),
  minutes: twap.minutes,
  reduceOnly: twap.reduceOnly,
  randomize: twap.randomize,
  timestamp: twap.time,
});

/** An entry of a TWAP history. Its time is in seconds, unlike all others. */
export const twapChangeJson = (change: TwapChange): JsonObject => ({
  time: Math.floor(change.time / 1_000),
  state: twapStateJson(change.twap, change),
  status: change.description === null ? { status: change.status } : { status: change.status, description: change.description },
  twapId: change.twap.id,
});

export const twapFillJson = (ex: Exchange, { fill, twapId }: TwapFill): JsonObject => ({ fill: fillJson(ex, fill), twapId });

/** The running TWAPs of an account on one dex, as `twapStates` lists them. */
export const runningTwaps = (ex: Exchange, user: string, dexName: string): [number, JsonObject][] =>
  [...ex.twaps].filter(({ owner, asset }) => owner.address === user && asset.dex.spec.name === dexName).map((twap) => [twap.id, twapStateJson(twap)]);

/** A liquidation as `userEvents` tells it. */
export const liquidationEventJson = ({ lid, liquidator, user, notional, accountValue }: LiquidationEvent): JsonObject => ({
  lid,
  liquidator,
  liquidated_user: user,
  liquidated_ntl_pos: formatUsd(notional),
  liquidated_account_value: formatUsd(accountValue),
});
