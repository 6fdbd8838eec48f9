/**
 * Named places where a test may kill the engine, at least two in each stage of a wave. A point does nothing unless the configuration names it
 * (`LOCKSTEP_CRASH_AT=name` or `name:nth`); then the process gets SIGKILL at the nth passage: no handler, no flush, as a machine that lost power.
 */
export const CRASH_POINTS = [
  /** A frame of leader fills left the socket; nothing is written. */
  'received_frame',
  /** Fills and moves stand in an open transaction. */
  'received_inbox_open',
  /** Fills and moves are committed; nothing is planned. */
  'planned_inbox_committed',
  /** The plan exists in memory only. */
  'planned_before_gate',
  /** Approved; no journal row is committed. */
  'planned_approved',
  /** Some scopes' journal rows are committed, others may not be. */
  'journaled_first_scope',
  /** All journal rows are committed; no byte has left. */
  'journaled_all_scopes',
  /** The first chunk was handed to the signing workers. */
  'signed_first_chunk_released',
  /** One turn of the event loop after the first chunk was handed over: signed, perhaps on the wire. */
  'signed_after_first_chunk',
  /** Before the second chunk is released: the first is on its way, the rest is not signed. */
  'partly_sent_second_chunk',
  /** Before the third chunk is released. */
  'partly_sent_third_chunk',
  /** The first bulk of answers arrived; others are out. */
  'partly_answered_first_bulk',
  /** The second bulk of answers arrived. */
  'partly_answered_second_bulk',
  /** Every row has an outcome; nothing of it is written. */
  'answered_all',
  /** The first scope's order rows are committed. */
  'outcomes_written_first_scope',
  /** All order rows are committed; fills are not collected. */
  'outcomes_written_all_scopes',
  /** New fills of followers stand in an open transaction; nothing is posted. */
  'ledger_fills_collected',
  /** The first scope's fills, entries and positions are committed. */
  'ledger_written_first_scope',
  /** All are committed; the journal rows are still open. */
  'ledger_written_all_scopes',
  /** A reconciliation read the venue's truth and wrote nothing. Passed at every start too. */
  'reconciling_truth_read',
  /** An unknown order's standing was asked for and not written. */
  'reconciling_standing_read',
  /** A nonce was consumed by a noop and this is not written. */
  'reconciling_noop_sent',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Where and at which passage to die; null: nowhere. */
export interface CrashPlan {
  readonly point: CrashPoint;
  readonly nth: number;
}

const isCrashPoint = (text: string): text is CrashPoint => CRASH_POINTS.some((point) => point === text);

/** Reads `name` or `name:nth` (nth from 1). Null when the text names no point. */
export function parseCrashPlan(text: string): CrashPlan | null {
  const [name = '', nthText = '1', ...rest] = text.split(':');
  const nth = /^[1-9]\d{0,6}$/.test(nthText) ? Number(nthText) : 0;
  return isCrashPoint(name) && nth > 0 && rest.length === 0 ? { point: name, nth } : null;
}

/** Passes a point. Dies there when the plan says so. */
export type PassCrashPoint = (point: CrashPoint) => void;

/** A passage counter over a plan; `die` is SIGKILL to this process unless a test gives another. */
export function crashPoints(plan: CrashPlan | null, die: () => void = () => process.kill(process.pid, 'SIGKILL')): PassCrashPoint {
  if (plan === null) return () => undefined;
  let passed = 0;
  return (point) => {
    if (point !== plan.point) return;
    passed += 1;
    if (passed === plan.nth) die();
  };
}
