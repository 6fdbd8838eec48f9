import { fundingData } from '@lockstep/delivery';
import { type EpochMs, type TenantScope, toExact } from '@lockstep/kernel';
import { type LedgerTransaction, postFunding } from '@lockstep/ledger';
import { applyIncome } from '@lockstep/replication';
import { addFunding, addToFinalEquity, type EngineScopedUnit, saveFundingReadTimes } from '@lockstep/storage';
import type { VenueFunding } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import type { AccountRecord } from '../state/registry';
import { type AccountCharge, type FundingPart, unbookedParts } from './funding-parts';
import { putUnbooked, type UnbookedPart } from './unbooked-charges';

/** Charges of one account as the venue told them, oldest first. */
export interface CollectedFunding {
  readonly account: AccountRecord;
  readonly charges: readonly VenueFunding[];
  /** Copies' parts of charges it told too that are too young to be booked, as far as they are known. */
  readonly young: readonly UnbookedPart[];
  /** Charges before this moment are among them or booked already. */
  readonly readTo: EpochMs;
  /** True when the venue has later charges than these. */
  readonly more: boolean;
  /** True when it told some that are too young to be booked. */
  readonly waits: boolean;
}

/**
 * Books funding of one tenant's accounts in one transaction: positions, final equity of copies that ended, positions of reading, balanced entries and events,
 * the events last. Idempotent by the source of each part: what is posted already is left out whole. The fills before the charges must be booked. Memory
 * changes after the commit only. Calls for one tenant must not overlap each other or the booking of fills.
 */
export async function bookFunding(ctx: EngineContext, scope: TenantScope, batch: readonly CollectedFunding[]): Promise<void> {
  const charges = batch.flatMap(({ account, charges: all }) => all.map((charge) => ({ account, charge })));
  const readTo = new Map(batch.map((collected) => [collected.account, collected.readTo]));
  const parts = await ctx.storage.scoped(scope, async (unit) => {
    const fresh = await unbookedParts(ctx, unit, charges, (charge) => holdBack(ctx, charge, readTo));
    await write(ctx, unit, fresh, readTo);
    return fresh;
  });
  for (const part of parts) takeIncome(ctx, part);
  for (const { account, young } of batch) putUnbooked(ctx.registry, account, young);
  for (const [account, at] of readTo) account.fundingReadTo = Math.max(account.fundingReadTo, at);
}

/** A charge whose asset is not known waits: the position of reading stays before it. */
function holdBack(ctx: EngineContext, { account, charge }: AccountCharge, readTo: Map<AccountRecord, EpochMs>): void {
  ctx.log.error('funding was charged in an instrument the venue does not list', { venueAccountNo: account.no, coin: charge.coin });
  readTo.set(account, Math.min(readTo.get(account) ?? charge.time, charge.time));
}

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
