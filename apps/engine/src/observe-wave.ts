import type { Metrics } from '@lockstep/platform';
import type { WaveRecord } from './wave-log';

/** A wave in the process's metrics. */
export function observeWave(metrics: Metrics, wave: WaveRecord): void {
  metrics.count('lockstep_waves_total', { end: wave.withheld === wave.orders && wave.orders > 0 ? 'superseded' : 'done' });
  metrics.count('lockstep_wave_copies_total', { decision: 'ordered' }, wave.copies - wave.skipped);
  metrics.count('lockstep_wave_copies_total', { decision: 'skipped' }, wave.skipped);
  metrics.count('lockstep_orders_total', { outcome: 'accepted' }, wave.accepted);
  metrics.count('lockstep_orders_total', { outcome: 'rejected' }, wave.rejected);
  metrics.count('lockstep_orders_total', { outcome: 'unknown' }, wave.unknown);
  metrics.observe('lockstep_stage_ms', { stage: 'plan' }, wave.planMs);
  metrics.observe('lockstep_stage_ms', { stage: 'journal' }, wave.journalMs);
  if (wave.cause === 'move') metrics.observe('lockstep_stage_ms', { stage: 'detect' }, Math.max(0, wave.receivedAt - wave.leaderFillAt));
  if (wave.lastSentAt > 0) metrics.observe('lockstep_stage_ms', { stage: 'send' }, Math.max(0, wave.lastSentAt - wave.journaledAt));
  if (wave.lastAnsweredAt > 0) metrics.observe('lockstep_stage_ms', { stage: 'answer' }, Math.max(0, wave.lastAnsweredAt - wave.firstSentAt));
  if (wave.cause === 'move' && wave.lastSentAt > 0)
    metrics.observe('lockstep_stage_ms', { stage: 'total' }, Math.max(0, wave.lastSentAt - wave.leaderFillAt));
}
