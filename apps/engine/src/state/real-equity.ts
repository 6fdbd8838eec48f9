import { type Money, money } from '@lockstep/kernel';
import type { AccountState, VenueReadError } from '@lockstep/venues/port';
import { takeBalances } from '../accounts/venue-bars';
import type { EngineContext } from '../context';
import { equityOver } from './equity-over';
import type { AccountRecord } from './registry';

/** The collateral copies are allocated in, one of the dollars. */
export const ALLOCATION_ASSET = 'USDC';

/** What was read of the clearinghouses that count for an account. */
export interface ReadStates {
  readonly states: readonly AccountState[];
  /** Those that do not count, where they were read along: what the follower holds there is theirs, and known before a copy trades there. */
  readonly beside: readonly AccountState[];
  /** Why one of them is missing; null: all were read. */
  readonly missing: VenueReadError | null;
}

const MAIN_DEX = '';

/**
 * States of an account in every clearinghouse that counts: those of the allocation's collateral, and those its copies trade in. One that cannot be read leaves
 * the others to be known; the main dex stands for the venue, and without it no further one is asked. Those that do not count are read along every
 * `collateralEveryMs`, to know what it holds there: what cannot be read of them is not missing and counts as before, at first as nothing.
 */
export async function readStates(ctx: EngineContext, account: AccountRecord): Promise<ReadStates> {
  const needed = neededDexes(ctx, account);
  const states: AccountState[] = [];
  let missing: VenueReadError | null = null;
  for (const dex of needed) {
    const read = await readState(ctx, account, dex);
    if (read.ok) {
      states.push(read.value);
      continue;
    }
    missing ??= read.error;
    if (dex === MAIN_DEX) break;
  }
  takeBalances(ctx, account, states);
  const beside = missing === null ? await readBeside(ctx, account, new Set(needed)) : [];
  return { states, beside, missing };
}

/** The next reading of an account tells those that do not count as well: what the follower holds there may have changed. */
export function readAllNext(account: AccountRecord): void {
  account.collateralReadAt = 0;
}

/** A vault has a state in the main dex alone. */
function neededDexes(ctx: EngineContext, account: AccountRecord): readonly string[] {
  const allocation = account.network.markets.dexesOf(ALLOCATION_ASSET);
  if (account.accountType === 'vault') return allocation.slice(0, 1);
  const traded = ctx.registry.copiesOf(account).flatMap(({ watched }) => [...watched.book.allSheets()].map(({ instrument }) => instrument.dex));
  return [...new Set([...allocation, ...traded])];
}

async function readBeside(ctx: EngineContext, account: AccountRecord, known: ReadonlySet<string>): Promise<readonly AccountState[]> {
  const now = ctx.clock.now();
  if (account.accountType === 'vault' || now - account.collateralReadAt < ctx.limits.collateralEveryMs) return [];
  account.collateralReadAt = now;
  const others = account.network.markets.dexesOf().filter((dex) => !known.has(dex));
  const states: AccountState[] = [];
  for (const dex of others.slice(0, ctx.limits.watchedDexesMax)) {
    const read = await readState(ctx, account, dex);
    if (read.ok) states.push(read.value);
  }
  takeBalances(ctx, account, states);
  return states;
}

const readState = (ctx: EngineContext, account: AccountRecord, dex: string) =>
  ctx.truthReads.run(() => account.network.venue.truth.account(account.address, dex));

/** Equity of an account now; null when a clearinghouse that counts cannot be read. */
export async function readEquity(ctx: EngineContext, account: AccountRecord): Promise<Money | null> {
  const { missing } = await readStates(ctx, account);
  return missing === null ? equityOf(account) : null;
}

/** Equity of an account as last read (`readStates`), over all clearinghouses whose collateral is a dollar; what was never read of it counts as nothing. */
export function equityOf({ network, balances }: Pick<AccountRecord, 'network' | 'balances'>): Money {
  return equityOver(network.markets.dollarClearinghouses(), (dex) => balances.get(dex) ?? NOTHING) ?? NOTHING.accountValue;
}

const NOTHING = { accountValue: money(0n), pooled: false };
