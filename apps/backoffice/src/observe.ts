import type { Metrics } from '@lockstep/platform';

/** What happened, in the words of the business. */
export interface Counters {
  settlementClosed(): void;
  settlementFailed(): void;
  exportRendered(): void;
  jobEnded(result: 'done' | 'failed' | 'retried'): void;
  scopesWoken(count: number): void;
  ledgerUnbalanced(): void;
}

export const countersOf = (metrics: Metrics): Counters => ({
  settlementClosed: () => metrics.count('lockstep_settlements_total', { result: 'closed' }),
  settlementFailed: () => metrics.count('lockstep_settlements_total', { result: 'failed' }),
  exportRendered: () => metrics.count('lockstep_exports_total', {}),
  jobEnded: (result) => metrics.count('lockstep_jobs_total', { result }),
  scopesWoken: (count) => metrics.count('lockstep_relay_wakeups_total', {}, count),
  ledgerUnbalanced: () => metrics.count('lockstep_alarms_total', { kind: 'ledger_unbalanced' }),
});
