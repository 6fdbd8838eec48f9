import { type CopyId, type EpochMs, fromLots, type Instrument, type Money, size } from '@lockstep/kernel';
import { fundingOfCopies, fundingSource, type OwnSide } from '@lockstep/ledger';
import { type EngineScopedUnit, type HeldByCopy, heldByCopies } from '@lockstep/storage';
import type { VenueFunding } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { AccountRecord } from '../state/registry';
import { ownLots } from '../state/shared-accounts';

/** A charge the venue told of an account. */
export interface AccountCharge {
  readonly account: AccountRecord;
  readonly charge: VenueFunding;
}

/** One copy's part of one charge. */
export interface FundingPart {
  readonly source: string;
  readonly copyNo: number;
  readonly copyId: CopyId;
  readonly coin: string;
  readonly asset: string;
  readonly amount: Money;
  readonly at: EpochMs;
}

/**
 * What of these charges of one tenant is whose by our record, without what is booked already. It is final once the fills before the charges are booked. `unlisted`
 * is told of charges on copies whose asset is not known: they have no parts.
 */
export async function unbookedParts(
  ctx: EngineContext,
  unit: EngineScopedUnit,
  told: readonly AccountCharge[],
  unlisted: (charge: AccountCharge) => void = () => undefined,
): Promise<readonly FundingPart[]> {
  const charges = told.filter(isCharged);
  const held = await heldByCopies(unit, charges.map(momentOf));
  const shared = charges.flatMap((one, index) => {
    const copies = held.filter(({ moment }) => moment === index);
    const instrument = instrumentOf(one);
    if (copies.length > 0 && instrument === undefined) unlisted(one);
    return instrument === undefined ? [] : partsOf(ctx, one, copies, instrument);
  });
  // A venue may tell a charge more than once in one answer: the ledger takes it once, and so must positions and profit.
  const once = [...new Map(shared.map((part) => [part.source, part])).values()];
  const posted = await unit.ledger.postedSources(once.map(({ source }) => source));
  return once.filter(({ source }) => !posted.has(source));
}

const isCharged = ({ charge }: AccountCharge): boolean => charge.amount !== 0n && charge.position !== 0n;

const momentOf = ({ account, charge }: AccountCharge) => ({ venueAccountNo: account.no, coin: charge.coin, atMs: charge.time });

const instrumentOf = ({ account, charge }: AccountCharge): Instrument | undefined => account.network.markets.get(charge.coin)?.instrument;

function partsOf(ctx: EngineContext, { account, charge }: AccountCharge, copies: readonly HeldByCopy[], instrument: Instrument): FundingPart[] {
  const { coin, time } = charge;
  // What funding is paid in is the collateral of the coin's dex.
  const { collateral: asset } = instrument;
  const held = copies.map(({ quantity }) => size(quantity));
  const amounts = fundingOfCopies({ amount: charge.amount, net: charge.position }, held, ownSide(ctx, account, instrument, copies));
  return copies.flatMap(({ copyNo, copyId }, index) => {
    const amount = amounts[index];
    if (amount === undefined || amount === 0n) return [];
    return [{ source: fundingSource(account.network.venueName, account.no, coin, time, copyId), copyNo, copyId, coin, asset, amount, at: time }];
  });
}

/**
 * Where the follower's own position stood beside the copies when they were charged: as last compared with the venue, without what copies left that ended since. That
 * was theirs then.
 */
function ownSide(ctx: EngineContext, account: AccountRecord, instrument: Instrument, copies: readonly HeldByCopy[]): OwnSide {
  const now: bigint = fromLots(instrument, ownLots(ctx.registry, account, instrument.coin));
  const own = copies.reduce((rest, { left }) => rest - left, now);
  return own > 0n ? 1 : own < 0n ? -1 : 0;
}
