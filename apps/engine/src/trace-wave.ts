import { type EndedSpan, type SpanFacts, type Traces, traceOfWave } from '@lockstep/platform';
import type { WaveRecord } from './wave-log';

type Stage = Pick<EndedSpan, 'name' | 'startMs' | 'endMs'>;

/** Tells of a wave from the leader's fill to the last answer, made from its record, under the ids that follow from its own (`traceOfWave`): a wave that is traced does nothing that another does not. */
export function traceWave(traces: Traces, wave: WaveRecord): void {
  if (!traces.on) return;
  const stages = stagesOf(wave);
  const [first] = stages;
  if (first === undefined) return;
  const startMs = Math.min(...stages.map((stage) => stage.startMs));
  const endMs = Math.max(...stages.map((stage) => stage.endMs));
  const whole = { name: `wave ${wave.cause}`, startMs, endMs, parent: null, ...traceOfWave(wave.waveId).whole };
  // An order whose fate is not known is what somebody looks for.
  const root = traces.tell({ ...whole, kind: 'internal', facts: factsOf(wave), failed: wave.unknown > 0 });
  for (const stage of stages) traces.tell({ ...stage, parent: root, kind: 'internal', facts: {}, failed: false });
}

/** What happened in a wave, in the order of its beginnings; stages without a mark were not passed. Clocks of others may run ahead: no stage ends before it begins. */
export function stagesOf(wave: WaveRecord): readonly Stage[] {
  const { leaderFillAt, receivedAt, inboxDoneAt, plannedAt, planMs, gateMs, journaledAt, journalMs, firstSentAt, lastSentAt, lastAnsweredAt } = wave;
  const gatedAt = plannedAt + gateMs;
  return [
    ...(wave.cause === 'move' ? [stage('detect', leaderFillAt, receivedAt), stage('record move', receivedAt, inboxDoneAt)] : []),
    stage('plan', plannedAt - planMs, plannedAt),
    stage('wait for journal', plannedAt, gatedAt),
    stage('journal', journaledAt - journalMs, journaledAt),
    stage('send orders', firstSentAt, lastSentAt),
    stage('await answers', firstSentAt, lastAnsweredAt),
  ].filter(({ startMs, endMs }) => startMs > 0 && endMs > 0);
}

const stage = (name: string, startMs: number, endMs: number): Stage => ({ name, startMs, endMs: endMs > 0 ? Math.max(startMs, endMs) : 0 });

const factsOf = (wave: WaveRecord): SpanFacts => ({
  'wave.id': wave.waveId,
  'wave.kind': wave.kind,
  'venue.network': wave.network,
  'venue.coin': wave.coin,
  'leader.watched_no': wave.watchedNo,
  'wave.copies': wave.copies,
  'wave.skipped': wave.skipped,
  'wave.orders': wave.orders,
  'wave.accepted': wave.accepted,
  'wave.filled': wave.filled,
  'wave.rejected': wave.rejected,
  'wave.unknown': wave.unknown,
  'wave.withheld': wave.withheld,
  'journal.commits': wave.journalCommits,
  'journal.bytes': wave.journalBytes,
  ...Object.fromEntries(Object.entries(wave.reasons).map(([reason, count]) => [`wave.reason.${reason}`, count])),
});
