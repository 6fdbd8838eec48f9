import type { EpochMs, Id } from '@lockstep/kernel';
import type { ChainedTransaction } from '@lockstep/ledger';
import type { ScopedRow } from './scoped';

/** A posted transaction with its place in the scope's chain. */
export interface LedgerTransactionRow extends ChainedTransaction {
  readonly postedAt: EpochMs;
}

/** A ledger account's balance, folded from entries up to `throughSeq`. */
export interface LedgerAccountRow extends ScopedRow {
  readonly code: string;
  readonly asset: string;
  readonly balance: bigint;
  readonly entryCount: bigint;
  readonly throughSeq: bigint;
}

export interface FeeScheduleRow extends ScopedRow {
  readonly id: Id<'feeSchedule'>;
  readonly version: number;
  /** Tenths of a basis point on notional. */
  readonly markupTenths: number;
  readonly flow: 'all' | 'increases_only';
  readonly builderAddress: string | null;
  readonly builderOwner: 'operator' | 'tenant';
  /** Rate 10^-12 of the markup that is the operator's. */
  readonly operatorShare: bigint;
  readonly missingApproval: 'deny_entries' | 'send_without_markup';
  readonly actor: string;
  readonly createdAt: EpochMs;
  readonly effectiveFrom: EpochMs;
}

export interface SettlementRow extends ScopedRow {
  readonly id: Id<'settlement'>;
  /** e.g. `2026-11`. Closes once per scope. */
  readonly period: string;
  readonly periodStart: EpochMs;
  readonly periodEnd: EpochMs;
  readonly status: 'closing' | 'closed';
  /** Ledger sequence the rows go up to. */
  readonly throughSeq: bigint | null;
  readonly exportId: Id<'export'> | null;
  readonly manifest: unknown;
  readonly manifestHash: Buffer | null;
  readonly prevManifestHash: Buffer | null;
  readonly createdAt: EpochMs;
  readonly closedAt: EpochMs | null;
}

export interface ExportRow extends ScopedRow {
  readonly id: Id<'export'>;
  readonly kind: string;
  readonly params: unknown;
  readonly status: 'queued' | 'running' | 'ready' | 'failed';
  readonly error: string | null;
  readonly fileName: string | null;
  readonly rowCount: bigint | null;
  readonly byteCount: bigint | null;
  readonly sha256: Buffer | null;
  readonly manifest: unknown;
  readonly createdAt: EpochMs;
  readonly completedAt: EpochMs | null;
}

export interface ExportChunkRow extends ScopedRow {
  readonly exportId: Id<'export'>;
  readonly no: number;
  readonly firstByte: bigint;
  readonly bytes: Buffer;
}
