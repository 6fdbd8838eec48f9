import { formatDecimal, formatPrice, formatSize, type Price, type Size } from '@lockstep/kernel';
import type { DecisionCheck, Receipt, ReceiptOrder } from '@lockstep/replication';
import { encodeCopySettings } from '@lockstep/roster';
import type { Observation } from '@lockstep/simulation';
import { textOf } from '../observation-digest';
import { areEqual, isExact, type ReplayReport } from './run-replay';
import { isSound, type ShownDecision } from './shown';

/** Decimals of micro-lots in lots, and of rates. */
const MICRO_SCALE = 6;
const RATE_SCALE = 12;
/** A differing text is told so far. */
const DIFFERENCE_CHARS = 400;

const time = (at: number): string => new Date(at).toISOString();
const lots = (micro: number): string => formatDecimal(BigInt(micro), MICRO_SCALE);
const price = (value: number | bigint): string => formatPrice(BigInt(value) as Price);
const size = (value: bigint): string => formatSize(value as Size);

/** The report for people. */
export function replayLines(report: ReplayReport): string[] {
  const { first, blamed, decisions, violationsLeftOut, decisionsLeftOut } = report;
  return [
    '',
    ...decisions.flatMap(decisionLines),
    ...blamed.flatMap(({ violation, decisions: behind }) => [
      `✗ step ${violation.step} ${time(violation.at)} ${violation.kind}: ${violation.text}`,
      ...(behind.length === 0 ? ['    no decision of this run is behind it'] : behind.map((key) => `    decided in ${key}`)),
    ]),
    ...(violationsLeftOut > 0 ? [`${violationsLeftOut} more violations are not shown`] : []),
    ...(decisionsLeftOut > 0 ? [`${decisionsLeftOut} earlier decisions are not shown`] : []),
    ...(first.failure === null ? [] : [`✗ the run could not go on: ${first.failure}`]),
    ...equalLines(report),
    `${decisions.length} decisions shown, ${decisions.filter(isSound).length} as their journaled inputs give them; ${first.violations.length} violations in ${first.steps} steps`,
    isExact(report) ? 'exact' : '✗ not exact',
  ];
}

function equalLines(report: ReplayReport): string[] {
  const { first, second, difference, observations, journalRows } = report;
  if (areEqual(report))
    return [`both runs are equal: ${observations} observations (SHA-256 ${first.digest}), ${journalRows} journal rows (SHA-256 ${first.journal})`];
  return [
    `✗ the runs differ: observations ${first.digest} and ${second.digest}, journal rows ${first.journal} and ${second.journal}`,
    ...(difference === null
      ? []
      : [
          `    first in ${difference.what} ${difference.index}, step ${difference.step}`,
          `    first run:  ${difference.first?.slice(0, DIFFERENCE_CHARS) ?? 'has none'}`,
          `    second run: ${difference.second?.slice(0, DIFFERENCE_CHARS) ?? 'has none'}`,
        ]),
  ];
}

function decisionLines(shown: ShownDecision): string[] {
  const { key, at, step, process, journal, receipt, settings, told } = shown;
  return [
    `${key}: ${receipt.reason}, step ${step}, committed ${time(at)} by ${process}`,
    `  journal   ${journal.length} bytes, SHA-256 ${journal.sha256}, ${journal.stored ? 'stored so' : '✗ STORED OTHERWISE'}`,
    ...receiptLines(receipt),
    ...receipt.orders.flatMap((order) => [`  order     ${orderText(order)}`, ...toldOfOrder(shown, order).map((line) => `              ${line}`)]),
    `  settings  version ${receipt.settingsVersion}: ${settings === null ? 'cannot be read' : JSON.stringify(encodeCopySettings(settings))}`,
    `  recomputed ${recomputedText(shown)}`,
    ...(shown.checks ?? []).filter(({ verdict }) => verdict !== 'equal').map((check) => `              ${checkText(check)}`),
    '  the auditor was told',
    `    mark          ${told.mark === null ? 'none' : `${price(told.mark.price)} at ${time(told.mark.at)}`}`,
    `    venue         the account holds ${size(told.position)} ${receipt.coin}`,
    `    terms         ${told.terms === null ? 'none' : `since ${time(told.terms.at)}, allocation ${size(told.terms.allocation)}`}`,
    ...told.leaderFills.map(
      (fill) =>
        `    leader fill   ${fill.buy ? 'buys' : 'sells'} ${size(fill.size)} at ${price(fill.price)} from ${size(fill.startPosition)}, order ${fill.orderId}, ${time(fill.time)}`,
    ),
    '',
  ];
}

function receiptLines(receipt: Receipt): string[] {
  const { stages, mark } = receipt;
  const stage = (name: string, at: number): string => (at === 0 ? `${name} –` : `${name} ${time(at)}`);
  return [
    `  why       ${receipt.explanation}`,
    `  leader    ${receipt.leaderBeforeLots} → ${receipt.leaderAfterLots} lots of 10^-${receipt.szDecimals} ${receipt.coin}; κ ${formatDecimal(BigInt(receipt.kappa), RATE_SCALE)}; mark ${price(mark)}`,
    `  target    ${lots(receipt.targetBefore)} → ${lots(receipt.targetAfter)} lots; position ${receipt.positionLots}, on its way +${receipt.pendingBuyLots} −${receipt.pendingSellLots}`,
    ...receipt.cuts.map(({ cap, amount }) => `  cut       ${lots(amount)} lots by ${cap}`),
    `  stages    ${stage('m0', stages.m0)}, ${stage('m1', stages.m1)}, ${stage('m2', stages.m2)}`,
  ];
}

function orderText(order: ReceiptOrder): string {
  const { purpose, side, reduceOnly, lots: count, limitPrice, reference, nonce, expiresAfter, attempt, leg, builderFee, clientOrderId } = order;
  const expiry = expiresAfter === null ? 'no expiry' : `until ${time(expiresAfter)}`;
  return `${clientOrderId} ${purpose} ${side} ${count} lots${reduceOnly ? ' reduce-only' : ''} at ${price(limitPrice)} (reference ${price(reference)}), nonce ${nonce}, ${expiry}, leg ${leg}, attempt ${attempt}, builder fee ${builderFee}`;
}

function toldOfOrder({ told }: ShownDecision, { clientOrderId }: ReceiptOrder): string[] {
  return told.orders
    .map(({ observation }) => observation)
    .filter((observation) => (observation.kind === 'order_handed' ? observation.order.cloid : Reflect.get(observation, 'cloid')) === clientOrderId)
    .map((observation) => `${time(observation.at)} ${orderTold(observation)}`);
}

function orderTold(observation: Observation): string {
  switch (observation.kind) {
    case 'order_journaled':
      return `journaled by ${observation.process}, wave ${observation.wave}`;
    case 'order_handed': {
      const { order } = observation;
      return `handed over by ${order.process}: ${order.buy ? 'buy' : 'sell'} ${size(order.size)} at ${price(order.price)}, decided ${time(order.decidedAt)}`;
    }
    case 'world_order':
      return `at the venue: ${observation.status}${observation.reason === undefined ? '' : ` (${observation.reason})`}`;
    case 'world_fill':
      return `filled at the venue: ${size(observation.size)} at ${price(observation.price)}, fee ${size(observation.fee)}`;
    case 'answer_delivered':
      return `${observation.process} was told: ${observation.outcome}`;
    default:
      return textOf(observation);
  }
}

function recomputedText({ checks, journal }: ShownDecision): string {
  if (checks === null) return 'nothing: its settings are not known';
  const count = (verdict: DecisionCheck['verdict']): number => checks.filter((check) => check.verdict === verdict).length;
  const differs = count('differs');
  return `${count('equal')} equal, ${count('admitted')} admitted, ${count('not_journaled')} not journaled, ${differs === 0 ? '' : '✗ '}${differs} differ; packed again: ${journal.repacked ? 'the same bytes' : '✗ OTHER BYTES'}`;
}

function checkText({ what, order, journaled, recomputed, verdict, missing }: DecisionCheck): string {
  const where = order === null ? what : `${what} of order ${order}`;
  if (verdict === 'differs') return `✗ ${where} is ${journaled}, its inputs give ${recomputed}`;
  if (verdict === 'not_journaled') return `${where} ${journaled}: takes ${missing}, which is not journaled`;
  return `${where} ${journaled}${recomputed === journaled ? '' : ` of at most ${recomputed}`}: hangs on ${missing} too, which is not journaled`;
}

/** The report for programs: one JSON object, whole numbers beyond 2^53 as texts. */
export function replayJson(report: ReplayReport): string {
  const { options, first, second, blamed, decisions, difference, observations, journalRows } = report;
  return textOf({
    replay: { seed: options.seed, step: options.step, broken: options.broken },
    exact: isExact(report),
    equal: areEqual(report),
    observations: { count: observations, sha256: [first.digest, second.digest] },
    journal: { rows: journalRows, sha256: [first.journal, second.journal] },
    difference,
    failure: first.failure,
    steps: first.steps,
    violations: blamed.map(({ violation, decisions: behind }) => ({ ...violation, decisions: behind })),
    violations_left_out: report.violationsLeftOut,
    decisions: decisions.map(({ settings, told, ...shown }) => ({
      ...shown,
      sound: isSound({ settings, told, ...shown }),
      settings: settings === null ? null : encodeCopySettings(settings),
      told: { ...told, orders: told.orders.map(({ observation }) => observation) },
    })),
    decisions_left_out: report.decisionsLeftOut,
  });
}
