import { abs, type Instrument, type Money, money, mulDiv, UNIT } from '@lockstep/kernel';
import type { ActionOutcome, RejectCode, VenuePosition } from '@lockstep/venues/port';
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

/** The venue counts margin in whole millionths. */
const MILLIONTH = 100n;
/** Margin put in above what is lacking, in thousandths of what is needed: the mark may move until the leverage is asked for again. */
const MARGIN_SLACK_PER_MILLE = 10n;

/**
 * Sets leverage on an instrument in the margin mode it admits: isolated where it admits nothing else, cross otherwise. An open position or order locks the mode:
 * then the leverage is set in the mode that stands, because a mode is the follower's own choice or an earlier copy's, and is never forced.
 */
export async function setLeverage(ctx: EngineContext, account: AccountRecord, instrument: Instrument, leverage: number): Promise<LeverageEnd> {
  const first = !instrument.onlyIsolated;
  const outcome = await setLeverageIn(ctx, account, instrument, leverage, first);
  const other = outcome.kind === 'rejected' && (outcome.code === 'margin_mode_locked' || (first && outcome.code === 'cross_not_allowed'));
  return other ? endOf(await setLeverageIn(ctx, account, instrument, leverage, !first), !first) : endOf(outcome, first);
}

/**
 * Sets leverage in one margin mode. A position that was opened before its leverage could be set stands at the venue's default; an isolated one is
 * liquidated on its own margin alone, and a lower leverage is refused until it holds the margin for it: what it lacks is put in first.
 */
export async function setLeverageIn(
  ctx: EngineContext,
  account: AccountRecord,
  instrument: Instrument,
  leverage: number,
  cross: boolean,
): Promise<ActionOutcome> {
  const outcome = await ask(ctx, account, instrument, leverage, cross);
  if (cross || outcome.kind !== 'rejected' || outcome.code !== 'leverage_margin') return outcome;
  const filled = await fillUp(ctx, account, instrument, leverage);
  if (filled === null) return outcome;
  return filled === 'enough' || filled.kind === 'accepted' ? ask(ctx, account, instrument, leverage, cross) : filled;
}

/** Puts in the margin an isolated position lacks for a leverage (`enough`: it was put in meanwhile); null where nothing can be told or done. */
async function fillUp(
  ctx: EngineContext,
  account: AccountRecord,
  instrument: Instrument,
  leverage: number,
): Promise<ActionOutcome | 'enough' | null> {
  const { truth, workingOrders } = account.network.venue;
  if (workingOrders === undefined) return null;
  const read = await ctx.truthReads.run(() => truth.account(account.address, instrument.dex));
  const position = read.ok ? read.value.positions.find(({ coin }) => coin === instrument.coin) : undefined;
  if (position === undefined || position.cross) return null;
  const lacking = marginLacking(position, leverage);
  if (lacking <= 0n) return 'enough';
  return workingOrders.changeIsolatedMargin(account.signer, ctx.nonces.next(account.signer, ctx.clock.now()), instrument, lacking);
}

/** What an isolated position lacks for a leverage, with the slack; whole millionths, zero or below where it holds enough. */
export function marginLacking({ size, entryPrice, unrealisedPnl, marginUsed }: VenuePosition, leverage: number): Money {
  const value = abs(mulDiv(size, entryPrice, UNIT, 'zero') + unrealisedPnl);
  const needed = mulDiv(value, 1_000n + MARGIN_SLACK_PER_MILLE, BigInt(leverage) * 1_000n, 'up');
  return money(mulDiv(needed - marginUsed, 1n, MILLIONTH, 'up') * MILLIONTH);
}

function ask(ctx: EngineContext, account: AccountRecord, instrument: Instrument, leverage: number, cross: boolean): Promise<ActionOutcome> {
  const nonce = ctx.nonces.next(account.signer, ctx.clock.now());
  return account.network.venue.orders.updateLeverage(account.signer, nonce, instrument, leverage, cross);
}

function endOf(outcome: ActionOutcome, cross: boolean): LeverageEnd {
  if (outcome.kind === 'accepted') return { kind: 'set', cross };
  return outcome.kind === 'rejected' && settlesLeverage(outcome) ? { kind: 'refused', text: outcome.text } : { kind: 'unknown' };
}
