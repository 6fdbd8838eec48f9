import type { Timers } from '@lockstep/kernel';
import type { CommandRow } from '@lockstep/storage';
import { forAtMost, Places } from '../bounded';
import { neededBy } from './payload';

/** Kinds that speak about one object only; every other kind stands between what came before it and what comes after. */
const OF_ONE_OBJECT: ReadonlySet<string> = new Set([
  'leader.watch',
  'leader.pause',
  'leader.resume',
  'venue_account.activate',
  'copy.activate',
  'copy.settings',
  'copy.allocation',
  'copy.pause',
  'copy.resume',
  'copy.stop',
  'copy.re_enable',
  'copy.rebase',
  'proposal.approve',
  'proposal.decline',
  'limits.changed',
  'leader.restrict',
  'leader.open',
  'terms.bind',
  'terms.announce',
  'entitlement.grant',
  'entitlement.shorten',
  'entitlement.revoke',
  'copy.consent',
]);

/**
 * Kinds that only end new risk of one object: they need no place, and nothing but the last command on their object comes first. Limits and rights are among
 * them: a copy that begins meanwhile meets them whichever is first.
 */
const STOPS_ONE: ReadonlySet<string> = new Set([
  'copy.pause',
  'copy.stop',
  'leader.pause',
  'limits.changed',
  'leader.restrict',
  'terms.bind',
  'terms.announce',
  'entitlement.shorten',
  'entitlement.revoke',
]);

/** Kinds that only end risk of many objects: they begin at once, and end behind everything before them. */
const STOPS_MANY: ReadonlySet<string> = new Set(['follower.close_all', 'leader.close_all', 'tenant.close_all', 'leader.close']);

type Ordered = Pick<CommandRow, 'no' | 'kind' | 'targetId' | 'payload'>;

/**
 * For each command the positions of those that must have ended before it ends: the last one on its object, the last one on each object it
 * names as needed, and for kinds of wider reach everything before. A command that creates something and names nothing waits for everything.
 * What comes after a kind of wider reach waits for it, stops of one object excepted: they take nothing from it and it takes nothing from them.
 */
export function predecessors(commands: readonly Pick<Ordered, 'kind' | 'targetId' | 'payload'>[]): readonly (readonly number[])[] {
  const last = new Map<string, number>();
  let barrier = -1;
  return commands.map((command, index) => {
    const needed = command.kind === 'copy.activate' ? neededBy(command.payload) : [];
    const alone = needed === null || !OF_ONE_OBJECT.has(command.kind);
    const named = [command.targetId, ...(needed ?? [])].map((id) => last.get(id) ?? -1);
    const after = alone ? upTo(barrier, index) : STOPS_ONE.has(command.kind) ? named : [barrier, ...named];
    if (alone) barrier = index;
    last.set(command.targetId, index);
    return [...new Set(after)].filter((position) => position >= 0);
  });
}

const upTo = (first: number, end: number): number[] => Array.from({ length: end - Math.max(0, first) }, (_, offset) => Math.max(0, first) + offset);

/** When a command is to be carried out again. `aside`: what comes after it does not wait for that. */
export interface Again {
  readonly afterMs: number;
  readonly aside: boolean;
}

/**
 * What carries a command out; null once it ended, or when it is to be carried out again. `before` resolves when everything it depends on has ended or stepped
 * aside; only a kind that begins at once has to wait for it. `attempt` counts from 1 in this process.
 */
export type CarryOut<C> = (command: C, before: Promise<void>, attempt: number) => Promise<Again | null>;

interface Held<C> {
  readonly command: C;
  readonly end: Promise<void>;
  /** When what comes after it may begin: at its end, or once it stepped aside. */
  readonly passed: Promise<void>;
  failed: boolean;
  /** It stepped aside. */
  aside: boolean;
  /** Another one waits for its end. */
  awaited: boolean;
}

/**
 * The commands of one scope that are in hand: each begins once its {@link predecessors} among them have ended, so new ones are taken while others
 * are carried out, however long those take. At most `parallel` are carried out at a time; stops do not count and wait for no place, and one that is to be
 * carried out again leaves its place meanwhile, and may let what comes after it begin.
 * What waits for a command that failed fails with it; failed ones stay, so that nothing overtakes them, until {@link forgetFailed} lets them be taken again.
 */
export class CommandsInHand<C extends Ordered> {
  private readonly held = new Map<bigint, Held<C>>();
  private readonly places: Places;
  private closed = false;
  private endWaits: () => void = () => undefined;
  private readonly closing = new Promise<void>((resolve) => {
    this.endWaits = resolve;
  });

  constructor(
    parallel: number,
    waitingMax: number,
    private readonly timers: Pick<Timers, 'after'>,
    private readonly carryOut: CarryOut<C>,
  ) {
    this.places = new Places(parallel, waitingMax);
  }

  /** Commands that room is needed for: what stepped aside may stay for long, and keeps none from being taken, a stop least of all. */
  get size(): number {
    let size = 0;
    for (const { aside } of this.held.values()) if (!aside) size += 1;
    return size;
  }

  /** Numbers of the commands in hand. */
  numbers(): ReadonlySet<bigint> {
    return new Set(this.held.keys());
  }

  /** Whether another command in hand waits for the end of this one. */
  isAwaited(no: bigint): boolean {
    return this.held.get(no)?.awaited === true;
  }

  /** Takes commands, in their order, behind what is in hand. */
  take(commands: readonly C[]): void {
    const inOrder = [...this.held.values()];
    const order = predecessors([...inOrder.map(({ command }) => command), ...commands]);
    for (const command of commands) {
      const before = (order[inOrder.length] ?? []).flatMap((position) => inOrder[position] ?? []);
      for (const held of before) held.awaited = true;
      inOrder.push(
        this.hold(
          command,
          Promise.all(before.map(({ passed }) => passed)).then(() => undefined),
        ),
      );
    }
  }

  /** Lets go of what failed; the lowest number among it, null when nothing failed. */
  forgetFailed(): bigint | null {
    const failed = [...this.held].filter(([, held]) => held.failed).map(([no]) => no);
    for (const no of failed) this.held.delete(no);
    return failed.reduce<bigint | null>((lowest, no) => (lowest === null || no < lowest ? no : lowest), null);
  }

  /** Begins nothing more; resolves when what has begun has ended. */
  async close(): Promise<void> {
    this.closed = true;
    this.endWaits();
    await Promise.allSettled([...this.held.values()].map(({ end }) => end));
  }

  private hold(command: C, before: Promise<void>): Held<C> {
    let passOn: () => void = () => undefined;
    const aside = new Promise<void>((resolve) => (passOn = resolve));
    const stepAside = (): void => {
      held.aside = true;
      passOn();
    };
    const run = (attempt: number): Promise<Again | null> => (this.closed ? Promise.resolve(null) : this.carryOut(command, before, attempt));
    const end = STOPS_MANY.has(command.kind)
      ? this.toItsEnd(run, stepAside)
      : before.then(() => this.toItsEnd(STOPS_ONE.has(command.kind) ? run : (attempt) => this.places.run(() => run(attempt)), stepAside));
    const passed = Promise.race([end, aside]);
    const held: Held<C> = { command, end, passed, failed: false, aside: false, awaited: false };
    this.held.set(command.no, held);
    // A failure ends what waits for it; nobody else has to look at these.
    before.catch(() => undefined);
    passed.catch(() => undefined);
    end.then(
      () => this.held.delete(command.no),
      () => {
        held.failed = true;
      },
    );
    return held;
  }

  /** Carries out until it ended; the waits between end with the desk. */
  private async toItsEnd(run: (attempt: number) => Promise<Again | null>, stepAside: () => void): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const again = await run(attempt);
      if (again === null || this.closed) return;
      if (again.aside) stepAside();
      await forAtMost(this.timers, again.afterMs, this.closing);
    }
  }
}
