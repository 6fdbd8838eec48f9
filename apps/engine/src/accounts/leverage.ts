import type { Instrument } from '@lockstep/kernel';
import type { ActionOutcome, RejectCode } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { AccountRecord } from '../state/registry';

/** Refusals that say nothing of the leverage: it never left, or the venue was busy or closed. */
const PASSING: ReadonlySet<RejectCode> = new Set<RejectCode>([
  'not_sent',
  'ip_rate_limited',
  'address_rate_limited',
  'halted',
  'post_only_period',
  'nonce_duplicate',
  'nonce_too_low',
]);

/** Whether an answer settles a leverage, so that it need not be asked for again. */
export const settlesLeverage = (outcome: ActionOutcome): boolean =>
  outcome.kind === 'accepted' || (outcome.kind === 'rejected' && !PASSING.has(outcome.code));

/** How setting a leverage ended. `set` names the margin mode it stands in. */
export type LeverageEnd =
  | { readonly kind: 'set'; readonly cross: boolean }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'unknown' };

/**
 * Sets leverage on an instrument in the margin mode it admits: isolated where it admits nothing else, cross otherwise. An open position or order locks the mode:
 * then the leverage is set in the mode that stands, because a mode is the follower's own choice or an earlier copy's, and is never forced.
 */
export async function setLeverage(ctx: EngineContext, account: AccountRecord, instrument: Instrument, leverage: number): Promise<LeverageEnd> {
  const first = !instrument.onlyIsolated;
  const outcome = await ask(ctx, account, instrument, leverage, first);
  const other = outcome.kind === 'rejected' && (outcome.code === 'margin_mode_locked' || (first && outcome.code === 'cross_not_allowed'));
  return other ? endOf(await ask(ctx, account, instrument, leverage, !first), !first) : endOf(outcome, first);
}

function ask(ctx: EngineContext, account: AccountRecord, instrument: Instrument, leverage: number, cross: boolean): Promise<ActionOutcome> {
  const nonce = ctx.nonces.next(account.signer, ctx.clock.now());
  return account.network.venue.orders.updateLeverage(account.signer, nonce, instrument, leverage, cross);
}

function endOf(outcome: ActionOutcome, cross: boolean): LeverageEnd {
  if (outcome.kind === 'accepted') return { kind: 'set', cross };
  return outcome.kind === 'rejected' && settlesLeverage(outcome) ? { kind: 'refused', text: outcome.text } : { kind: 'unknown' };
}
