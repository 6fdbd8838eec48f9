import { abs, formatMoney, type Money, UNIT } from '@lockstep/kernel';
import type { CopyTrack } from '../book/copies';
import { entryOf } from '../book/entry-of';
import type { Holding } from '../book/holding';
import type { AuditState } from '../book/state';
import type { CalmSnapshot, CopyAtCalm, LedgerTransactionRow } from '../calm';
import { handedProfit } from './hand-overs';

/** Product §5: each transaction sums to zero per asset, once per source, and what is booked of an account's copies is what the venue charged and paid. */
export function checkCalmMoney(state: AuditState, snapshot: CalmSnapshot): void {
  const sources = new Set<string>();
  for (const transaction of snapshot.transactions) {
    checkBalanced(state, snapshot.at, transaction);
    const source = `${transaction.scope} ${transaction.source}`;
    if (sources.has(source))
      state.report('ledger_source_twice', snapshot.at, null, null, `${transaction.scope} has booked ${transaction.source} twice`);
    sources.add(source);
  }
  for (const copy of snapshot.copies) checkKept(state, snapshot.at, copy);
  checkAccounts(state, snapshot);
}

/** A copy is worth what the ledger booked of it: its positions keep the same profit, fees and funding. */
function checkKept(state: AuditState, at: number, { copyId, booked, kept }: CopyAtCalm): void {
  if (kept === undefined) return;
  for (const field of ['realised', 'fees', 'funding'] as const) {
    if (kept[field] === booked[field]) continue;
    const text = `${field} of copy ${copyId} is kept with its positions as ${amountText(kept[field])}, the ledger has ${amountText(booked[field])}`;
    state.report('money_wrong', at, copyId, null, text);
  }
}

function checkBalanced(state: AuditState, at: number, transaction: LedgerTransactionRow): void {
  const sums = new Map<string, bigint>();
  for (const { asset, amount } of transaction.postings) sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  for (const [asset, sum] of sums) {
    if (sum === 0n) continue;
    state.report(
      'ledger_unbalanced',
      at,
      null,
      null,
      `transaction ${transaction.id} of ${transaction.scope} (${transaction.source}) sums to ${amountText(sum)} ${asset}`,
    );
  }
}

/** What an account was charged and paid, as the venue has it. */
interface Figures {
  realised: bigint;
  fees: bigint;
  funding: bigint;
  /** Something of it was no order of ours: whose part it is, is a matter of attribution. */
  foreign: boolean;
}

function checkAccounts(state: AuditState, snapshot: CalmSnapshot): void {
  const venue = new Map<string, Figures>();
  const of = (account: string): Figures => {
    const found = venue.get(account) ?? { realised: 0n, fees: 0n, funding: 0n, foreign: false };
    venue.set(account, found);
    return found;
  };
  for (const fill of state.fills.values()) {
    const figures = of(fill.account);
    figures.fees += fill.fee;
    if (fill.cloid === null) figures.foreign = true;
  }
  const booked = new Map(snapshot.copies.map((copy) => [copy.copyId, copy.booked]));
  const handed = new Map(snapshot.copies.map(({ copyId, proof }) => [copyId, handedIn(state, copyId, proof)]));
  for (const [account, copies] of state.copiesByAccount) {
    const figures = of(account);
    const tallies = copies.flatMap(({ holdings }) => [...holdings.values()].map(({ real }) => real));
    for (const { realised } of tallies) figures.realised += realised / UNIT;
    for (const { copy } of copies) figures.realised += handed.get(copy.copyId) ?? 0n;
    const rows = copies.map((copy) => booked.get(copy.copy.copyId));
    if (figures.foreign || rows.some((row) => row === undefined)) continue;
    if (copies.length > 1) checkCharges(state, snapshot, account);
    if (copies.length > 1)
      for (const copy of copies) checkShare(state, snapshot.at, copy, booked.get(copy.copy.copyId), handed.get(copy.copy.copyId) ?? 0n);
    const sum = (field: 'realised' | 'fees' | 'funding') => rows.reduce((total, row) => total + (row?.[field] ?? 0n), 0n);
    const funding = state.charges.get(account)?.booked(snapshot.at - state.options.fundingReadMs) ?? [0n];
    // Each side of a cross is rounded as a fill is.
    const allowed = state.options.roundingPerFill * BigInt(tallies.reduce((sum, { count }) => sum + count, 0));
    const copyId = copies[0]?.copy.copyId ?? null;
    compare(state, snapshot.at, copyId, `realised profit of account ${account}`, sum('realised'), figures.realised, allowed);
    compare(state, snapshot.at, copyId, `fees of account ${account}`, sum('fees'), figures.fees, 0n);
    // What an ended copy left is the follower's own, and so is its part of a charge.
    if (copies.some(leaves)) continue;
    const closest = nearest(funding, sum('funding'));
    compare(state, snapshot.at, copyId, `funding of account ${account}`, sum('funding'), closest, BigInt(copies.length - 1));
  }
}

function handedIn(state: AuditState, copyId: string, proof: CopyAtCalm['proof']): bigint {
  const copy = state.copies.get(copyId);
  return copy === undefined ? 0n : handedProfit(copy, proof);
}

/** Whether a copy has ended and left something. */
const leaves = ({ state, holdings }: CopyTrack): boolean => state === 'stopped' && [...holdings.values()].some(({ real }) => real.position !== 0n);

/** Profit and fees are each copy's own, by its own quantity and average entry (product §2.6). */
function checkShare(state: AuditState, at: number, copy: CopyTrack, booked: CopyAtCalm['booked'] | undefined, handed: bigint): void {
  if (booked === undefined) return;
  const { copyId } = copy.copy;
  const holdings = [...copy.holdings.values()];
  const sum = (of: (holding: Holding) => bigint): bigint => holdings.reduce((total, holding) => total + of(holding), 0n);
  const fills = holdings.reduce((total, { real }) => total + real.count, 0);
  const realised = handed + sum(({ real }) => real.realised / UNIT);
  compare(state, at, copyId, `realised profit of copy ${copyId}`, booked.realised, realised, state.options.roundingPerFill * BigInt(fills));
  compare(
    state,
    at,
    copyId,
    `fees of copy ${copyId}`,
    booked.fees,
    sum(({ real }) => real.fees),
    0n,
  );
  const isRead = (state.charges.get(copy.copy.account)?.booked(at - state.options.fundingReadMs).length ?? 1) === 1;
  const doubt = BigInt(Math.ceil(copy.chargesDoubt * 1e8));
  if (isRead && !copy.chargesUnsure) compare(state, at, copyId, `funding of copy ${copyId}`, booked.funding, copy.funding, doubt);
}

/** A charge of an account that is booked is each copy's by its own quantity, whatever is not known of other charges. */
function checkCharges(state: AuditState, { at, transactions }: CalmSnapshot, account: string): void {
  const parts = new Map<string, Map<string, bigint>>();
  for (const { charge } of transactions) {
    if (charge === undefined || state.copies.get(charge.copyId)?.copy.account !== account) continue;
    entryOf(parts, `${charge.coin} ${charge.time}`, () => new Map<string, bigint>()).set(charge.copyId, charge.amount);
  }
  for (const [moment, booked] of parts)
    for (const { copyId, amount, doubt } of state.charges.get(account)?.shares.get(moment) ?? [])
      compare(state, at, copyId, `part of copy ${copyId} in the charge of ${moment}`, booked.get(copyId) ?? 0n, amount, doubt);
}

/** The sum a booked one is compared with: a charge of the last moments is booked or not. */
function nearest(sums: readonly bigint[], booked: bigint): bigint {
  return sums.reduce((best, sum) => (abs(booked - sum) < abs(booked - best) ? sum : best), sums[0] ?? 0n);
}

function compare(state: AuditState, at: number, copyId: string | null, what: string, booked: bigint, venue: bigint, allowed: bigint): void {
  if (abs(booked - venue) <= allowed) return;
  state.report('money_wrong', at, copyId, null, `${what} is booked as ${amountText(booked)}, the venue has ${amountText(venue)}`);
}

const amountText = (amount: bigint): string => formatMoney(amount as Money);
