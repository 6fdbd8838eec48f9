import { reasonAt } from '@lockstep/replication';
import { OUTCOME } from '@lockstep/venues/port';
import type { Spread, WaveRecord } from '../wave-log';
import type { PlannedWave } from './planned-wave';
import { type SendState, WITHHELD } from './send-state';

/** The wave in numbers, once every order has an outcome or is withheld. */
export function recordOf(wave: PlannedWave, state: SendState): WaveRecord {
  const { marks, plan } = wave;
  const { decisions, orders } = plan;
  const filled = state.countOf(OUTCOME.filled);
  const reasons: Record<string, number> = {};
  const scopes = new Set<number>();
  for (let index = 0; index < decisions.count; index += 1) {
    const reason = reasonAt(decisions.reason[index] ?? 0) ?? 'unknown';
    reasons[reason] = (reasons[reason] ?? 0) + 1;
    scopes.add(decisions.scope[index] ?? 0);
  }
  return {
    waveId: String(wave.journalNo),
    watchedNo: wave.watched.no,
    network: wave.watched.network.name,
    coin: plan.coin,
    kind: wave.kind,
    cause: wave.cause,
    copies: decisions.count,
    orders: orders.count,
    skipped: decisions.count - new Set(orders.decision.subarray(0, orders.count)).size,
    scopes: scopes.size,
    leaderFillAt: marks.leaderFillAt,
    receivedAt: marks.receivedAt,
    inboxDoneAt: marks.recordedAt,
    plannedAt: marks.plannedAt,
    journaledAt: marks.journaledAt,
    firstSentAt: state.firstSentAt,
    lastSentAt: state.lastSentAt,
    lastAnsweredAt: state.lastAnsweredAt,
    sentMs: spreadOf(state.sentAt, marks.receivedAt || marks.planStartedAt),
    answeredMs: spreadOf(state.answeredAt, marks.receivedAt || marks.planStartedAt),
    planMs: marks.plannedAt - marks.planStartedAt,
    gateMs: marks.gatedAt - marks.plannedAt,
    journalMs: marks.journaledAt - marks.gatedAt,
    journalCommits: marks.journalCommits,
    journalBytes: marks.journalBytes,
    accepted: filled + state.countOf(OUTCOME.resting),
    filled,
    rejected: state.countOf(OUTCOME.rejected),
    unknown: state.countOf(OUTCOME.unknown),
    withheld: state.countOf(WITHHELD),
    reasons,
  };
}

/** The spread of the stage marks that happened, counted from `start`. */
export function spreadOf(marks: Float64Array, start: number): Spread {
  const times = marks.filter((at) => at > 0).sort();
  const at = (share: number): number => (times.length === 0 ? 0 : (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0) - start);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
