import { formatMoney, formatSize, fromLots, type LeaderId, money, notional, price, type TenantScope, type Timer } from '@lockstep/kernel';
import { beginClosing, type Remnant, remnantsOf, revalue, STATUS } from '@lockstep/replication';
import { type CopyStateReason, nextCopyState } from '@lockstep/roster';
import { addOwnPositions, type FlatnessProof, runningCopies, saveEquity } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import { bookAllocation } from '../books/book-allocation';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { copyStateOf } from '../state/load-scope';
import type { CopyRecord } from '../state/registry';
import { equityStateOf, flatEquityStateOf } from '../state/save-equity';
import { dropEnded, leftBy } from '../state/shared-accounts';
import { refreshPrices } from '../wave/plan-moves';
import { aloneInAll } from './alone-in-all';
import { applied, type CommandEnd, type CommandParts, refused } from './command-end';
import { forgetTargets } from './forget-targets';
import { HandOvers, heldBy } from './hand-over';
import { leaveWhatLeaderLeft } from './leave-what-leader-left';
import { stopUnstarted } from './stop-unstarted';
import { Unwinds } from './unwind-copy';
import { writeState } from './write-state';

/** Entries stop at once; everything copied is closed with reduce-only orders until flat. The end is written by {@link StopWatch}. */
export async function stopCopy(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  copyId: string,
  reason: CopyStateReason,
): Promise<CommandEnd> {
  const copy = ctx.registry.copiesById.get(copyId);
  if (copy === undefined) return stopUnstarted(ctx, parts, scope, copyId, reason);
  const state = copyStateOf(copy.state);
  if (state === null || nextCopyState(state, 'stop') === null) return state === 'stopping' ? applied() : refused('wrong_state', copy.state);
  const { book } = copy.watched;
  // Columns first: nothing new leaves from here on, whatever the write below takes; a write that failed is made again with the command.
  book.setStatus(copy.row, STATUS.active | STATUS.handingOver, false);
  ctx.stops.changed();
  beginClosing(book, copy.row);
  const closing = parts.repairs.close(copy.watched, 'close');
  await writeState(ctx, parts.books, copy, state, 'stopping', reason);
  await closing;
  return applied();
}

/** The copy enters nothing from here on and follows its leader's exits; once it is flat, {@link StopWatch} writes its end. One that never began ends at once. */
export async function windDownCopy(ctx: EngineContext, parts: CommandParts, scope: TenantScope, copyId: string): Promise<CommandEnd> {
  const copy = ctx.registry.copiesById.get(copyId);
  if (copy === undefined) return stopUnstarted(ctx, parts, scope, copyId, 'stop_follow_to_close');
  const state = copyStateOf(copy.state);
  if (state !== 'winding_down') {
    if (state === null || nextCopyState(state, 'wind_down') === null) return refused('wrong_state', copy.state);
    copy.watched.book.setStatus(copy.row, STATUS.windingDown, true);
    ctx.stops.changed();
    await writeState(ctx, parts.books, copy, state, 'winding_down', 'stop_follow_to_close');
  }
  await leaveWhatLeaderLeft(ctx, parts, copy);
  return applied();
}

/** Whose copies are closed: those of a follower or of a leader; neither: all of the scope. */
export interface CloseAll {
  readonly followerId?: string;
  readonly leaderId?: string;
}

/** Every copy of these is stopped: those that run at once, those that earlier commands begin once `before` says that these have ended. */
export async function closeAllOf(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  { followerId, leaderId }: CloseAll,
  before: Promise<void>,
): Promise<CommandEnd> {
  const chosen = (copy: CopyOf): boolean =>
    (followerId === undefined || copy.followerId === followerId) && (leaderId === undefined || copy.leaderId === leaderId);
  return stopMany(ctx, parts, scope, { chosen, reason: 'stop_close_now', before });
}

/** As {@link closeAllOf}, for the copies of a leader that is closed. */
export async function closeLeader(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  leaderId: string,
  before: Promise<void>,
): Promise<CommandEnd> {
  const end = await stopMany(ctx, parts, scope, { chosen: (copy) => copy.leaderId === leaderId, reason: 'leader_closed', before });
  const leader = await ctx.storage.scoped(scope, (unit) => unit.leaders.findOne({ id: leaderId as LeaderId }));
  const watched = leader === null ? undefined : ctx.registry.watched.get(Number(leader.watchedNo));
  // Exits need no seat: the last leader of an address gives it back.
  if (watched?.leaders.delete(leaderId) && watched.leaders.size === 0) parts.watch.unwatch(watched);
  return end;
}

/** Whose a copy is. */
interface CopyOf {
  readonly followerId: string;
  readonly leaderId: string;
}

interface ManyStops {
  readonly chosen: (copy: CopyOf) => boolean;
  readonly reason: CopyStateReason;
  readonly before: Promise<void>;
}

async function stopMany(ctx: EngineContext, parts: CommandParts, scope: TenantScope, stops: ManyStops): Promise<CommandEnd> {
  const mine = scopeKey(scope);
  const stopped = new Set<string>();
  const stopRunning = async (): Promise<void> => {
    const copies = [...ctx.registry.copies.values()].filter(
      ({ followerId, group }) => scopeKey(group.scope) === mine && stops.chosen({ followerId, leaderId: group.leaderId }),
    );
    for (const copy of copies) stopped.add(copy.id);
    await Promise.all(copies.map((copy) => stopCopy(ctx, parts, scope, copy.id, stops.reason)));
  };
  await stopRunning();
  await stops.before;
  await stopRunning();
  for (const copyId of await refusedBefore(ctx, scope, stops.chosen)) {
    stopped.add(copyId);
    await stopUnstarted(ctx, parts, scope, copyId, stops.reason);
  }
  return applied({ copies: stopped.size });
}

/** Commands read at a time. */
const PENDING_PAGE = 1_000;

/** Copies that never began, because their activation was refused: what is not active yet and waits for no activation. Those that wait were asked for later. */
async function refusedBefore(ctx: EngineContext, scope: TenantScope, chosen: (copy: CopyOf) => boolean): Promise<readonly string[]> {
  return ctx.storage.scoped(
    scope,
    async (unit) => {
      const idle = (await runningCopies(unit)).filter((copy) => copy.state === 'preparing' && chosen(copy));
      const waiting = new Set<string>();
      for (let after = 0n, all = idle.length === 0; !all; ) {
        const page = await unit.commands.pending(PENDING_PAGE, after);
        for (const { kind, targetId } of page) if (kind === 'copy.activate') waiting.add(targetId);
        after = page.at(-1)?.no ?? after;
        all = page.length < PENDING_PAGE;
      }
      return idle.filter(({ id }) => !waiting.has(id)).map(({ id }) => id);
    },
    { readOnly: true },
  );
}

/** States from which a stop ends. */
const ENDED_HERE: ReadonlySet<string> = new Set(['stopping', 'winding_down', 'unwinding', 'handing_over']);

/** Wait between two looks at closing copies, in ms. */
const LOOK_MS = 250;

/**
 * Ends stops: a closing copy, or one that winds down, that holds nothing, has nothing on its way and whose every order has its row is stopped with its
 * flatness proof; dust is listed in it. Copies that are unwound get their slices from here, and those that are handed over their end.
 */
export class StopWatch {
  private timer: Timer | null = null;
  private readonly ending = new Set<CopyRecord>();
  private readonly unwinds: Unwinds;
  private readonly handOvers: HandOvers;

  constructor(
    private readonly ctx: EngineContext,
    private readonly parts: CommandParts,
  ) {
    this.unwinds = new Unwinds(ctx, parts, (copy) => stopCopy(ctx, parts, copy.group.scope, copy.id, 'unwind_deadline'));
    this.handOvers = new HandOvers(ctx, parts);
  }

  start(): void {
    this.timer ??= this.ctx.timers.every(LOOK_MS, () => this.look());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  private look(): void {
    for (const copy of this.ctx.registry.copies.values()) {
      if (!ENDED_HERE.has(copy.state) || this.ending.has(copy)) continue;
      if (copy.state === 'unwinding') this.unwinds.look(copy);
      const end = this.endOf(copy);
      if (end === null) continue;
      this.ending.add(copy);
      void end()
        .catch((failure: unknown) => this.ctx.log.error('a stop could not be ended', { copyNo: copy.no, error: failure }))
        .finally(() => this.ending.delete(copy));
    }
  }

  /** How a stop ends now; null while something is held or on its way. */
  private endOf(copy: CopyRecord): (() => Promise<void>) | null {
    if (copy.state === 'handing_over') {
      const isReady = !this.hasOpenOrders(copy) && this.handOvers.ready(copy);
      return isReady ? () => untraded(copy, () => this.handOvers.end(copy)) : null;
    }
    const remnants = this.leftAtEnd(copy);
    return remnants === null ? null : () => this.end(copy, remnants);
  }

  /** What a stop leaves where it ends now; null while something could be closed still or is on its way. */
  private leftAtEnd(copy: CopyRecord): readonly Remnant[] | null {
    if (this.hasOpenOrders(copy)) return null;
    const remnants = remnantsOf(copy.watched.book, copy.row);
    return remnants.some((remnant) => !remnant.dust) ? null : remnants;
  }

  private hasOpenOrders(copy: CopyRecord): boolean {
    if (this.ctx.standingStops.holdsBack(copy) || this.parts.books.owesRow(copy.no)) return true;
    for (const order of this.ctx.openOrders.ofAccount(copy.account.index)) if (order.copy === copy) return true;
    return false;
  }

  /**
   * While no comparison and no cross of what is left runs: the follower may close it, or another copy of the account, and then it is not left. Nor of what is booked
   * still: it was closed and that is being written, and where it cannot be, the copy holds it again.
   */
  private async end(copy: CopyRecord, remnants: readonly Remnant[]): Promise<void> {
    const coins = [...new Set([...remnants.map(({ coin }) => coin), ...heldBy(this.ctx, copy)])];
    await aloneInAll(this.parts.lanes, copy.watched, coins, async () => {
      const isEnding = ENDED_HERE.has(copy.state) && copy.state !== 'handing_over';
      const left = isEnding ? this.leftAtEnd(copy) : null;
      if (left?.every(({ coin }) => coins.includes(coin)) === true) await untraded(copy, () => this.write(copy, left));
    });
  }

  private async write(copy: CopyRecord, remnants: readonly Remnant[]): Promise<void> {
    const { ctx } = this;
    const proof = proofOf(copy, remnants);
    const left = leftBy(copy);
    const reason: CopyStateReason = proof.flat ? 'flat' : 'dust_listed';
    await writeState(ctx, this.parts.books, copy, copy.state, 'stopped', reason, async (unit) => {
      await bookAllocation(unit, copy.id, money(0n), 'stopped', ctx.clocks.businessTime(copy.group.scope, ctx.clock.now()));
      await addOwnPositions(unit, left);
      await forgetTargets(ctx, copy, unit);
      // Nobody values it any more, and what funding brings later is added to this: with what it leaves at its mark, and all it traded since it was valued last.
      refreshPrices(copy.watched);
      revalue(copy.watched.book, Math.floor(ctx.clock.now()), ctx.limits.markMaxAgeMs);
      await saveEquity(unit, [left.length === 0 ? flatEquityStateOf(ctx, copy) : equityStateOf(ctx, copy)]);
      await unit.events.append([
        newEvent(ctx, 'copy.flat', ctx.clock.now(), {
          copy_id: copy.id,
          flat: proof.flat,
          dust_pending: proof.dustPending.map((dust) => ({ ...dust, notional: notionalOf(copy, dust.coin) })),
          handed_over: [],
        }),
      ]);
    });
    ctx.booked.drop(copy.no);
    dropEnded(ctx, copy, left);
    copy.account.changedInsideAt = ctx.clock.now();
  }
}

/**
 * Ends a copy, and until that is written nothing is traded for it: an order sent meanwhile would be nobody's once the copy is gone. An end that could not be
 * written leaves it as it was, or as a stop or a loss limit wants it that came meanwhile.
 */
async function untraded(copy: CopyRecord, end: () => Promise<void>): Promise<void> {
  const { book } = copy.watched;
  const before = book.copies.status[copy.row] ?? 0;
  book.setStatus(copy.row, STATUS.closing, false);
  book.setStatus(copy.row, STATUS.handingOver, true);
  try {
    await end();
  } catch (failure) {
    if (book.copies.copyNo[copy.row] === copy.no) {
      if ((before & STATUS.handingOver) === 0) book.setStatus(copy.row, STATUS.handingOver, false);
      if ((before & STATUS.closing) !== 0) book.setStatus(copy.row, STATUS.closing, true);
    }
    throw failure;
  }
}

function proofOf(copy: CopyRecord, remnants: readonly Remnant[]): FlatnessProof {
  const dustPending = remnants.map((remnant) => {
    const sheet = copy.watched.book.findSheet(remnant.coin);
    return { coin: remnant.coin, size: sheet === undefined ? '0' : formatSize(fromLots(sheet.instrument, remnant.lots)) };
  });
  return { flat: dustPending.length === 0, dustPending, handedOver: [] };
}

/** Money amount of a remnant at the mark, as text. */
function notionalOf(copy: CopyRecord, coin: string): string {
  const sheet = copy.watched.book.findSheet(coin);
  if (sheet === undefined) return '0';
  const lots = Math.abs(sheet.rows.position[copy.row] ?? 0);
  return formatMoney(notional(fromLots(sheet.instrument, lots), price(BigInt(sheet.mark)), 'zero'));
}
