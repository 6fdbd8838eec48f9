import { formatMoney, money } from '@lockstep/kernel';
import { REASONS, type ReasonCode, reasonText } from '@lockstep/replication';
import type { Findings, Violation } from './judge';
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
  const since = wave.cause === 'move' ? `, last byte ${ms(wave.lastSentAt - wave.leaderFillAt)} after the leader's fill` : '';
  const sent =
    wave.orders === 0
      ? 'nothing sent'
      : `${wave.orders} orders, ${wave.filled} filled, ${wave.rejected} rejected${wave.lastSentAt === 0 ? '' : since}`;
  return `  wave ${wave.waveId} ${wave.cause}/${wave.kind} ${wave.coin}: ${wave.copies} copies, ${sent} (${why})`;
}

/** The latency of every stage over all leader moves that sent something. */
export function latencyLines(waves: readonly SeenWave[]): readonly string[] {
  const sent = waves.filter((wave) => wave.orders > 0 && wave.lastSentAt > 0 && wave.cause === 'move');
  const stages: readonly (readonly [string, (wave: SeenWave) => number])[] = [
    ['leader fill → received', (wave) => wave.receivedAt - wave.leaderFillAt],
    ['received → decided', (wave) => wave.plannedAt - wave.receivedAt],
    ['  planning itself', (wave) => wave.planMs],
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

const ORDERED: ReadonlySet<string> = new Set<ReasonCode>(['planned', 'planned_capped', 'dust_closed']);
const NOTHING_DUE: ReadonlySet<string> = new Set<ReasonCode>([
  'no_change',
  'below_lot',
  'below_minimum',
  'dust_pending',
  'dust_kept',
  'pending_orders',
  'waiting_next_move',
  'awaiting_open',
  'closing',
]);

/** Whether a decision stands for a rule that stopped an order, not for nothing to send. */
export const isDenial = (reason: string): boolean => !ORDERED.has(reason) && !NOTHING_DUE.has(reason);

/** Decisions over all leader moves: ordered, denied by which rule, and nothing to do. */
export function decisionLines(waves: readonly SeenWave[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const wave of waves) {
    if (wave.cause !== 'move') continue;
    for (const [reason, count] of Object.entries(wave.reasons)) counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const group = (title: string, belongs: (reason: string) => boolean): string[] => {
    const found = sorted.filter(([reason]) => belongs(reason));
    if (found.length === 0) return [];
    return [`  ${title}`, ...found.map(([reason, count]) => `    ${reason.padEnd(24)} ${String(count).padStart(7)}   ${sentenceOf(reason)}`)];
  };
  return [
    ...group('ordered', (reason) => ORDERED.has(reason)),
    ...group('denied by a rule', isDenial),
    ...group('nothing to send', (reason) => NOTHING_DUE.has(reason)),
  ];
}

function sentenceOf(reason: string): string {
  const known = REASONS.find(([code]) => code === reason);
  return known === undefined ? '' : reasonText(known[0]);
}

/** What a brand's settlement says, in the words of a brand. */
export function feeLines(totals: ReadonlyMap<string, bigint>): readonly string[] {
  const lines: readonly (readonly [string, bigint])[] = [
    ['allocated by followers', -(totals.get('allocation') ?? 0n)],
    ['realised PnL of the followers', -(totals.get('realised_pnl') ?? 0n)],
    ['fees to the venue', totals.get('trading_fee') ?? 0n],
    ['markup paid by followers', totals.get('builder_fee') ?? 0n],
    ['markup to be invoiced to them', totals.get('markup_cost') ?? 0n],
    ['  of it the brand’s', -(totals.get('tenant:markup_revenue') ?? 0n)],
    ['  of it the operator’s', -(totals.get('platform:markup_revenue') ?? 0n)],
  ];
  return lines.map(([name, amount]) => `    ${name.padEnd(32)} ${formatMoney(money(amount)).padStart(18)}`);
}

/** Where to look around, and with what: for the terminal alone, because a key is shown once and kept nowhere. */
export function doorLines(gatewayUrl: string, brand: { readonly name: string; readonly key: string }): readonly string[] {
  return [
    `Swagger UI  ${gatewayUrl}/docs`,
    `test key    ${brand.key}   (of ${brand.name}; it is shown here and nowhere else)`,
    `try         curl -H "Authorization: Bearer ${brand.key}" ${gatewayUrl}/v1/copies?limit=1`,
  ];
}

/** What a look at every copy found, and what it found broken. `from`: from which gap on a reason is asked for. */
export function findingLines(findings: Findings, violations: readonly Violation[], from = 'above max(lot, $10)'): readonly string[] {
  const lines = [
    `  ${findings.copiesChecked} copies held against the venue's own books, ${findings.fillsChecked} fills held against the limits`,
    `  gaps to the target ${from}: ${findings.explainedGaps} with a reason, the largest ${formatMoney(money(findings.largestGapUsd))} USD`,
  ];
  const shown = violations.slice(0, 20).map(({ rule, detail }) => `  VIOLATED ${rule}: ${detail}`);
  return [...lines, ...shown, ...(violations.length > shown.length ? [`  and ${violations.length - shown.length} more`] : [])];
}
