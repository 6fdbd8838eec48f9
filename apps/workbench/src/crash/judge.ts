import { abs, max, pow10 } from '@lockstep/kernel';
import type { CopyBooks, CrashBooks, JournaledFact, KeptFact, MarketFact, Report, ScopeBooks, VenueFillFact, Violation } from './books';
import { judgeMoney } from './judge-money';

/** What a judgement found, and how much it looked at: a judge that saw nothing proves nothing. */
export interface Judgement {
  readonly violations: readonly Violation[];
  readonly copies: number;
  readonly venueOrders: number;
  readonly venueFills: number;
  readonly journaledOrders: number;
  /** Increments given up with a recorded reason, by reason. */
  readonly givenUp: Readonly<Record<string, number>>;
}

/** Micro-lots in a lot. */
const MICRO = 1_000_000n;
/** The venue's smallest order, 10 units of quote money. */
const MINIMUM = 10n * 10n ** 8n;
const ONE = 10n ** 8n;

/**
 * Judges a quiet system by the venue's own books: no order lost, none sent twice, and everything written down agrees with the venue.
 * Every rule can fail; what it needs is in `CrashBooks` alone.
 */
export function judge(books: CrashBooks): Judgement {
  const violations: Violation[] = [];
  const report: Report = (rule, detail, ...rows) => violations.push({ rule, detail, rows });
  for (const scope of books.scopes) judgeScope(books, scope, report);
  for (const copy of books.copies) for (const coin of coinsOf(copy)) judgePosition(books, copy, coin, report);
  for (const move of books.moves) if (move.status !== 'done') report('every move is planned to its end', `move ${move.id}`, move);
  return {
    violations,
    copies: books.copies.length,
    venueOrders: books.copies.reduce((sum, copy) => sum + copy.venueOrders.length, 0),
    venueFills: books.copies.reduce((sum, copy) => sum + copy.venueFills.length, 0),
    journaledOrders: books.scopes.reduce((sum, scope) => sum + scope.journal.length, 0),
    givenUp: givenUp(books),
  };
}

function judgeScope(books: CrashBooks, scope: ScopeBooks, report: Report): void {
  const copies = books.copies.filter((copy) => copy.scope === scope.name);
  const journaled = new Map(scope.journal.map((order) => [order.clientOrderId, order]));
  if (scope.openRows > 0) report('every journal row is closed', `${scope.name}: ${scope.openRows} open`);
  if (journaled.size !== scope.journal.length) report('a client order id is journaled once', scope.name, ...repeated(scope.journal));
  for (const copy of copies) judgeOrders(copy, journaled, report);
  judgeOrderRows(scope, copies, journaled, report);
  judgeMoney(books, scope, copies, report);
}

/** No orphan, no double: what stands at the venue is what was written down, once, and attempts never add up to more than was wanted. */
function judgeOrders(copy: CopyBooks, journaled: ReadonlyMap<string, JournaledFact>, report: Report): void {
  const byIntent = new Map<string, string>();
  const seen = new Set<string>();
  for (const order of copy.venueOrders) {
    const written = order.clientOrderId === null ? undefined : journaled.get(order.clientOrderId);
    if (written === undefined || written.copyNo !== copy.copyNo) {
      report('every order at the venue was journaled before', copy.name, order);
      continue;
    }
    if (seen.has(written.clientOrderId)) report('one venue order per client order id', copy.name, order);
    seen.add(written.clientOrderId);
    const intent = `wave ${written.wave} ${written.coin} leg ${written.leg} attempt ${written.attempt}`;
    const other = byIntent.get(intent);
    if (other !== undefined && other !== written.clientOrderId) report('one venue order per intent', `${copy.name} ${intent}`, order, other);
    byIntent.set(intent, written.clientOrderId);
    if (order.size > written.size) report('no order is larger than journaled', copy.name, order, written);
  }
  const sums = attempts(copy, journaled);
  for (const { intent, exit, wanted, filled, rows } of sums) {
    // What the exit of a flip left standing is closed by its entry: only their sum is bounded by what both wanted.
    const left = exit ? 0n : sums.reduce((sum, other) => (other.intent === intent && other.exit ? sum + other.wanted - other.filled : sum), 0n);
    if (filled <= wanted + max(left, 0n)) continue;
    const purpose = `${intent} ${exit ? 'exit' : 'entry'}`;
    report('attempts of one wave never fill more than it wanted', `${copy.name} ${purpose}: ${filled} of ${wanted}`, ...rows);
  }
}

/** What the attempts of one wave for one purpose came to. */
interface Attempts {
  /** Wave and coin. */
  readonly intent: string;
  readonly exit: boolean;
  /** The most any attempt asked for. */
  wanted: bigint;
  filled: bigint;
  readonly rows: VenueFillFact[];
}

function attempts(copy: CopyBooks, journaled: ReadonlyMap<string, JournaledFact>): readonly Attempts[] {
  const sums = new Map<string, Attempts>();
  const planned = new Map<string, bigint>();
  const intentOf = (order: JournaledFact): string => `wave ${order.wave} ${order.coin}`;
  const nameOf = (order: JournaledFact): string => `${intentOf(order)} ${order.exit ? 'exit' : 'entry'}`;
  for (const order of journaled.values()) {
    if (order.copyNo !== copy.copyNo) continue;
    // Legs of one attempt are parts of one order: they add up, attempts replace each other.
    const attempt = `${nameOf(order)}#${order.attempt}`;
    planned.set(attempt, (planned.get(attempt) ?? 0n) + order.size);
    const sum = sums.get(nameOf(order)) ?? { intent: intentOf(order), exit: order.exit, wanted: 0n, filled: 0n, rows: [] };
    sum.wanted = max(sum.wanted, planned.get(attempt) ?? 0n);
    sums.set(nameOf(order), sum);
  }
  for (const fill of copy.venueFills) {
    const order = fill.clientOrderId === null ? undefined : journaled.get(fill.clientOrderId);
    const sum = order === undefined ? undefined : sums.get(nameOf(order));
    if (sum === undefined) continue;
    sum.filled += fill.size;
    sum.rows.push(fill);
  }
  return [...sums.values()];
}

const UNSETTLED: ReadonlySet<string> = new Set(['journaled', 'sent', 'unknown', 'resting']);

/** Every journaled order has its row with an end, and the row tells what the venue filled. */
function judgeOrderRows(scope: ScopeBooks, copies: readonly CopyBooks[], journaled: ReadonlyMap<string, JournaledFact>, report: Report): void {
  const rows = new Map(scope.orders.map((order) => [order.clientOrderId, order]));
  if (rows.size !== scope.orders.length) report('one order row per client order id', scope.name);
  const filled = new Map<string, bigint>();
  for (const copy of copies) {
    for (const fill of copy.venueFills) {
      if (fill.clientOrderId !== null) filled.set(fill.clientOrderId, (filled.get(fill.clientOrderId) ?? 0n) + fill.size);
    }
  }
  for (const order of journaled.values()) {
    const row = rows.get(order.clientOrderId);
    const atVenue = filled.get(order.clientOrderId) ?? 0n;
    if (row === undefined) report('every journaled order has its row', scope.name, order);
    else if (UNSETTLED.has(row.status)) report('every order has an end', scope.name, row);
    else if (row.filled !== atVenue) report('an order row tells what the venue filled', `${scope.name}: venue ${atVenue}`, row);
  }
  for (const row of rows.values()) if (!journaled.has(row.clientOrderId)) report('every order row was journaled', scope.name, row);
}

const coinsOf = (copy: CopyBooks): ReadonlySet<string> =>
  new Set([...copy.venuePositions.keys(), ...copy.shown.keys(), ...copy.kept.map((kept) => kept.coin)]);

/** Position at the venue, in the database and in the API are one; it stands at its target, and the target where the leader's position puts it. */
function judgePosition(books: CrashBooks, copy: CopyBooks, coin: string, report: Report): void {
  const kept = copy.kept.find((one) => one.coin === coin);
  const venue = copy.venuePositions.get(coin) ?? 0n;
  const shown = copy.shown.get(coin) ?? 0n;
  if (venue !== (kept?.position ?? 0n) || venue !== shown) {
    report('positions agree', `${copy.name} ${coin}: venue ${venue}, database ${kept?.position ?? 0n}, API ${shown}`, kept ?? null);
  }
  const market = books.markets.get(coin);
  if (market === undefined || kept === undefined) return;
  judgeGap(copy, kept, market, venue, report);
  judgeTarget(books, copy, kept, market, report);
}

function judgeGap(copy: CopyBooks, kept: KeptFact, market: MarketFact, venue: bigint, report: Report): void {
  const lot = pow10(8 - market.szDecimals);
  const gap = abs((kept.targetMicro * lot) / MICRO - venue);
  if (gap <= max(lot, (MINIMUM * ONE) / market.price + 1n)) return;
  if (kept.forfeitReason === null && !kept.userClosed && !kept.dust) {
    report('every gap has a reason', `${copy.name} ${kept.coin}: target ${kept.targetMicro} micro-lots, venue ${venue}`, kept);
  }
}

/** With nothing given up a fixed-ratio copy's target is κ·L. A move that was lost, or counted twice, shows here whatever the orders did. */
function judgeTarget(books: CrashBooks, copy: CopyBooks, kept: KeptFact, market: MarketFact, report: Report): void {
  if (kept.forfeitedMicro !== 0n || kept.userClosed) return;
  const leaderLots = (books.leader.get(kept.coin) ?? 0n) / pow10(8 - market.szDecimals);
  const due = (copy.ratio * leaderLots) / 10n ** 6n;
  if (abs(due - kept.targetMicro) <= MICRO) return;
  report('the target follows the leader', `${copy.name} ${kept.coin}: target ${kept.targetMicro}, due ${due} micro-lots`, kept);
}

function givenUp(books: CrashBooks): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { kept } of books.copies) {
    for (const { forfeitedMicro, forfeitReason } of kept) {
      if (forfeitedMicro !== 0n) found[forfeitReason ?? 'no reason'] = (found[forfeitReason ?? 'no reason'] ?? 0) + 1;
    }
  }
  return found;
}

function repeated(orders: readonly JournaledFact[]): readonly JournaledFact[] {
  const seen = new Set<string>();
  return orders.filter(({ clientOrderId }) => {
    const again = seen.has(clientOrderId);
    seen.add(clientOrderId);
    return again;
  });
}
