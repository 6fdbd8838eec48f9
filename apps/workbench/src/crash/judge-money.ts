import { abs, PERP_PRICE_DECIMALS } from '@lockstep/kernel';
import type { CopyBooks, CrashBooks, Report, ScopeBooks, VenueFillFact } from './books';

/** The venue rounds each closed profit to 10^-6; ours is exact. */
const PNL_ROUNDING_PER_FILL = 100n;

/** Fills, ledger and event stream of one scope against the venue's fills. */
export function judgeMoney(books: CrashBooks, scope: ScopeBooks, copies: readonly CopyBooks[], report: Report): void {
  judgeFills(scope, copies, report);
  judgeLedger(books, scope, copies, report);
  judgeStream(books, scope, report);
}

/** Every fill of the venue is booked once, with its size and fee, and nothing else is. */
function judgeFills(scope: ScopeBooks, copies: readonly CopyBooks[], report: Report): void {
  const booked = new Map(scope.fills.map((fill) => [fill.key, fill]));
  if (booked.size !== scope.fills.length) report('a fill is booked once', scope.name);
  for (const copy of copies) {
    for (const fill of copy.venueFills) {
      const row = booked.get(fill.key);
      booked.delete(fill.key);
      if (row === undefined) report('every fill of the venue is booked', copy.name, fill);
      else if (row.size !== fill.size || row.fee !== fill.fee) report('a fill is booked as the venue told it', copy.name, fill, row);
      else if (row.copyId !== copy.copyId) report('a fill belongs to the copy that ordered it', copy.name, fill, row);
    }
  }
  for (const row of booked.values()) report('no fill is booked that the venue does not know', scope.name, row);
}

/** The venue reckons a closed profit from an entry cut down to its price grid, ours is exact: a price step times the size, and the rounding. */
function profitTolerance({ markets }: CrashBooks, { coin, size, closedPnl }: VenueFillFact): bigint {
  const szDecimals = markets.get(coin)?.szDecimals;
  if (closedPnl === 0n || szDecimals === undefined) return PNL_ROUNDING_PER_FILL;
  return PNL_ROUNDING_PER_FILL + size / 10n ** BigInt(PERP_PRICE_DECIMALS - szDecimals);
}

function judgeLedger(books: CrashBooks, scope: ScopeBooks, copies: readonly CopyBooks[], report: Report): void {
  if (scope.brokenLink !== null) report('the ledger is one chain', `${scope.name}: link ${scope.brokenLink} does not prove itself`);
  const total = scope.ledger.reduce((sum, fact) => sum + fact.sum, 0n);
  if (total !== 0n) report('the ledger sums to zero', `${scope.name}: ${total}`);
  for (const copy of copies) {
    const of = (account: string): bigint => scope.ledger.find((fact) => fact.copyId === copy.copyId && fact.account === account)?.sum ?? 0n;
    const fees = of('trading_fee') + of('builder_fee');
    const venueFees = copy.venueFills.reduce((sum, fill) => sum + fill.fee, 0n);
    if (fees !== venueFees) report('ledger fees equal the venue’s', `${copy.name}: ledger ${fees}, venue ${venueFees}`);
    const pnl = -of('realised_pnl');
    const venuePnl = copy.venueFills.reduce((sum, fill) => sum + fill.closedPnl, 0n);
    const tolerance = copy.venueFills.reduce((sum, fill) => sum + profitTolerance(books, fill), 0n);
    if (abs(pnl - venuePnl) > tolerance) {
      report('ledger profit equals the venue’s', `${copy.name}: ledger ${pnl}, venue ${venuePnl}`);
    }
  }
}

/** The stream runs from 1 to its head without a hole and tells every fill and every move of the leader exactly once. */
function judgeStream(books: CrashBooks, scope: ScopeBooks, report: Report): void {
  scope.events.forEach((event, index) => {
    if (event.seq !== BigInt(index + 1)) report('the event stream has no gap', `${scope.name}: place ${index + 1}`, event);
  });
  if (BigInt(scope.events.length) !== scope.topSeq)
    report('the event stream has no gap', `${scope.name}: head ${scope.topSeq}, ${scope.events.length} events`);
  const told = (type: string): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const event of scope.events) if (event.type === type) counts.set(event.subject, (counts.get(event.subject) ?? 0) + 1);
    return counts;
  };
  const fills = told('fill.created');
  for (const fill of scope.fills)
    if (fills.get(fill.id) !== 1) report('every fill is told once', `${scope.name}: ${fills.get(fill.id) ?? 0} times`, fill);
  const moves = told('leader.move');
  for (const move of books.moves) {
    const times = moves.get(move.id.toString()) ?? 0;
    if (times !== 1) report('every move is told once', `${scope.name}: ${times} times`, move);
  }
}
