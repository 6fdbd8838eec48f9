import type { Result } from '@lockstep/kernel';
import { err, type Money, money, ok } from '@lockstep/kernel';
import type { AccountState, VenueReadError } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { AccountRecord } from './registry';

/** The collateral copies are allocated in. */
export const ALLOCATION_ASSET = 'USDC';

/** States of an account in every clearinghouse of the allocation's collateral: what a copy's allocation may not exceed, summed. */
export async function readStates(ctx: EngineContext, account: AccountRecord): Promise<Result<readonly AccountState[], VenueReadError>> {
  const states: AccountState[] = [];
  for (const dex of account.network.markets.dexesOf(ALLOCATION_ASSET)) {
    const read = await ctx.truthReads.run(() => account.network.venue.truth.account(account.address, dex));
    if (!read.ok) return err(read.error);
    states.push(read.value);
  }
  return ok(states);
}

/** Equity of an account now; null when the venue cannot be read. */
export async function readEquity(ctx: EngineContext, account: AccountRecord): Promise<Money | null> {
  const states = await readStates(ctx, account);
  return states.ok ? equityOver(states.value) : null;
}

/** Equity over the states of one account; a balance that its clearinghouses share counts once. */
export function equityOver(states: readonly AccountState[]): Money {
  const pooled = states.find((state) => state.pooled);
  return pooled?.accountValue ?? money(states.reduce((sum, state) => sum + state.accountValue, 0n));
}
