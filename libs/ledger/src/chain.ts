import type { LedgerTransaction } from './transaction';

/** Lower-case hexadecimal SHA-256 of a text's UTF-8 bytes; injected, because this room has no cryptography. */
export type Sha256Hex = (text: string) => string;

/** What the first transaction of a tenant's chain is linked to. */
export const GENESIS_HASH = '0'.repeat(64);
/** Changes whenever the canonical form does. */
const CHAIN_FORM = 'lockstep-ledger-1';

/**
 * The canonical text of a transaction at a place in its tenant's chain: a JSON array of strings and arrays in a fixed order, memo keys and
 * entries sorted, so that the same transaction always gives the same bytes and two different ones never do.
 */
export function chainInput(previousHash: string, sequence: bigint, transaction: LedgerTransaction): string {
  const memo = Object.entries(transaction.memo).sort(byFirst);
  const entries = transaction.entries.map((entry) => [entry.account, entry.asset, entry.amount.toString()]).sort(byParts);
  const { source, kind, copyId, occurredAtMs } = transaction;
  return JSON.stringify([CHAIN_FORM, previousHash, sequence.toString(), source, kind, copyId ?? '', String(occurredAtMs), memo, entries]);
}

/** A transaction with its place in the chain. */
export interface ChainedTransaction {
  /** 1, 2, 3 … per tenant and environment, without gaps. */
  readonly sequence: bigint;
  readonly previousHash: string;
  readonly hash: string;
  readonly transaction: LedgerTransaction;
}

/** Links transactions behind `previousHash`, in the order given. */
export function chain(
  previousHash: string,
  lastSequence: bigint,
  transactions: readonly LedgerTransaction[],
  sha256: Sha256Hex,
): ChainedTransaction[] {
  let hash = previousHash;
  let sequence = lastSequence;
  return transactions.map((transaction) => {
    const previous = hash;
    sequence += 1n;
    hash = sha256(chainInput(previous, sequence, transaction));
    return { sequence, previousHash: previous, hash, transaction };
  });
}

/** The first sequence number at which a chain read back does not prove itself; null when all of it does. */
export function firstBrokenLink(previousHash: string, links: Iterable<ChainedTransaction>, sha256: Sha256Hex): bigint | null {
  let expected = previousHash;
  for (const link of links) {
    const hash = sha256(chainInput(expected, link.sequence, link.transaction));
    if (link.previousHash !== expected || link.hash !== hash) return link.sequence;
    expected = hash;
  }
  return null;
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byFirst = (a: readonly [string, string], b: readonly [string, string]): number => compareTexts(a[0], b[0]);
const byParts = (a: readonly string[], b: readonly string[]): number => compareTexts(a.join('\n'), b.join('\n'));
