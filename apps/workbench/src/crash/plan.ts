/** One death to drive: the point, and what its engine needs so that a wave passes it. */
export interface Death {
  readonly point: string;
  /** Further environment of the doomed engine. */
  readonly extra?: Readonly<Record<string, string>>;
}

const ONE_WORKER = { LOCKSTEP_SIGNING_WORKERS: '1' } as const;

/** What the engine names by stage. A third column says what makes it pass. */
export const STAGES: Readonly<Record<string, readonly string[]>> = {
  received: ['received_frame', 'received_inbox_open'],
  planned: ['planned_inbox_committed', 'planned_before_gate', 'planned_approved'],
  journaled: ['journaled_first_scope', 'journaled_all_scopes'],
  signed: ['signed_first_chunk_released', 'signed_after_first_chunk'],
  'partly sent': ['partly_sent_second_chunk', 'partly_sent_third_chunk'],
  'partly answered': ['partly_answered_first_bulk', 'partly_answered_second_bulk'],
  answered: ['answered_all'],
  'outcomes written': ['outcomes_written_first_scope', 'outcomes_written_all_scopes'],
  'ledger written': ['ledger_fills_collected', 'ledger_written_first_scope', 'ledger_written_all_scopes'],
  reconciling: ['reconciling_truth_read', 'reconciling_standing_read', 'reconciling_noop_sent'],
};

/**
 * Every point at least once. Each engine is doomed from its start, so what one death leaves open the next engine recovers under the next
 * doom: the order makes second and third crashes inside a recovery, in particular of a wave of which some tenants' rows are committed and
 * others' are not.
 */
export const WHOLE_PLAN: readonly Death[] = [
  { point: 'received_frame' },
  { point: 'received_inbox_open' },
  { point: 'planned_inbox_committed' },
  { point: 'planned_before_gate' },
  { point: 'planned_approved' },
  { point: 'reconciling_truth_read' },
  // A wave written down for one brand only; the recovery writes the other's and dies there, twice.
  { point: 'journaled_first_scope' },
  { point: 'journaled_first_scope' },
  { point: 'journaled_all_scopes' },
  // Nothing of it was sent: every order is asked for, then its nonce is spent; both die half-way.
  { point: 'reconciling_standing_read' },
  { point: 'reconciling_noop_sent' },
  { point: 'reconciling_noop_sent' },
  { point: 'signed_first_chunk_released' },
  { point: 'outcomes_written_first_scope' },
  { point: 'signed_after_first_chunk' },
  { point: 'reconciling_truth_read' },
  { point: 'partly_sent_second_chunk' },
  { point: 'partly_sent_third_chunk', extra: ONE_WORKER },
  { point: 'ledger_fills_collected' },
  { point: 'partly_answered_first_bulk' },
  { point: 'ledger_written_first_scope' },
  { point: 'partly_answered_second_bulk' },
  { point: 'reconciling_truth_read' },
  { point: 'answered_all' },
  { point: 'outcomes_written_first_scope' },
  { point: 'outcomes_written_all_scopes' },
  { point: 'ledger_fills_collected' },
  { point: 'ledger_written_first_scope' },
  { point: 'ledger_written_all_scopes' },
];
