import type { TenantScope } from '@lockstep/kernel';
import { STATUS } from '@lockstep/replication';
import type { CommandRow } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { CopyRecord, Registry } from '../state/registry';

type Wish = Pick<CommandRow, 'no' | 'kind' | 'targetId'>;

/** Which copies a command ends new risk of; null: it ends none. */
const STOPPED_BY: Readonly<Record<string, (copy: CopyRecord) => string>> = {
  'copy.pause': (copy) => copy.id,
  'copy.stop': (copy) => copy.id,
  'leader.pause': (copy) => copy.group.leaderId,
  'leader.close': (copy) => copy.group.leaderId,
  'follower.close_all': (copy) => copy.followerId,
};

/**
 * Commands that end new risk and are read, but not carried out yet: they wait for the command before them on the same object, or for a start to end. Their
 * copies enter nothing from the moment the command is read (product §3); what a command does besides comes in its order.
 */
export class StopWishes {
  private readonly wishes = new Map<string, { readonly scope: string; readonly wish: Wish }>();

  constructor(
    private readonly registry: Registry,
    /** Told when entries are kept, so that a sending wave looks again. */
    private readonly changed: () => void,
  ) {}

  /** Takes a command that was read; others than stops are none of ours. */
  read(scope: TenantScope, command: Wish): void {
    if (STOPPED_BY[command.kind] === undefined) return;
    const standing = { scope: scopeKey(scope), wish: command };
    this.wishes.set(keyOf(scope, command), standing);
    for (const copy of this.registry.copies.values()) if (names(standing, copy)) this.withhold(copy);
    this.changed();
  }

  /** A command was settled: what it left stands in the copies' states alone. */
  ended(scope: TenantScope, command: Wish): void {
    const standing = this.wishes.get(keyOf(scope, command));
    if (standing === undefined) return;
    this.wishes.delete(keyOf(scope, command));
    for (const copy of this.registry.copies.values()) {
      if (!names(standing, copy) || this.stands(copy)) continue;
      copy.watched.book.setStatus(copy.row, STATUS.paused, copy.state === 'paused');
    }
  }

  /** Puts what was wished on a copy that begins, or takes new risk again. */
  meet(copy: CopyRecord): void {
    if (this.stands(copy)) this.withhold(copy);
  }

  private stands(copy: CopyRecord): boolean {
    for (const standing of this.wishes.values()) if (names(standing, copy)) return true;
    return false;
  }

  private withhold(copy: CopyRecord): void {
    copy.watched.book.setStatus(copy.row, STATUS.paused, true);
  }
}

const keyOf = (scope: TenantScope, { no }: Wish): string => `${scopeKey(scope)} ${no}`;

function names({ scope, wish }: { readonly scope: string; readonly wish: Wish }, copy: CopyRecord): boolean {
  return STOPPED_BY[wish.kind]?.(copy) === wish.targetId && scopeKey(copy.group.scope) === scope;
}
