import { type Money, money, type TenantScope } from '@lockstep/kernel';
import { EPISODE, type InstrumentSheet, revalue, STATUS, zeroTarget } from '@lockstep/replication';
import { anchorLosses } from '@lockstep/risk';
import { type CopySettings, type CopyState, decodeCopySettings, isFollowed, nextCopyState } from '@lockstep/roster';
import { type CommandRow, runningCopy, saveEquity, type TakenOnResult } from '@lockstep/storage';
import { shareAccount } from '../accounts/clearing-shares';
import { allocationSource, bookAllocation } from '../books/book-allocation';
import type { EngineContext } from '../context';
import { intentOf } from '../state/intent';
import { putLimits } from '../state/limit-chain';
import { copyStateOf } from '../state/load-scope';
import { readEquity } from '../state/real-equity';
import type { CopyRecord } from '../state/registry';
import { equityStateOf } from '../state/save-equity';
import { equityOfOthers, leavingOfOthers } from '../state/shared-accounts';
import { takeOnAtStart, whatItNeeds } from './activate-copy';
import { beginAtNextOpen, beginLate } from './begin-at-next-open';
import { applied, type CommandEnd, type CommandParts, type LaterEnd, later, refused } from './command-end';
import { keepWindows } from './keep-windows';
import { type FlowTry, isWorthKnown, isWorthRead, mayWaitForWorth, READ_RETRY_MS, WORTH_RETRY_MS } from './known-worth';
import { leaveWhatLeaderLeft } from './leave-what-leader-left';
import { field } from './payload';
import { bookedAllocation, moneyOfText, reduceProRata, type WriteAllocation } from './reduce-pro-rata';
import { keepIntent, takeOnPositions } from './take-on-positions';
import { writeState } from './write-state';

/** Wait for the end of a stop that was filled, in ms. It is asked for until the venue told it. */
const SETTLE_RETRY_MS = 500;

/** Entries stop now, in the middle of a wave too; exits go on. */
export async function pauseCopy(ctx: EngineContext, parts: CommandParts, command: CommandRow): Promise<CommandEnd> {
  const copy = ctx.registry.copiesById.get(command.targetId);
  if (copy === undefined) return refused('unknown_target');
  if (next(copy, 'pause') === null) return stands(copy, 'paused');
  // Columns first: what has not left stays here, whatever the write below takes; a write that failed is made again with the command.
  copy.watched.book.setStatus(copy.row, STATUS.paused, true);
  ctx.stops.changed();
  await writeState(ctx, parts.books, copy, copy.state, 'paused', 'paused_by_follower');
  return applied();
}

export async function resumeCopy(ctx: EngineContext, parts: CommandParts, command: CommandRow): Promise<CommandEnd> {
  const copy = ctx.registry.copiesById.get(command.targetId);
  if (copy === undefined) return refused('unknown_target');
  if (next(copy, 'resume') === null) return stands(copy, 'active');
  await writeState(ctx, parts.books, copy, copy.state, 'active', 'resumed');
  if (copy.state !== 'active') return applied();
  copy.watched.book.setStatus(copy.row, STATUS.paused, false);
  // A stop that was read meanwhile and waits for its turn stands.
  ctx.wishes.meet(copy);
  return applied();
}

/**
 * After a breaker: only when flat. Every reference is anchored anew, so that the loss so far no longer counts, and the copy begins as its `start` says: at the
 * leader's next opens, or with what the leader is in. One wish enables once: that it was begun is written with the copy's new state, and carried out anew it takes
 * on what is left to take on, nothing where the copy is not active any more. And one breaker is answered once: of several wishes that were given for it the first
 * enables, and where the copy was closed again since, the others enable nothing.
 */
export async function reEnableCopy(ctx: EngineContext, parts: CommandParts, command: CommandRow): Promise<CommandEnd | LaterEnd> {
  // A process died, or failed, between the new beginning and what it takes on. What ended or paused the copy since came behind the wish.
  if (command.begunAt !== null) return takeOnAtStart(ctx, parts, command.targetId);
  const copy = ctx.registry.copiesById.get(command.targetId);
  if (copy === undefined) return refused('unknown_target');
  const isAnswered = await enabledSince(ctx, copy, command);
  // Active by another command since this one was given, or ended: what that one did not take on is not asked about anew.
  if (next(copy, 're_enable') === null) return stands(copy, 'active');
  if (isAnswered) return refused('wrong_state', 'closed again since it was given');
  const { book } = copy.watched;
  for (const sheet of book.allSheets()) if ((sheet.rows.position[copy.row] ?? 0) !== 0) return refused('not_flat', sheet.instrument.coin);
  // A stop whose fill this breaker answers would break the copy once more if its end were found after the new beginning.
  if (ctx.standingStops.hasTriggered(copy)) return later(SETTLE_RETRY_MS);
  const beginning = beginAtNextOpen(ctx, copy);
  // Before the write and within it: a process that died behind it would find the old references with the copy active, and close it again.
  revalue(book, Math.floor(ctx.clock.now()), ctx.limits.markMaxAgeMs);
  anchorLosses(book.copies, copy.row);
  await writeState(ctx, parts.books, copy, copy.state, 'active', 're_enabled', async (unit) => {
    await beginning.write(unit);
    await saveEquity(unit, [{ ...equityStateOf(ctx, copy), breaker: 'armed' }]);
    await unit.commands.noteBegun(command.no);
  });
  beginning.written();
  // A stop that came meanwhile stands.
  if (copy.state !== 'active') return applied();
  // A pause of before the breaker is over with it, and so is a stop that waited for the leader's close.
  book.setStatus(copy.row, STATUS.breaker | STATUS.closing | STATUS.paused | STATUS.lossHalt | STATUS.windingDown, false);
  ctx.wishes.meet(copy);
  const late = beginLate(ctx, parts.books, copy, beginning);
  book.setStatus(copy.row, STATUS.active, true);
  await late;
  return takeOnAtStart(ctx, parts, copy.id);
}

/** Whether another wish has enabled a copy since this one was given. */
const enabledSince = (ctx: EngineContext, { id, group }: CopyRecord, { kind, createdAt }: CommandRow): Promise<boolean> =>
  ctx.storage.scoped(group.scope, (unit) => unit.commands.begunSince(kind, id, createdAt), { readOnly: true });

/** Targets become what the copy's mode asks for the leader's present positions, by the follower's own wish; caps and the copy's price bound act as ever. */
export async function rebaseCopy(ctx: EngineContext, parts: CommandParts, command: CommandRow): Promise<CommandEnd> {
  const copy = ctx.registry.copiesById.get(command.targetId);
  if (copy === undefined) return refused('unknown_target');
  if (copy.state !== 'active') return refused('wrong_state', copy.state);
  const needs = await whatItNeeds(ctx, copy.watched, copy.settings);
  if (needs !== null) return needs;
  return applied(await takeOnPositions(ctx, parts, copy, null));
}

/** A settings version takes effect with the next decision; nothing is traded because of it, but for what it turned to the wrong side, or what the leader left and the copy now follows. */
export async function changeSettings(ctx: EngineContext, parts: CommandParts, scope: TenantScope, command: CommandRow): Promise<CommandEnd> {
  const copy = ctx.registry.copiesById.get(command.targetId);
  const version = Number(field(command.payload, 'version'));
  if (!Number.isInteger(version)) return refused('bad_payload');
  // A copy that is not running reads its version when it starts.
  if (copy === undefined) return applied();
  const { row, former } = await ctx.storage.scoped(scope, async (unit) => ({
    row: await unit.copies.settings(copy.id, version),
    former: await unit.copies.settings(copy.id, version - 1),
  }));
  const decoded = row === null ? null : decodeCopySettings(row.settings);
  if (decoded === null || !decoded.ok) return refused('bad_payload', 'settings version');
  const turned = isTurned(former === null ? null : former.settings, decoded.value) || decoded.value.direction !== copy.settings.direction;
  // An engine that starts reads the newest version: one that was asked for before it would loosen what was tightened since.
  if (version < copy.settingsVersion) {
    if (turned) await leaveWrongSide(ctx, parts, copy);
    return applied();
  }
  const needs = await whatItNeeds(ctx, copy.watched, decoded.value);
  // It ended while its version or the venue was read.
  if (!ctx.registry.holds(copy)) return applied();
  copy.ownSettings = decoded.value;
  copy.settingsVersion = version;
  putLimits(ctx.chain, copy);
  ctx.stops.changed();
  parts.orders.follow();
  if (turned) await leaveWrongSide(ctx, parts, copy);
  await leaveWhatLeaderLeft(ctx, parts, copy);
  await keepWindows(ctx, parts, [copy]);
  // The version stands all the same: what its mode lacks denies entries until it is there.
  if (needs !== null) ctx.log.warn('new settings of a copy lack what their mode goes by', { copyNo: copy.no, mode: decoded.value.mode.kind });
  return applied();
}

/**
 * Whether a version turned the copy's direction, by the version before it and not by what is in memory: a start reads the newest one first, and a command that is made
 * again finds its own there.
 */
function isTurned(former: unknown, { direction }: CopySettings): boolean {
  const decoded = decodeCopySettings(former);
  return decoded.ok && decoded.value.direction !== direction;
}

/**
 * The direction was changed while the copy was flat, and the leader opened before the change was here: what was opened on the side that is wrong now is
 * closed, and the next open is waited for. In each instrument's lane: the row of a wave that is on its way would else be found behind it by a restart.
 */
async function leaveWrongSide(ctx: EngineContext, parts: Pick<CommandParts, 'books' | 'lanes'>, copy: CopyRecord): Promise<void> {
  const { watched, row } = copy;
  const { copies } = watched.book;
  const isWrong = ({ rows, leaderLots }: InstrumentSheet): boolean =>
    copies.copyNo[row] === copy.no && (rows.target[row] ?? 0) * Math.sign(leaderLots) * (copies.direction[row] ?? 1) < 0;
  for (const sheet of [...watched.book.allSheets()].filter(isWrong)) {
    await parts.lanes.alone(watched, sheet.instrument.coin, async () => {
      if (!isWrong(sheet)) return;
      const before = intentOf(sheet, row);
      zeroTarget(sheet, row);
      sheet.rows.episode[row] = (sheet.rows.episode[row] ?? 0) | EPISODE.awaitingOpen;
      await keepIntent(ctx, parts.books, copy, sheet, before);
    });
  }
}

/**
 * A flow into or out of a copy: row and ledger first, then the columns. A raise beyond what the venue account holds is refused as at creation, and the wish
 * is taken back where it stands; less is always possible. A copy that is not active yet is booked by its activation. Money moves once what the copy is worth is
 * known, as long as it may wait for that: until then losses are judged as if it had not been asked for, and nothing is entered with what is to leave.
 */
export async function changeAllocation(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  command: CommandRow,
  tried: FlowTry = { triedMs: 0, isAwaited: false },
): Promise<CommandEnd | LaterEnd> {
  const wanted = moneyOfText(field(command.payload, 'allocation'));
  const applies = field(command.payload, 'applies') ?? 'next_increase';
  if (wanted === null || (applies !== 'now' && applies !== 'next_increase')) return refused('bad_payload');
  const copy = ctx.registry.copiesById.get(command.targetId);
  if (copy === undefined) return applied();
  try {
    return await moveTo(ctx, parts, scope, command, { copy, wanted, applies, tried });
  } finally {
    copy.coming = 0n;
  }
}

/** A copy's money as it is to be. */
interface Flow {
  readonly copy: CopyRecord;
  readonly wanted: Money;
  readonly applies: 'now' | 'next_increase';
  readonly tried: FlowTry;
}

async function moveTo(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  command: CommandRow,
  { copy, wanted, applies, tried: { triedMs, isAwaited } }: Flow,
): Promise<CommandEnd | LaterEnd> {
  const { book } = copy.watched;
  const before = money(BigInt(book.copies.allocation[copy.row] ?? 0));
  if (await isMetByActivation(ctx, copy, command, before)) return applied(applies === 'now' ? { instruments: [] } : undefined);
  copy.leaving = wanted < before ? before - wanted : 0n;
  // What acts at once takes down with the rest what is entered meanwhile, by the money of before.
  if (applies === 'next_increase') bindMeanwhile(ctx, copy, wanted);
  // What takes positions down at once is not kept for long.
  const waits = wanted !== before && mayWaitForWorth(triedMs, isAwaited || (applies === 'now' && wanted < before));
  if (waits && !isWorthKnown(ctx, copy)) return later(WORTH_RETRY_MS);
  const refusal = wanted > before ? await raiseRefusal(ctx, copy, wanted - before, waits) : null;
  if (refusal?.status === 'later') return refusal;
  if (waits && refusal === null && !(await isWorthRead(ctx, parts, copy))) return later(READ_RETRY_MS);
  if (!waits && refusal === null && wanted !== before && !isWorthKnown(ctx, copy))
    ctx.log.warn('money of a copy moves before all that changes what it is worth was told', { copyNo: copy.no });
  const [from, to] = refusal === null ? [before, wanted] : [wanted, before];
  const write: WriteAllocation = (also) =>
    parts.books.run(scope, () =>
      ctx.storage.scoped(scope, async (unit) => {
        // A wish that came meanwhile stands in the row and stays there: its own command decides about it.
        await unit.copies.update({ id: copy.id, allocation: from }, { allocation: to, updatedAt: unit.now });
        const standing = refusal === null ? await runningCopy(unit, copy.id) : null;
        const state = standing === null ? null : copyStateOf(standing.state);
        if (state === null || !isFollowed(state)) return;
        // With the flow, what the copy is worth before it: a process that died behind it would measure what was lost until now by the money that came.
        revalue(book, Math.floor(ctx.clock.now()), ctx.limits.markMaxAgeMs);
        await saveEquity(unit, [equityStateOf(ctx, copy)]);
        await also?.(unit);
        await bookAllocation(
          unit,
          copy.id,
          wanted,
          wanted > booked ? raisedBy(command) : `command:${command.no}`,
          ctx.clocks.businessTime(copy.group.scope, ctx.clock.now()),
        );
      }),
    );
  // What is booked tells what is left to do: a command made again after its write neither moves money nor reduces anything anew, and adds what it did not come to.
  const booked = refusal === null && applies === 'now' ? await bookedAllocation(ctx, copy) : wanted;
  const raises = wanted > booked || (applies === 'now' && wanted === booked && refusal === null && (await hasRaised(ctx, copy, command)));
  const reduced = wanted < booked ? await reduceProRata(ctx, parts, copy, wanted, write) : await write();
  if (refusal !== null) return refusal;
  // It ended before the write had its turn, and its money went with it.
  if (!ctx.registry.holds(copy)) return applied(applies === 'now' ? { instruments: [] } : undefined);
  revalue(book, Math.floor(ctx.clock.now()), ctx.limits.markMaxAgeMs);
  book.changeAllocation(copy.row, wanted);
  copy.leaving = 0n;
  copy.coming = 0n;
  // What is entered next is sized by what was read for it, and not by what the account had when it was compared last.
  if (wanted > before) shareAccount(ctx, copy.account);
  // Less money allows less of what is being written down.
  if (wanted < before) ctx.stops.changed();
  if (applies !== 'now') return applied();
  return raises ? addNow(ctx, parts, copy) : applied(reduced ?? { instruments: [] });
}

/**
 * A follower lowers what a copy may do at once (product §3): nothing is entered with money that is to leave while it waits, or while its way out is written. What is
 * lowered further by another command stays so.
 */
function bindMeanwhile(ctx: EngineContext, { no, row, watched: { book } }: CopyRecord, wanted: Money): void {
  const { copyNo, allocation, leaving } = book.copies;
  if (copyNo[row] !== no || Number(wanted) >= (allocation[row] ?? 0) - (leaving[row] ?? 0)) return;
  book.awaitAllocation(row, wanted);
  ctx.stops.changed();
}

/** Less money binds as soon as its command is read: it may wait for others before it, or for a start to end, which takes a minute. */
export function bindAsRead(ctx: EngineContext, { kind, targetId, payload, createdAt }: CommandRow): void {
  const copy = ctx.registry.copiesById.get(targetId);
  const wanted = moneyOfText(field(payload, 'allocation'));
  const acts = kind === 'copy.allocation' && (field(payload, 'applies') ?? 'next_increase') === 'next_increase';
  // What was asked for before the copy began is in what it began with, or not in force any more.
  if (acts && copy !== undefined && wanted !== null && createdAt > copy.startedAt) bindMeanwhile(ctx, copy, wanted);
}

/**
 * Whether a change was asked for before its copy began and the newest wish of then is in force: the activation took that one. Gone through one by one, an older and
 * larger one would enter what nobody asks for any more.
 */
async function isMetByActivation(ctx: EngineContext, copy: CopyRecord, command: CommandRow, inForce: bigint): Promise<boolean> {
  if (command.createdAt > copy.startedAt) return false;
  const row = await ctx.storage.scoped(copy.group.scope, (unit) => runningCopy(unit, copy.id), { readOnly: true });
  return row !== null && row.allocation === inForce;
}

/** What moved the money of a raise that acts at once. */
const raisedBy = ({ no }: Pick<CommandRow, 'no'>): string => `command:${no}:raise`;

/** Whether a command moved the money of its raise already: a process may have died before it added anything, and adding is the same however often it is done. */
async function hasRaised(ctx: EngineContext, copy: CopyRecord, command: CommandRow): Promise<boolean> {
  const source = allocationSource(copy.id, raisedBy(command));
  const posted = await ctx.storage.scoped(copy.group.scope, (unit) => unit.ledger.postedSources([source]), { readOnly: true });
  return posted.has(source);
}

/**
 * What an allocation that acts at once adds: targets become what the mode asks for, as by a re-basis. Where the mode lacks something, or the copy takes no new
 * risk, the allocation acts with the leader's next increase all the same.
 */
async function addNow(ctx: EngineContext, parts: CommandParts, copy: CopyRecord): Promise<CommandEnd> {
  const nothing: TakenOnResult = { instruments: [] };
  if (copy.state !== 'active' || (await whatItNeeds(ctx, copy.watched, copy.settings)) !== null) return applied(nothing);
  return applied(await takeOnPositions(ctx, parts, copy, null));
}

/**
 * Why a copy may not get so much more, or not yet: its equity would exceed what the account really holds (product §1). What it may get is there for no other copy
 * from here on, however long it takes to move.
 */
async function raiseRefusal(ctx: EngineContext, copy: CopyRecord, more: bigint, mayWait: boolean): Promise<CommandEnd | LaterEnd | null> {
  const real = await readEquity(ctx, copy.account);
  if (real === null) return refused('venue_unreachable');
  revalue(copy.watched.book, Math.floor(ctx.clock.now()), ctx.limits.markMaxAgeMs);
  const equity = BigInt(copy.watched.book.copies.equity[copy.row] ?? 0) + more;
  const others = equityOfOthers(ctx.registry, copy.account, copy);
  if (equity + others <= real) {
    copy.coming = more;
    return null;
  }
  if (mayWait && equity + others - leavingOfOthers(ctx.registry, copy.account, copy) <= real) return later(READ_RETRY_MS);
  return refused('insufficient_equity', `account ${real}, copy ${equity}, other copies ${others}`);
}

/** Reads a tenant's fee schedules again, puts the one in force on all its copies, and lets what is announced come at its time. */
export async function reloadFees(ctx: EngineContext, parts: CommandParts, scope: TenantScope): Promise<CommandEnd> {
  parts.fees.take(scope, await ctx.storage.scoped(scope, (unit) => unit.feeSchedules.versions()));
  return applied();
}

/** A wish that changes nothing: carried out when the copy is as wished already, as after a process died between the change and its record. */
const stands = (copy: CopyRecord, wished: CopyState): CommandEnd => (copy.state === wished ? applied() : refused('wrong_state', copy.state));

function next(copy: CopyRecord, event: Parameters<typeof nextCopyState>[1]) {
  const state = copyStateOf(copy.state);
  return state === null ? null : nextCopyState(state, event);
}
