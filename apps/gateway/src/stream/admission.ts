import type { VerifiedKey } from '@lockstep/tenancy';

/** Whose stream was let in, and from where. */
export interface Admission {
  readonly key: VerifiedKey;
  readonly address: string;
}
