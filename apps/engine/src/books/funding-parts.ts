import { type CopyId, type EpochMs, type Money, size } from '@lockstep/kernel';
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
    const asset = assetOf(one);
    if (copies.length > 0 && asset === null) unlisted(one);
    return asset === null ? [] : partsOf(ctx, one, copies, asset);
  });
  const posted = await unit.ledger.postedSources(shared.map(({ source }) => source));
  return shared.filter(({ source }) => !posted.has(source));
}

const isCharged = ({ charge }: AccountCharge): boolean => charge.amount !== 0n && charge.position !== 0n;

const momentOf = ({ account, charge }: AccountCharge) => ({ venueAccountNo: account.no, coin: charge.coin, atMs: charge.time });

/** The collateral of the coin's dex: what funding is paid in. */
const assetOf = ({ account, charge }: AccountCharge): string | null => account.network.markets.get(charge.coin)?.instrument.collateral ?? null;

function partsOf(ctx: EngineContext, { account, charge }: AccountCharge, copies: readonly HeldByCopy[], asset: string): FundingPart[] {
  const { coin, time } = charge;
  const held = copies.map(({ quantity }) => size(quantity));
  const amounts = fundingOfCopies({ amount: charge.amount, net: charge.position }, held, ownSide(ctx, account, coin));
  return copies.flatMap(({ copyNo, copyId }, index) => {
    const amount = amounts[index];
    if (amount === undefined || amount === 0n) return [];
    return [{ source: fundingSource(account.network.venueName, account.no, coin, time, copyId), copyNo, copyId, coin, asset, amount, at: time }];
  });
}

/** Where the follower's own position stands beside the copies, as last compared with the venue. */
const ownSide = (ctx: EngineContext, account: AccountRecord, coin: string): OwnSide => {
  const own = ownLots(ctx.registry, account, coin);
  return own > 0 ? 1 : own < 0 ? -1 : 0;
};
