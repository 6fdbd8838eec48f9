import type { EpochMs, TenantScope } from '@lockstep/kernel';
import { STATUS } from '@lockstep/replication';
import { isEntitled } from '@lockstep/roster';
import type { CommandRow, EngineScopedUnit } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { CopyRecord, Registry } from '../state/registry';
import type { Rights } from '../state/rights';

type Wish = Pick<CommandRow, 'no' | 'kind' | 'targetId'>;
/** Commands of a scope behind those that were read. */
export type UnreadCommands = readonly Wish[];

/** Unread commands looked at beside what is written down before it leaves; more of one tenant at once are met when they are read. */
const UNREAD_MAX = 100;
/** Announcements kept at once; what is announced beyond keeps entries back when it is read. */
const ANNOUNCED_MAX = 10_000;

interface Standing {
  readonly scope: string;
  readonly wish: Pick<Wish, 'kind' | 'targetId'>;
  /** Copies it keeps back: which a right is asked of is another question once the command is carried out. */
  readonly held: Set<CopyRecord>;
}

/** What is known of rights as a wish is looked at. */
type Asked = Pick<Rights, 'entitlement'> & { readonly now: EpochMs };

/** The entitlement a copy cannot do without; none where everyone may copy its leader. */
const neededBy = (copy: CopyRecord, rights: Asked): string =>
  copy.group.access === 'granted' ? (rights.entitlement({ ...copy.group, followerId: copy.followerId })?.id ?? '') : '';

/** Which copies a command ends new risk of, by what they are found by; a kind that is absent ends none. */
const STOPPED_BY: Readonly<Record<string, (copy: CopyRecord, rights: Asked) => string>> = {
  'copy.pause': (copy) => copy.id,
  'copy.stop': (copy) => copy.id,
  'leader.pause': (copy) => copy.group.leaderId,
  'leader.close': (copy) => copy.group.leaderId,
  'leader.close_all': (copy) => copy.group.leaderId,
  'follower.close_all': (copy) => copy.followerId,
  'tenant.close_all': (copy) => copy.group.scope.tenantId,
  'leader.restrict': (copy, rights) =>
    isEntitled(rights.entitlement({ ...copy.group, followerId: copy.followerId }), rights.now) ? '' : copy.group.leaderId,
  'terms.bind': (copy) => copy.group.leaderId,
  'terms.announce': (copy) => copy.group.leaderId,
  'entitlement.shorten': neededBy,
  'entitlement.revoke': neededBy,
};

/** Kinds that end new risk later, and are read long before: heard of in time they keep nothing back. Beside what is written down they are met late, and may bind by now. */
const BINDS_LATER: ReadonlySet<string> = new Set(['terms.announce']);

/**
 * Commands that end new risk and are not carried out yet: they are announced by a wake-up and not read, because the database is slow or away, or they wait for
 * the command before them on the same object, or for a start to end. Their copies enter nothing from the moment the engine heard of the command (product §3);
 * what a command does besides comes in its order.
 */
export class StopWishes {
  private readonly wishes = new Map<string, Standing>();
  /** By scope, kind and object; `no` counts announcements. */
  private readonly announced = new Map<string, Standing & { readonly no: number }>();
  private announcedNo = 0;
  /** By scope: commands up to this number were read. */
  private readonly readTo = new Map<string, bigint>();

  constructor(
    private readonly registry: Registry,
    /** Told when entries are kept, so that a sending wave looks again. */
    private readonly changed: () => void,
    private readonly rights: Pick<Rights, 'entitlement'>,
    private readonly now: () => EpochMs,
  ) {}

  /** Number of the newest announcement: a reading that begins now finds everything announced up to it. */
  get announcements(): number {
    return this.announcedNo;
  }

  /** Number of a scope up to which its commands were read: what stands behind it was not heard of yet. */
  readUpTo(scope: TenantScope): bigint {
    return this.readTo.get(scopeKey(scope)) ?? 0n;
  }

  /** The scope's commands up to a number were given to `read`, or ended before. */
  noteRead(scope: TenantScope, no: bigint): void {
    this.readTo.set(scopeKey(scope), no);
  }

  /** Commands that stand behind what was read, for {@link meetPending}: asked for in the transaction that writes down what may leave once it is committed. */
  unread(scope: TenantScope, commands: Pick<EngineScopedUnit['commands'], 'pending'>): Promise<UnreadCommands> {
    return commands.pending(UNREAD_MAX, this.readUpTo(scope));
  }

  /** Commands that were met beside what was written down: stops that were not heard of act as if a wake-up had told of them. */
  meetPending(scope: TenantScope, commands: UnreadCommands): void {
    for (const command of commands) if (command.no > this.readUpTo(scope)) this.hear(scope, command);
  }

  /** A wake-up told of a command that was committed. What it says stands until `confirmed`; others than stops are none of ours. */
  announce(scope: TenantScope, wish: Pick<Wish, 'kind' | 'targetId'>): void {
    if (!BINDS_LATER.has(wish.kind)) this.hear(scope, wish);
  }

  private hear(scope: TenantScope, wish: Pick<Wish, 'kind' | 'targetId'>): void {
    if (STOPPED_BY[wish.kind] === undefined || this.announced.size >= ANNOUNCED_MAX) return;
    this.announcedNo += 1;
    const key = `${scopeKey(scope)} ${wish.kind} ${wish.targetId}`;
    const standing = { scope: scopeKey(scope), wish, no: this.announcedNo, held: new Set(this.announced.get(key)?.held) };
    this.announced.set(key, standing);
    this.keep(standing);
  }

  /** The scope's commands were read to the end after announcement `upTo`: what is pending was given to `read`, the rest was settled before or never was. */
  confirmed(scope: TenantScope, upTo: number): void {
    for (const [key, standing] of this.announced) {
      if (standing.no > upTo || standing.scope !== scopeKey(scope)) continue;
      this.announced.delete(key);
      this.release(standing);
    }
  }

  /** Takes a command that was read; others than stops are none of ours. */
  read(scope: TenantScope, command: Wish): void {
    if (STOPPED_BY[command.kind] === undefined || BINDS_LATER.has(command.kind)) return;
    const key = keyOf(scope, command);
    const standing = { scope: scopeKey(scope), wish: command, held: new Set(this.wishes.get(key)?.held) };
    this.wishes.set(key, standing);
    this.keep(standing);
  }

  /** A command was settled: what it left stands in the copies' states alone. */
  ended(scope: TenantScope, command: Wish): void {
    const standing = this.wishes.get(keyOf(scope, command));
    if (standing === undefined) return;
    this.wishes.delete(keyOf(scope, command));
    this.release(standing);
  }

  /** Puts what was wished on a copy that begins, or takes new risk again. */
  meet(copy: CopyRecord): void {
    for (const standing of this.all()) if (this.names(standing, copy)) this.withhold(standing, copy);
  }

  private keep(standing: Standing): void {
    for (const copy of this.registry.copies.values()) if (this.names(standing, copy)) this.withhold(standing, copy);
    this.changed();
  }

  private release(standing: Standing): void {
    for (const copy of standing.held) {
      if (this.registry.copies.get(copy.no) !== copy || this.stands(copy)) continue;
      copy.watched.book.setStatus(copy.row, STATUS.paused, copy.state === 'paused');
    }
  }

  private stands(copy: CopyRecord): boolean {
    for (const { held } of this.all()) if (held.has(copy)) return true;
    return false;
  }

  private *all(): Iterable<Standing> {
    yield* this.wishes.values();
    yield* this.announced.values();
  }

  private withhold({ held }: Standing, copy: CopyRecord): void {
    held.add(copy);
    copy.watched.book.setStatus(copy.row, STATUS.paused, true);
  }

  private names({ scope, wish }: Standing, copy: CopyRecord): boolean {
    const asked: Asked = { entitlement: (of) => this.rights.entitlement(of), now: this.now() };
    return STOPPED_BY[wish.kind]?.(copy, asked) === wish.targetId && scopeKey(copy.group.scope) === scope;
  }
}

const keyOf = (scope: TenantScope, { no }: Wish): string => `${scopeKey(scope)} ${no}`;
