import type { TenantScope } from '@lockstep/kernel';
import type { Transaction } from '../unit/transaction';
import type { UnitOptions } from '../unit-options';

/** How a unit begins: in which scope (null: none, tenant tables show nothing) and how. */
export interface Opening {
  readonly scope: TenantScope | null;
  readonly options: UnitOptions;
}

/** A unit's transaction, as `Storage` leads it. */
export interface UnitTransaction extends Transaction {
  /** Makes it ready for the unit's statements. A carrier may leave its messages for the first of them: then that one fails where the opening is refused. */
  begin(): Promise<void>;
  /** Ends it and makes what was written stand. Throws the refusal where a statement was refused, `CommitUnknownError` where the answer was lost. */
  commit(): Promise<void>;
  rollBack(): Promise<void>;
  /** Gives the connection back, in any case and last. Nothing runs any more. */
  release(): Promise<void>;
}

/** How a process's units reach the database. */
export interface Connections {
  /** Makes ready what is to be ready before the first unit. */
  start(): Promise<void>;
  open(opening: Opening): UnitTransaction;
  /** One trivial round trip; throws when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
