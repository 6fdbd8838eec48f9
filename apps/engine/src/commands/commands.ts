import { parseCommandWakeup, WAKEUP_CHANNELS } from '@lockstep/delivery';
import { type EpochMs, type TenantScope, type Timer } from '@lockstep/kernel';
import type { CommandRow } from '@lockstep/storage';
import { scopeFromPlatformList, scopeKey } from '@lockstep/tenancy';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { answerProposal } from '../proposals/answer-proposal';
import type { EndedCommand } from '../trace-command';
import { activateCopy } from './activate-copy';
import { activateInTime } from './activate-in-time';
import { bindAsRead, changeAllocation, changeSettings, pauseCopy, rebaseCopy, reEnableCopy, reloadFees, resumeCopy } from './change-copy';
import { changeLimits } from './change-limits';
import { changeAccess, changeEntitlement, takeConsent, takeTerms } from './change-rights';
import { type CommandEnd, type CommandParts, type LaterEnd, refused } from './command-end';
import { type Again, CommandsInHand } from './in-order';
import type { FlowTry } from './known-worth';
import { pauseLeader } from './pause-leader';
import { stopBy } from './stop-by';
import { closeAllOf, closeLeader, StopWatch } from './stop-copy';
import { watchLeader } from './watch-leader';

/** Commands read in one statement. */
const BATCH_MAX = 200;
/** Commands of one tenant in hand: more stay unread until some of these have ended. */
const IN_HAND_MAX = 10_000;
/** Commands of one tenant that are carried out at the same time, stops not counted. */
const PARALLEL_MAX = 32;

/** How far a scope's commands are read, and those of them that are not ended. */
interface Desk {
  readonly inHand: CommandsInHand<CommandRow>;
  /** Every command up to this number is in hand or ended. */
  readTo: bigint;
}

/**
 * Carries out what tenants asked for. A scope's commands are read in their order, whatever others still take; commands that do not depend on
 * each other run side by side. Wake-ups make it fast, the poll makes it certain; what failed is taken again at the next look.
 */
export class Commands {
  private readonly desks = new Map<string, Desk>();
  private readonly reading = new Map<string, Promise<void>>();
  private readonly again = new Set<string>();
  private readonly stopWatch: StopWatch;
  /** What is left of commands that were carried out in part. */
  private readonly rests = new WeakMap<CommandRow, NonNullable<LaterEnd['rest']>>();
  /** When flows were tried first, monotonic ms. */
  private readonly triedSince = new WeakMap<CommandRow, number>();
  /** When commands were taken in hand first. */
  private readonly begunAt = new WeakMap<CommandRow, EpochMs>();
  private timer: Timer | null = null;
  private unsubscribe: (() => Promise<void>) | null = null;
  private closing = false;
  private begin: () => void = () => undefined;
  private readonly begun = new Promise<void>((resolve) => {
    this.begin = resolve;
  });

  constructor(
    private readonly ctx: EngineContext,
    private readonly parts: CommandParts,
    /** Told of each command that ended. */
    private readonly told: (command: EndedCommand) => void = () => undefined,
  ) {
    this.stopWatch = new StopWatch(ctx, parts);
  }

  /**
   * Reads what is pending and goes on reading, and carries nothing out yet: what ends new risk, or lowers what may be entered, does so from here on, before anything is planned.
   * Throws when the first reading fails.
   */
  async open(): Promise<void> {
    this.unsubscribe = await this.parts.wakeups.subscribe(WAKEUP_CHANNELS.commands, (payload) => this.wake(payload));
    this.parts.wakeups.onReconnect(() => this.lookEverywhere());
    for (const scope of this.ctx.scopes()) await this.read(scope, this.desk(scopeKey(scope), scope));
    this.timer = this.ctx.timers.every(this.ctx.limits.commandPollMs, () => {
      this.lookEverywhere();
      void this.learnScopes();
    });
    this.lookEverywhere();
  }

  /** Begins to carry out what is read. */
  async start(): Promise<void> {
    this.stopWatch.start();
    this.begin();
    await this.learnScopes();
    this.lookEverywhere();
  }

  async stop(): Promise<void> {
    this.closing = true;
    this.begin();
    this.timer?.cancel();
    this.stopWatch.stop();
    await this.unsubscribe?.();
    await Promise.all(this.reading.values());
    await Promise.all([...this.desks.values()].map(({ inHand }) => inHand.close()));
  }

  private lookEverywhere(): void {
    for (const scope of this.ctx.scopes()) this.look(scope);
  }

  private wake(payload: string): void {
    const { scope: key, command } = parseCommandWakeup(payload);
    const scope = this.ctx.scopes().find((one) => scopeKey(one) === key);
    if (scope !== undefined) {
      if (command !== null) this.ctx.wishes.announce(scope, command);
      this.look(scope);
    } else void this.learnScopes().then(() => this.lookEverywhere());
  }

  /** Tenants made since the start are met here. */
  private async learnScopes(): Promise<void> {
    try {
      const tenants = await this.ctx.storage.platform((unit) => unit.tenants.open());
      const known = new Set(this.ctx.scopes().map(scopeKey));
      for (const tenant of tenants) {
        for (const environment of ['live', 'test'] as const) {
          const scope = scopeFromPlatformList(tenant.id, environment);
          if (!known.has(scopeKey(scope))) this.ctx.addScope(scope);
        }
      }
    } catch (failure) {
      this.ctx.log.error('the list of tenants could not be read', { error: failure });
    }
  }

  private look(scope: TenantScope): void {
    const key = scopeKey(scope);
    if (this.closing) return;
    if (this.reading.has(key)) {
      this.again.add(key);
      return;
    }
    const work = this.read(scope, this.desk(key, scope))
      .catch((failure: unknown) => this.ctx.log.error('commands could not be read', { scope: key, error: failure }))
      .finally(() => {
        this.reading.delete(key);
        if (this.again.delete(key)) this.look(scope);
      });
    this.reading.set(key, work);
  }

  private desk(key: string, scope: TenantScope): Desk {
    const known = this.desks.get(key);
    if (known !== undefined) return known;
    const inHand = new CommandsInHand<CommandRow>(PARALLEL_MAX, IN_HAND_MAX, this.ctx.timers, (command, before, attempt) =>
      this.carryOut(scope, command, before, attempt),
    );
    const desk: Desk = { inHand, readTo: 0n };
    this.desks.set(key, desk);
    return desk;
  }

  private async read(scope: TenantScope, desk: Desk): Promise<void> {
    const announced = this.ctx.wishes.announcements;
    const failed = desk.inHand.forgetFailed();
    if (failed !== null && failed <= desk.readTo) desk.readTo = failed - 1n;
    this.ctx.wishes.noteRead(scope, desk.readTo);
    for (;;) {
      const limit = Math.min(BATCH_MAX, IN_HAND_MAX - desk.inHand.size);
      if (limit <= 0) return;
      // Before the statement: what ends while it runs may still be pending in what it reads.
      const held = desk.inHand.numbers();
      const pending = await this.ctx.storage.scoped(scope, (unit) => unit.commands.pending(limit, desk.readTo), { readOnly: true });
      if (this.closing) return;
      const fresh = pending.filter((command) => !held.has(command.no));
      for (const command of fresh) {
        this.ctx.wishes.read(scope, command);
        bindAsRead(this.ctx, command);
      }
      desk.inHand.take(fresh);
      desk.readTo = pending.at(-1)?.no ?? desk.readTo;
      this.ctx.wishes.noteRead(scope, desk.readTo);
      if (pending.length < limit) return this.ctx.wishes.confirmed(scope, announced);
    }
  }

  private async carryOut(scope: TenantScope, command: CommandRow, before: Promise<void>, attempt: number): Promise<Again | null> {
    await this.begun;
    if (this.closing) return null;
    try {
      const again = await this.carryOutOnce(scope, command, before, attempt);
      if (again === null) this.ctx.wishes.ended(scope, command);
      return again;
    } catch (failure) {
      this.ctx.log.error('a command could not be carried out', {
        scope: scopeKey(scope),
        commandNo: command.no.toString(),
        kind: command.kind,
        error: failure,
      });
      throw failure;
    }
  }

  private async carryOutOnce(scope: TenantScope, command: CommandRow, before: Promise<void>, attempt: number): Promise<Again | null> {
    const begunAt = this.begunAt.get(command) ?? this.ctx.clock.now();
    this.begunAt.set(command, begunAt);
    const rest = this.rests.get(command);
    const end = await (rest === undefined ? this.apply(scope, command, before, attempt) : rest());
    if (end.status === 'later') {
      if (end.rest !== undefined) this.rests.set(command, end.rest);
      return { afterMs: end.afterMs, aside: end.rest !== undefined };
    }
    const now = this.ctx.clock.now();
    const data = { command_no: command.no.toString(), kind: command.kind, target_id: command.targetId };
    await this.parts.books.run(scope, async () => {
      await this.ctx.storage.scoped(scope, async (unit) => {
        const result = end.status === 'applied' ? end.result : { reason: end.reason, ...(end.detail === undefined ? {} : { detail: end.detail }) };
        if (!(await unit.commands.settle(command.no, end.status, result))) return;
        await unit.events.append([
          end.status === 'applied'
            ? newEvent(this.ctx, 'command.applied', now, { ...data, reason: null })
            : newEvent(this.ctx, 'command.refused', now, { ...data, reason: end.reason }),
        ]);
      });
    });
    const refusedFor = end.status === 'refused' ? end.reason : null;
    this.told({ scope, command, begunAt, endedAt: this.ctx.clock.now(), refusedFor, attempts: attempt });
    if (end.status === 'refused') this.ctx.log.warn('a command was refused', { ...data, reason: end.reason, detail: end.detail });
    return null;
  }

  private flowTry(scope: TenantScope, command: CommandRow): FlowTry {
    const now = this.ctx.clock.monotonic();
    const since = this.triedSince.get(command) ?? now;
    this.triedSince.set(command, since);
    return { triedMs: now - since, isAwaited: this.desks.get(scopeKey(scope))?.inHand.isAwaited(command.no) === true };
  }

  private async apply(scope: TenantScope, command: CommandRow, before: Promise<void>, attempt: number): Promise<CommandEnd | LaterEnd> {
    const { ctx, parts } = this;
    switch (command.kind) {
      case 'venue_account.activate':
        return activateInTime(ctx, parts, scope, { command, attempt });
      case 'copy.activate':
        return activateCopy(ctx, parts, scope, command);
      case 'copy.settings':
        return changeSettings(ctx, parts, scope, command);
      case 'copy.allocation':
        return changeAllocation(ctx, parts, scope, command, this.flowTry(scope, command));
      case 'copy.pause':
        return pauseCopy(ctx, parts, command);
      case 'copy.resume':
        return resumeCopy(ctx, parts, command);
      case 'copy.re_enable':
        return reEnableCopy(ctx, parts, command);
      case 'copy.rebase':
        return rebaseCopy(ctx, parts, command);
      case 'copy.stop':
        return stopBy(ctx, parts, scope, command);
      case 'leader.watch':
        return watchLeader(ctx, parts, scope, command.targetId);
      case 'leader.pause':
        return pauseLeader(ctx, scope, command.targetId, true);
      case 'leader.resume':
        return pauseLeader(ctx, scope, command.targetId, false);
      case 'leader.close':
        return closeLeader(ctx, parts, scope, command.targetId, before);
      case 'follower.close_all':
        return closeAllOf(ctx, parts, scope, { followerId: command.targetId }, before);
      case 'leader.close_all':
        return closeAllOf(ctx, parts, scope, { leaderId: command.targetId }, before);
      case 'tenant.close_all':
        return closeAllOf(ctx, parts, scope, {}, before);
      case 'fees.changed':
        return reloadFees(ctx, parts, scope);
      case 'proposal.approve':
      case 'proposal.decline':
        return answerProposal(ctx, parts, command);
      case 'leader.restrict':
      case 'leader.open':
        return changeAccess(ctx, scope, command.targetId);
      case 'terms.bind':
      case 'terms.announce':
        return takeTerms(ctx, scope, command.targetId);
      case 'entitlement.grant':
      case 'entitlement.shorten':
      case 'entitlement.revoke':
        return changeEntitlement(ctx, scope, command.targetId);
      case 'copy.consent':
        return takeConsent(ctx, scope, command.targetId);
      case 'limits.changed':
        return changeLimits(ctx, parts, scope, command.targetId);
      default:
        return refused('bad_payload', `unknown kind ${command.kind}`);
    }
  }
}
