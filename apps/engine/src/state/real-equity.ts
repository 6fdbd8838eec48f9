import type { Result } from '@lockstep/kernel';
import { err, type Money, money, ok } from '@lockstep/kernel';
import type { AccountState, VenueReadError } from '@lockstep/venues/port';
import { takeBalances } from '../accounts/venue-bars';
import type { EngineContext } from '../context';
import { equityOver } from './equity-over';
import type { AccountRecord } from './registry';

/** The collateral copies are allocated in, one of the dollars. */
export const ALLOCATION_ASSET = 'USDC';

/**
 * States of an account in every clearinghouse that counts: those of the allocation's collateral, and those its copies trade in. The others are read along
 * every `collateralEveryMs`, to know what it holds there: what cannot be read of them fails nothing and counts as before, at first as nothing.
 */
export async function readStates(ctx: EngineContext, account: AccountRecord): Promise<Result<readonly AccountState[], VenueReadError>> {
  const needed = neededDexes(ctx, account);
  const states: AccountState[] = [];
  for (const dex of needed) {
    const read = await readState(ctx, account, dex);
    if (!read.ok) return err(read.error);
    states.push(read.value);
  }
  takeBalances(ctx, account, states);
  await readBeside(ctx, account, new Set(needed));
  return ok(states);
}

/** A vault has a state in the main dex alone. */
function neededDexes(ctx: EngineContext, account: AccountRecord): readonly string[] {
  const allocation = account.network.markets.dexesOf(ALLOCATION_ASSET);
  if (account.accountType === 'vault') return allocation.slice(0, 1);
  const traded = ctx.registry.copiesOf(account).flatMap(({ watched }) => [...watched.book.allSheets()].map(({ instrument }) => instrument.dex));
  return [...new Set([...allocation, ...traded])];
}

async function readBeside(ctx: EngineContext, account: AccountRecord, known: ReadonlySet<string>): Promise<void> {
  const now = ctx.clock.now();
  if (account.accountType === 'vault' || now - account.collateralReadAt < ctx.limits.collateralEveryMs) return;
  account.collateralReadAt = now;
  const others = account.network.markets.dexesOf().filter((dex) => !known.has(dex));
  for (const dex of others.slice(0, ctx.limits.watchedDexesMax)) {
    const read = await readState(ctx, account, dex);
    if (read.ok) takeBalances(ctx, account, [read.value]);
  }
}

const readState = (ctx: EngineContext, account: AccountRecord, dex: string) =>
  ctx.truthReads.run(() => account.network.venue.truth.account(account.address, dex));

/** Equity of an account now; null when the venue cannot be read. */
export async function readEquity(ctx: EngineContext, account: AccountRecord): Promise<Money | null> {
  const states = await readStates(ctx, account);
  return states.ok ? equityOf(account) : null;
}

/** Equity of an account as last read (`readStates`), over all clearinghouses whose collateral is a dollar; what was never read of it counts as nothing. */
export function equityOf({ network, balances }: Pick<AccountRecord, 'network' | 'balances'>): Money {
  return equityOver(network.markets.dollarClearinghouses(), (dex) => balances.get(dex) ?? NOTHING) ?? NOTHING.accountValue;
}

const NOTHING = { accountValue: money(0n), pooled: false };
