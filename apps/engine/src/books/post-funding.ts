import { fundingData } from '@lockstep/delivery';
import { type CopyId, type EpochMs, type Money, size, type TenantScope, toExact } from '@lockstep/kernel';
import { fundingOfCopies, fundingSource, type LedgerTransaction, type OwnSide, postFunding } from '@lockstep/ledger';
import { applyIncome } from '@lockstep/replication';
import { addFunding, addToFinalEquity, type EngineScopedUnit, type HeldByCopy, heldByCopies, saveFundingReadTimes } from '@lockstep/storage';
import type { VenueFunding } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import type { AccountRecord } from '../state/registry';
import { ownLots } from '../state/shared-accounts';

/** Charges of one account as the venue told them, oldest first. */
export interface CollectedFunding {
  readonly account: AccountRecord;
  readonly charges: readonly VenueFunding[];
  /** Charges before this moment are among them or booked already. */
  readonly readTo: EpochMs;
  /** True when the venue has later charges than these. */
  readonly more: boolean;
}

interface AccountCharge {
  readonly account: AccountRecord;
  readonly charge: VenueFunding;
}

/** One copy's part of one charge. */
interface FundingPart {
  readonly source: string;
  readonly copyNo: number;
  readonly copyId: CopyId;
  readonly coin: string;
  readonly asset: string;
  readonly amount: Money;
  readonly at: EpochMs;
}

/**
 * Books funding of one tenant's accounts in one transaction: positions, final equity of copies that ended, positions of reading, balanced entries and events,
 * the events last. Idempotent by the source of each part: what is posted already is left out whole. The fills before the charges must be booked. Memory
 * changes after the commit only. Calls for one tenant must not overlap each other or the booking of fills.
 */
export async function bookFunding(ctx: EngineContext, scope: TenantScope, batch: readonly CollectedFunding[]): Promise<void> {
  const charges = batch.flatMap(({ account, charges: all }) => all.filter(isCharged).map((charge) => ({ account, charge })));
  const readTo = new Map(batch.map((collected) => [collected.account, collected.readTo]));
  const parts = await ctx.storage.scoped(scope, async (unit) => {
    const held = await heldByCopies(unit, charges.map(momentOf));
    const shared = charges.flatMap((one, index) => {
      const copies = held.filter(({ moment }) => moment === index);
      const asset = assetOf(one);
      if (copies.length > 0 && asset === null) holdBack(ctx, one, readTo);
      return asset === null ? [] : partsOf(ctx, one, copies, asset);
    });
    const posted = await unit.ledger.postedSources(shared.map(({ source }) => source));
    const fresh = shared.filter(({ source }) => !posted.has(source));
    await write(ctx, unit, fresh, readTo);
    return fresh;
  });
  for (const part of parts) takeIncome(ctx, part);
  for (const [account, at] of readTo) account.fundingReadTo = Math.max(account.fundingReadTo, at);
}

const isCharged = (charge: VenueFunding): boolean => charge.amount !== 0n && charge.position !== 0n;

const momentOf = ({ account, charge }: AccountCharge) => ({ venueAccountNo: account.no, coin: charge.coin, atMs: charge.time });

/** The collateral of the coin's dex: what funding is paid in. */
const assetOf = ({ account, charge }: AccountCharge): string | null => account.network.markets.get(charge.coin)?.instrument.collateral ?? null;

/** A charge whose asset is not known waits: the position of reading stays before it. */
function holdBack(ctx: EngineContext, { account, charge }: AccountCharge, readTo: Map<AccountRecord, EpochMs>): void {
  ctx.log.error('funding was charged in an instrument the venue does not list', { venueAccountNo: account.no, coin: charge.coin });
  readTo.set(account, Math.min(readTo.get(account) ?? charge.time, charge.time));
}

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

async function write(
  ctx: EngineContext,
  unit: EngineScopedUnit,
  parts: readonly FundingPart[],
  readTo: ReadonlyMap<AccountRecord, EpochMs>,
): Promise<void> {
  await addFunding(
    unit,
    sums(parts, ({ copyNo, coin }) => `${copyNo}:${coin}`),
  );
  const ended = parts.filter(({ copyNo }) => !ctx.registry.copies.has(copyNo));
  await addToFinalEquity(
    unit,
    sums(ended, ({ copyNo }) => String(copyNo)),
  );
  await saveFundingReadTimes(
    unit,
    [...readTo].map(([account, readToMs]) => ({ venueAccountNo: account.no, readToMs })),
  );
  const transactions = parts.map(transactionOf).filter((transaction) => transaction !== null);
  if (transactions.length === 0) return;
  await unit.ledger.post(transactions);
  await unit.events.append(parts.map((part) => newEvent(ctx, 'funding.booked', part.at, fundingData({ ...part, atMs: part.at }))));
}

function transactionOf({ source, copyId, coin, asset, amount, at }: FundingPart): LedgerTransaction | null {
  return postFunding({ source, copyId, occurredAtMs: at, coin, asset, amount });
}

/** Parts added up by a key: a statement may name a row once. */
function sums(parts: readonly FundingPart[], keyOf: (part: FundingPart) => string) {
  const found = new Map<string, { readonly copyNo: number; readonly coin: string; readonly amount: bigint }>();
  for (const part of parts) {
    const { copyNo, coin, amount } = part;
    found.set(keyOf(part), { copyNo, coin, amount: amount + (found.get(keyOf(part))?.amount ?? 0n) });
  }
  return [...found.values()];
}

/** So that equity and loss limits see it. A copy that ended is no longer in memory. */
function takeIncome(ctx: EngineContext, { copyNo, coin, amount }: FundingPart): void {
  ctx.booked.addFunding(copyNo, coin, amount);
  const copy = ctx.registry.copies.get(copyNo);
  if (copy !== undefined) applyIncome(copy.watched.book, copy.row, toExact(amount, 'funding'));
}
