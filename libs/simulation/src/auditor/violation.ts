import type { EpochMs } from '@lockstep/kernel';

/** What can be wrong, one kind per rule. */
export const VIOLATION_KINDS = [
  'cap_position_size',
  'cap_position_notional',
  'cap_position_share',
  'allocation',
  'leverage',
  'gross_exposure',
  'clearing_margin',
  'liquidation_distance',
  'leader_capacity',
  'follower_exposure',
  'concentration',
  'instrument_filter',
  'order_after_breach',
  'breach_not_closed',
  'order_beyond_state',
  'state_limit_not_met',
  'limit_not_told',
  'limit_told_twice',
  'stale_mark',
  'truth_disconnected',
  'exit_refused',
  'exit_without_cause',
  'exit_not_followed',
  'exit_not_reduce_only',
  'exit_beyond_position',
  'reduce_only_wrong',
  'entry_without_cause',
  'entry_too_old',
  'beyond_target',
  'wrong_side',
  'double_order',
  'target_too_high',
  'target_too_low',
  'gap_unexplained',
  'not_approved',
  'price_bound',
  'expiry',
  'order_rests',
  'stop_wrong',
  'stop_missing',
  'stop_left',
  'rest_not_cancelled',
  'mirror_wrong',
  'mirror_double',
  'mirror_not_cancelled',
  'mirror_missing',
  'not_journaled',
  'duplicate_client_order_id',
  'duplicate_nonce',
  'orphan_order',
  'order_without_end',
  'order_end_wrong',
  'fill_lost',
  'fill_booked_twice',
  'fill_invented',
  'halt_ignored',
  'not_entitled',
  'no_consent',
  'stop_not_flat',
  'hand_over_wrong',
  'unwind_wrong',
  'ledger_unbalanced',
  'ledger_source_twice',
  'money_wrong',
  'cross_wrong',
  'other_account',
  'other_scope',
  'position_wrong',
  'wave_order',
  'sent_without_lock',
  'written_after_term',
] as const;
export type ViolationKind = (typeof VIOLATION_KINDS)[number];

/** One rule broken, with a sentence that names copy, order, numbers and limit. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly at: EpochMs;
  readonly copyId: string | null;
  readonly cloid: string | null;
  readonly text: string;
}

/** Violations kept in full; what comes after is only counted. */
export const MAX_VIOLATIONS = 1_000;
