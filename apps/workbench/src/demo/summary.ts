import { formatMoney, money } from '@lockstep/kernel';
import type { Findings, Violation } from './invariants';
import type { SeenWave } from './wave-watch';

/** The value below which the share `part` of the sorted values lies; 0 for none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;

/** One line per wave, while it runs. */
export function waveLine(wave: SeenWave): string {
  const why = Object.entries(wave.reasons)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ');
  const sent =
    wave.orders === 0
      ? 'nothing sent'
      : `${wave.orders} orders, ${wave.filled} filled, ${wave.rejected} rejected, on the wire after ${ms(wave.lastSentAt - wave.receivedAt)}`;
  return `  wave ${wave.waveId} ${wave.cause}/${wave.kind} ${wave.coin}: ${wave.copies} copies, ${sent} (${why})`;
}

/** The latency of every stage over all waves that sent something. */
export function latencyLines(waves: readonly SeenWave[]): readonly string[] {
  const sent = waves.filter((wave) => wave.orders > 0 && wave.lastSentAt > 0 && wave.cause === 'move');
  const stages: readonly (readonly [string, (wave: SeenWave) => number])[] = [
    ['leader fill → received', (wave) => wave.receivedAt - wave.leaderFillAt],
    ['received → decided', (wave) => wave.plannedAt - wave.receivedAt],
    ['decided → journaled', (wave) => wave.journaledAt - wave.plannedAt],
    ['journaled → last byte sent', (wave) => wave.lastSentAt - wave.journaledAt],
    ['leader fill → last byte sent', (wave) => wave.lastSentAt - wave.leaderFillAt],
    ['last byte sent → last answer', (wave) => wave.lastAnsweredAt - wave.lastSentAt],
  ];
  return stages.map(([name, of]) => {
    const values = sent.map(of);
    return `  ${name.padEnd(30)} p50 ${ms(quantile(values, 0.5)).padStart(10)}   p99 ${ms(quantile(values, 0.99)).padStart(10)}`;
  });
}

/** Decisions over all waves by reason. */
export function reasonLines(waves: readonly SeenWave[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const wave of waves) for (const [reason, count] of Object.entries(wave.reasons)) counts.set(reason, (counts.get(reason) ?? 0) + count);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `  ${reason.padEnd(28)} ${count}`);
}

export function findingLines(findings: Findings, violations: readonly Violation[]): readonly string[] {
  const lines = [
    `  copies held against the venue's own books: ${findings.copiesChecked}`,
    `  gaps above one lot or $10 with a reason: ${findings.explainedGaps}, the largest ${formatMoney(money(findings.largestGapUsd))} USD`,
  ];
  return [...lines, ...violations.slice(0, 20).map(({ rule, detail }) => `  VIOLATED ${rule}: ${detail}`)];
}
