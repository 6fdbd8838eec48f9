import type { VerifiedKey } from '@lockstep/tenancy';

/** Whose stream was let in, and from where. */
export interface Admission {
  readonly key: VerifiedKey;
  readonly address: string;
  /** The host that was asked; null: it has no name a brand could have. */
  readonly host: string | null;
  /** Header fields of the answer that opens it. */
  readonly headers: Readonly<Record<string, string>>;
}
