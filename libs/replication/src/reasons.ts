/**
 * Why a copy did what it did in a wave or repair. Closed and append-only: the index is the journaled code.
 * Each entry: code and the sentence shown to the follower.
 */
export const REASONS = [
  ['planned', 'An order was planned for the whole difference to the target.'],
  ['planned_capped', 'An order was planned; at least one cap cut the increase.'],
  ['no_change', 'The target did not change and the position stands at it.'],
  ['below_lot', 'The difference to the target is smaller than one lot.'],
  ['not_active', 'The copy is not active.'],
  ['kill_switch', 'A kill switch stops new risk.'],
  ['breaker', 'A loss limit of the copy was met; it stays closed until it is enabled again.'],
  ['paused', 'The copy is paused: exits are followed, entries are not.'],
  ['suspended', 'The leader, follower or tenant is suspended for new risk.'],
  ['entitlement', 'The follower is not entitled to copy this leader.'],
  ['consent', 'The follower has not consented to the current terms.'],
  ['agent_invalid', 'The agent key is missing, expired or not approved at the venue.'],
  ['stale_move', 'The leader fill is older than the copy accepts.'],
  ['stale_mark', 'No mark price younger than 5 s is known for an instrument the limits depend on.'],
  ['stale_truth', 'The position or equity at the venue is not known well enough for new risk.'],
  ['policy', 'A policy of the tenant or jurisdiction forbids the instrument or the size.'],
  ['instrument_filter', 'The copy does not follow this instrument.'],
  ['cap_position_size', 'The largest position size is reached.'],
  ['cap_position_notional', 'The largest position notional is reached.'],
  ['cap_position_share', 'The largest share of copy equity in one position is reached.'],
  ['cap_allocation', 'The initial margin of all positions would exceed the copy equity.'],
  ['cap_leverage', 'The leverage limit is reached.'],
  ['cap_concentration', 'The limit on one underlying is reached.'],
  ['cap_gross', 'The limit on gross exposure is reached.'],
  ['cap_margin', 'The margin or liquidation distance at the venue does not allow the increase.'],
  ['cap_capacity', 'The capacity quota of the leader is used up.'],
  ['cap_platform', 'The size is beyond what the platform handles for one copy.'],
  ['rate_budget', 'The order would leave later than the copy accepts.'],
  ['below_minimum', 'The order is below the minimum of the venue and waits for the next change.'],
  ['dust_pending', 'The leader is flat; the remnant is too small to close alone and rides with the next order.'],
  ['dust_kept', 'The remnant after the reduction is nearer to the target when kept.'],
  ['price_bound', 'The book is beyond the price bound of the copy.'],
  ['no_price', 'No price is known to bound the order with.'],
  ['resync_no_entry', 'The change was seen in a snapshot; increases found there are not traded.'],
  ['awaiting_open', 'The copy began while the leader was in this position; it follows from the next open.'],
  ['user_closed', 'The follower closed against the copy; nothing is entered again until the leader is flat.'],
  ['builder_unapproved', 'The builder fee is not approved and the fee schedule requires it for entries.'],
  ['pending_orders', 'Working or unknown orders already cover the difference.'],
  ['window_ended', 'The catch-up window of a failed entry ended; the increment was given up.'],
  ['leader_equity', 'The equity of the leader is unknown or not positive, so no ratio exists.'],
  ['equity_exhausted', 'The copy equity is zero.'],
  ['exit_stuck', 'An exit did not fill although its bound stands at the band of the venue; it is repeated.'],
  ['slippage', 'The price moved beyond the bound before the order was filled.'],
  ['rejected', 'The venue refused the order.'],
  ['no_fill_yet', 'The order left and no final outcome is known.'],
  ['closing', 'The copy is being closed: its target is zero.'],
  ['attempts_exhausted', 'No attempt number is left for this wave; the next wave continues.'],
  ['out_of_band', 'The price has left the two-sided band in which a failed entry may be caught up.'],
  ['superseded', 'A newer move of the leader replaced the unsent order.'],
  ['withheld', 'Stopped between planning and sending.'],
  ['waiting_next_move', 'Risk may grow only with the next increase of the leader.'],
  ['venue_busy', 'The venue was busy or could not be reached; the entry is tried again inside its catch-up window.'],
  ['dust_closed', 'A reduction to the target would be too small to send; flat is nearer to it than the position was, so all was closed.'],
  ['no_collateral', 'The account holds no collateral in the clearinghouse of the instrument, or less than its smallest order needs.'],
  ['account_type', 'A venue account of this type cannot trade the instrument.'],
  ['foreign_collateral', 'The collateral of the instrument is none of the dollars that limits are counted in.'],
  ['follow_filter', 'The copy does not follow changes of this kind: it follows increases only, or decreases only.'],
  ['same_order', 'The leader’s order was copied at its first fill; what it fills later adds nothing.'],
  ['max_adds', 'The largest number of leader orders to copy in one episode is reached.'],
  ['leader_orders_unknown', 'The leader’s orders cannot be told apart without a user-stream seat, and the amount is per order.'],
  ['winding_down', 'The copy is being stopped: it follows the exits of its leader and enters nothing.'],
  ['leader_volatility', 'The volatility of the leader is unknown, so no ratio exists.'],
  ['delisted', 'The venue does not trade the instrument any more: nothing is entered there.'],
  ['handing_over', 'The positions of the copy are handed over to the follower: nothing is traded for it any more.'],
  ['state_limit', 'What the copy holds passed one of its limits; nothing is entered until it is met again.'],
  ['spread', 'The wave is large against the book: the entry leaves in slices inside its catch-up window.'],
  ['approval_needed', 'The increase waits for the approval of the follower; nothing is bought or sold before.'],
] as const;

export type ReasonCode = (typeof REASONS)[number][0];

const codes = REASONS.map(([code]) => code);
const byCode: ReadonlyMap<string, number> = new Map(codes.map((code, index) => [code, index]));

/** In the place of a reason number: nothing stands against new risk. */
export const CLEAR = -1;

/** The journaled number of a reason. */
export function reasonNumber(code: ReasonCode): number {
  return byCode.get(code) ?? 0;
}

/** The reason of a journaled number; null for a number this version does not know. */
export function reasonAt(number: number): ReasonCode | null {
  return codes[number] ?? null;
}

/** The sentence shown to the follower. */
export function reasonText(code: ReasonCode): string {
  return REASONS[reasonNumber(code)]?.[1] ?? '';
}

/** Caps that cut an increase, in the order of product §3; the index is the bit in a cut mask. Append-only. */
export const CAPS = [
  'cap_position_size',
  'cap_position_notional',
  'cap_position_share',
  'cap_allocation',
  'cap_leverage',
  'cap_concentration',
  'cap_gross',
  'cap_margin',
  'cap_capacity',
  'cap_platform',
] as const satisfies readonly ReasonCode[];
export type CapCode = (typeof CAPS)[number];
