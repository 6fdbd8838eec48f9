import type { EpochMs, Id } from '@lockstep/kernel';
import type { ScopedRow } from './scoped';

export interface ApiKeyRow extends ScopedRow {
  readonly id: Id<'apiKey'>;
  readonly kid: string;
  readonly label: string;
  readonly prefix: string;
  readonly last4: string;
  readonly scopes: string[];
  /** Ids of the leaders, followers or copies it is narrowed to, of one kind; none: it is not narrowed. */
  readonly narrowedTo: string[];
  /** Addresses and ranges it may be used from, in their one spelling; none: anywhere. */
  readonly allowedAddresses: string[];
  /** Which of its requests have to be signed. */
  readonly signed: 'nothing' | 'changes' | 'everything';
  /** Version of the API that answers it unless a request asks for another. */
  readonly apiVersion: string;
  readonly status: 'active' | 'revoked';
  readonly replacedBy: Id<'apiKey'> | null;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs | null;
  readonly revokedAt: EpochMs | null;
  readonly lastUsedAt: EpochMs | null;
}

export type CommandStatus = 'pending' | 'applied' | 'refused';

/** A tenant's wish, numbered 1, 2, 3 … per scope; the engine records when it applied it. */
export interface CommandRow extends ScopedRow {
  readonly no: bigint;
  readonly kind: string;
  readonly targetId: string;
  readonly payload: unknown;
  /** Key id or `operator`. */
  readonly actor: string;
  readonly status: CommandStatus;
  readonly result: unknown;
  readonly createdAt: EpochMs;
  /** When what it asks for was written, of a kind that says so while something of it is still to be done. */
  readonly begunAt: EpochMs | null;
  readonly appliedAt: EpochMs | null;
}

export type JobStatus = 'queued' | 'running' | 'done' | 'failed';

export interface JobRow extends ScopedRow {
  readonly id: Id<'job'>;
  readonly kind: string;
  /** At most one job of a scope carries it, ever: a period's settlement, an export. */
  readonly uniqueKey: string | null;
  readonly payload: unknown;
  readonly status: JobStatus;
  readonly runAt: EpochMs;
  readonly attempts: number;
  readonly attemptsMax: number;
  readonly lockedUntil: EpochMs | null;
  readonly error: string | null;
  readonly result: unknown;
  readonly createdAt: EpochMs;
  readonly finishedAt: EpochMs | null;
}
/** A platform chore: as a tenant's job, without a scope. */
export type PlatformJobRow = Omit<JobRow, keyof ScopedRow>;

/** A line of an audit log before it is linked. */
export interface AuditLine {
  readonly id: Id<'audit'>;
  /** API key's id, or `operator:` and an operator key's kid. */
  readonly actor: string;
  readonly action: string;
  readonly targetId: string | null;
  readonly requestId: string | null;
  /** What was asked for, without secrets. */
  readonly detail: unknown;
  /** Changed fields as they stood, and as they stand; null: nothing stood, or no field changed. Never secrets, nothing personal. */
  readonly before: unknown;
  readonly after: unknown;
  readonly createdAt: EpochMs;
}

/** A line in its chain. */
export interface LinkedLine extends AuditLine {
  /** 1, 2, 3 … in its chain, without holes. */
  readonly no: bigint;
  /** Digest of the line before it. */
  readonly previous: Buffer;
  readonly digest: Buffer;
}
export interface AuditRow extends ScopedRow, LinkedLine {}
export type PlatformAuditRow = LinkedLine;
