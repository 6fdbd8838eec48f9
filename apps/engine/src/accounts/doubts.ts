import type { RejectCode } from '@lockstep/venues/port';
import type { AccountRecord, CopyRecord } from '../state/registry';

/**
 * Accounts of which a refusal of the venue says that an approval is gone, or that they hold something else than our record says: asked about before their turn. An
 * exit is not held up meanwhile: what a refusal withdrew from the order (the builder fee) leaves it at its next attempt. Bounded by the accounts there are.
 */
export class Doubts {
  /** Looks at the position of an account at once; set by whoever compares. */
  onPosition: (account: AccountRecord) => void = () => undefined;
  readonly agents = new Set<AccountRecord>();
  readonly builders = new Set<AccountRecord>();

  /** Takes a refusal of a copy's order; most say nothing about approvals. */
  take(copy: CopyRecord | undefined, code: RejectCode): void {
    if (copy === undefined) return;
    // Of an agent known to be gone every exit says so again, as often as it is tried; it is asked about in its turn.
    const { agentStatus } = copy.account;
    if (code === 'unknown_signer' && agentStatus !== 'removed' && agentStatus !== 'expired') this.agents.add(copy.account);
    if (code === 'reduce_only') this.onPosition(copy.account);
    if (code !== 'builder_not_approved') return;
    this.builders.add(copy.account);
    copy.watched.book.withdrawBuilder(copy.row);
  }
}
