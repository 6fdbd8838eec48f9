import { abs, mulDiv, sign, UNIT } from '@lockstep/kernel';
import type { CopyTrack } from '../book/copies';
import type { Holding } from '../book/holding';
import { aheadMost, exitsAhead } from '../book/keep-mirrors';
import type { LeaderMove } from '../book/leaders';
import type { AuditState, InstrumentSeen } from '../book/state';
import type { CalmSnapshot, CopyAtCalm, CopyInstrumentAtCalm, FlatnessProof } from '../calm';
import type { HaltCause } from '../observations';
import { isFollowed } from '../terms';
import type { ViolationKind } from '../violation';
import { checkHandOver } from './hand-overs';
import { sizeText } from './judged-order';
import { isRefusedForMargin } from './margin-refusals';
import { checkDeadline, checkSlices } from './unwinding';

/** What one copy has in one coin in a calm. */
interface Standing {
  readonly state: AuditState;
  readonly at: number;
  readonly copy: CopyTrack;
  readonly told: CopyInstrumentAtCalm;
  readonly holding: Holding;
  readonly instrument: InstrumentSeen;
  readonly mark: bigint;
  /** The leader's true position. */
  readonly leader: bigint;
}

/** In a calm every copy is where product §2 says, or says why not: flat leaders, stops and breaches leave nothing, targets are right, gaps have reasons. */
export function checkCalmPositions(state: AuditState, snapshot: CalmSnapshot): void {
  const marks = new Map(snapshot.marks.map(({ coin, price }) => [coin, price]));
  const positions = new Map(snapshot.positions.map(({ address, positions: list }) => [address, new Map(list.map(({ coin, size }) => [coin, size]))]));
  checkTold(state, snapshot);
  for (const copyAtCalm of snapshot.copies) {
    const copy = state.copies.get(copyAtCalm.copyId);
    if (copy === undefined) continue;
    checkAsked(state, snapshot.at, copy, copyAtCalm.state);
    checkBroken(state, snapshot.at, copy, copyAtCalm.state);
    if (copyAtCalm.state === 'unwinding') checkDeadline(state, snapshot.at, copy);
    checkHandOver(state, snapshot.at, copy, copyAtCalm);
    for (const told of instrumentsOf(copy, copyAtCalm)) {
      const instrument = state.instruments.get(told.coin);
      const mark = marks.get(told.coin);
      if (instrument === undefined || mark === undefined) continue;
      const leader = positions.get(copy.copy.leader)?.get(told.coin) ?? 0n;
      const standing = { state, at: snapshot.at, copy, told, holding: copy.holding(told.coin), instrument, mark, leader };
      checkTruth(standing, positions.get(copy.copy.account)?.get(told.coin) ?? 0n);
      checkClosed(standing, copyAtCalm.state, copyAtCalm.proof);
      if (isFollowed(copyAtCalm.state)) checkFollowed(standing, copyAtCalm.state);
      if (copyAtCalm.state === 'unwinding') checkSlices(state, snapshot.at, copy, standing.holding, mark);
    }
  }
}

/** States a copy must not be in once it was long asked to end so. One whose beginning was refused has nothing to close. */
const NOT_AFTER: readonly (readonly [HaltCause, ReadonlySet<CopyAtCalm['state']>])[] = [
  ['stop', new Set(['active', 'paused', 'winding_down', 'unwinding', 'handing_over', 'breaker_closed'])],
  ['hand_over', new Set(['active', 'paused', 'winding_down', 'unwinding'])],
  ['wind_down', new Set(['active', 'paused'])],
];

/** A copy that is to end, alone or with all of its follower, leader or brand, is on its way there at least. */
function checkAsked(state: AuditState, at: number, { copy: { copyId } }: CopyTrack, copyState: CopyAtCalm['state']): void {
  for (const [cause, not] of NOT_AFTER) {
    const since = state.halts.since({ kind: 'copy', copyId }, cause);
    if (since === null || at - since <= state.options.comparisonMs || !not.has(copyState)) continue;
    state.report('stop_not_flat', at, copyId, null, `in the calm copy ${copyId} is ${copyState} ${at - since} ms after its ${cause} was answered`);
  }
}

/** What met a loss limit beyond doubt is closed as a whole, whatever it holds, and stays so until its follower enables it again. */
function checkBroken(
  state: AuditState,
  at: number,
  { copy: { copyId }, losses: { breach }, ownShare }: CopyTrack,
  copyState: CopyAtCalm['state'],
): void {
  if (breach?.level !== 'closed' || at - breach.reachedAt < CLOSING_MS || ownShare || !isFollowed(copyState)) return;
  const text = `is ${copyState} ${at - breach.reachedAt} ms after ${breach.limit} was met: ${breach.text}`;
  state.report('breach_not_closed', at, copyId, null, `in the calm copy ${copyId} ${text}`);
}

/** A breaker that was told has closed its copy, until its follower enables it again. */
function checkTold(state: AuditState, { at, copies, breakersTold = [] }: CalmSnapshot): void {
  const told = new Map<string, number>();
  for (const copyId of breakersTold) told.set(copyId, (told.get(copyId) ?? 0) + 1);
  for (const { copyId, state: copyState } of copies) {
    const times = told.get(copyId) ?? 0;
    const enabled = state.copies.get(copyId)?.reEnabled ?? 0;
    if (times <= enabled || !isFollowed(copyState)) continue;
    const text = `is ${copyState}, though it was told to be closed ${times} times by a breaker and enabled again ${enabled} times`;
    state.report('breach_not_closed', at, copyId, null, `in the calm copy ${copyId} ${text}`);
  }
}

/** Every coin the engine or the auditor knows something of. */
function instrumentsOf(copy: CopyTrack, told: CopyAtCalm): readonly CopyInstrumentAtCalm[] {
  const named = new Set(told.instruments.map(({ coin }) => coin));
  const others = [...copy.holdings.keys()].filter((coin) => !named.has(coin));
  return [...told.instruments, ...others.map((coin) => ({ coin, target: 0n, position: 0n, reasons: [] }))];
}

function tell(standing: Standing, kind: ViolationKind, text: string): void {
  const { state, at, copy, told } = standing;
  state.report(kind, at, copy.copy.copyId, null, `in the calm copy ${copy.copy.copyId} in ${told.coin}: ${text}`);
}

/** The engine believes in the position there is, and what the auditor was told adds up to the venue's. */
function checkTruth(standing: Standing, net: bigint): void {
  const { state, copy, told, holding } = standing;
  if (holding.foreign) return;
  const sharers = state.copiesByAccount.get(copy.copy.account) ?? [];
  const held = sharers.reduce((sum, sharer) => sum + (sharer.holdings.get(told.coin)?.real.position ?? 0n), 0n);
  if (held !== net) tell(standing, 'position_wrong', `the venue has ${sizeText(net)} in its account, its fills add up to ${sizeText(held)}`);
  // What was handed over is the follower's own, and listed in its proof.
  if (copy.handed === null && told.position !== holding.real.position) {
    tell(standing, 'position_wrong', `the engine believes in ${sizeText(told.position)}, its fills add up to ${sizeText(holding.real.position)}`);
  }
}

/** A remnant that cannot close alone. */
const isDust = ({ holding, mark, instrument }: Standing): boolean => abs(holding.real.position) * mark < instrument.minNotional * UNIT;

/** A remnant nothing keeps from being closed: reduce-only, the account's whole net needs no minimum (product §2.5). */
const closesAlone = ({ state, copy, holding, told }: Standing): boolean =>
  copy.state !== 'stopped' && state.nets.get(`${copy.copy.account} ${told.coin}`) === holding.real.position;

/** The proof lists what the copy has: a remnant too small to close, to the lot. Marks may have moved since. */
function isProven({ told, holding, mark, instrument }: Standing, { dust }: FlatnessProof): boolean {
  const listed = dust.find(({ coin }) => coin === told.coin)?.size ?? 0n;
  return listed === holding.real.position && abs(listed) * mark < 2n * instrument.minNotional * UNIT;
}

/** The venue refuses to let so much be closed. */
const cannotClose = ({ state, copy, holding, at }: Standing, size: bigint): boolean => isRefusedForMargin(state, copy.copy.copyId, holding, size, at);

/** What is closed since so short a while need not be flat. */
const CLOSING_MS = 15_000;

/** Stops, breakers and the leader's close end flat. */
function checkClosed(standing: Standing, copyState: CopyAtCalm['state'], proof: FlatnessProof | undefined): void {
  const { copy, holding, leader, state } = standing;
  if (state.unsigned.has(copy.copy.account) || copy.handed !== null || copyState === 'handing_over') return;
  if (holding.foreign || holding.real.position === 0n || (isDust(standing) && !closesAlone(standing) && standing.told.reasons.includes('dust')))
    return;
  if (copyState !== 'stopped' && cannotClose(standing, abs(holding.real.position))) return;
  const held = sizeText(holding.real.position);
  const { breach } = copy.losses;
  if (breach?.level === 'closed') {
    tell(standing, 'breach_not_closed', `${held} is held after ${breach.limit} was met: ${breach.text}`);
    return;
  }
  if (copyState === 'breaker_closed') {
    tell(standing, 'breach_not_closed', `${held} is held by a copy whose breaker closed it`);
    return;
  }
  if (copyState === 'stopped' && proof !== undefined && isProven(standing, proof)) return;
  // A deadline may lie in the calm.
  if (copyState === 'stopping' && standing.at - copy.stateAt < CLOSING_MS) return;
  if (copyState === 'stopping' || copyState === 'stopped') {
    tell(standing, 'stop_not_flat', `${held} is held by a copy that is ${copyState}`);
    return;
  }
  const begun = copy.unwinding.get(holding.coin);
  const left = copyState === 'unwinding' && holding.reducedAt > (begun?.reducedAt ?? Number.NEGATIVE_INFINITY);
  const exits = copy.terms.settings.follow !== 'increases_only' || copyState === 'winding_down' || left;
  const ahead = aheadOn(standing, sign(holding.real.position));
  const beyond = abs(holding.real.position) - ahead;
  // What is closed beside it is a part of what is held, and waits below the minimum as any part does.
  if (leader !== 0n || !exits || beyond <= 0n || (ahead > 0n && isBelowMinimum(standing, beyond))) return;
  tell(standing, 'exit_not_followed', `${held} is held though the leader is flat`);
}

/** The engine's target lies within the auditor's bounds, the position at the target, or a reason stands for it. */
function checkFollowed(standing: Standing, copyState: CopyAtCalm['state']): void {
  const { copy, holding, told, instrument } = standing;
  const { target } = holding;
  if (holding.foreign) return;
  const wanted = abs(told.target);
  const slack = instrument.lot * BigInt(target.moves + 2);
  // A copy that closes by itself may still hold what its leader left, on either side.
  const closesAlone = copy.terms.settings.follow === 'increases_only' || copy.earlier?.settings.follow === 'increases_only';
  const missed = missedOf(standing);
  const most = target.highSince(missed?.at ?? Number.POSITIVE_INFINITY, sign(told.target));
  if (!closesAlone && wanted > instrument.lot && wanted > most + instrument.lot) {
    tell(
      standing,
      'target_too_high',
      `the target is ${sizeText(told.target)}, at most ${sizeText(target.high * target.side)} follows from the leader's fills`,
    );
  }
  const least = leastOf(standing);
  const short = missed === null && target.lowHolds && wanted + slack < least && copyState === 'active';
  if (short && told.reasons.length === 0) {
    tell(
      standing,
      'target_too_low',
      `the target is ${sizeText(told.target)} without a reason, at least ${sizeText(least * target.side)} follows from the leader's fills`,
    );
  }
  checkGap(standing, wanted);
}

/**
 * The oldest move of the leader that was told to a process which died before it decided on it, and to nobody since, where he is back at where he was before: no
 * reading tells an engine of that. null: there is none.
 */
function missedOf({ state, at, copy, told, holding, leader }: Standing): LeaderMove | null {
  const track = state.leader(copy.copy.leader).coin(told.coin);
  const leading = [...state.startedAt.keys()].filter((process) => !state.formers.isOver(process));
  const missed = holding.open.missed((move) => leading.every((process) => track.isUnheard(move, process, at)));
  return missed !== null && (missed.believed ?? missed.before) === leader ? missed : null;
}

/** The lowest target, less what the leader reduced by in fills no engine was told: a state alone told of that, and is followed. */
function leastOf({ state, copy, told, holding, leader }: Standing): bigint {
  const { low } = holding.target;
  const { position } = state.leader(copy.copy.leader).coin(told.coin);
  if (sign(position) !== sign(leader)) return 0n;
  return abs(leader) < abs(position) ? mulDiv(low, abs(leader), abs(position), 'down') : low;
}

const wholeLots = (size: bigint, { lot }: InstrumentSeen): bigint => size - (size % lot);

/** A reduction by so much waits: the whole lots it would take off are below the venue's minimum, or a tenth above it, since marks may have moved. */
const isBelowMinimum = ({ instrument, mark }: Standing, size: bigint): boolean =>
  wholeLots(size, instrument) * mark * 10n < instrument.minNotional * UNIT * 11n;

/** What may be held ahead of the leader on a side: his orders there stand, and their mirrors filled first. */
const aheadOn = ({ state, at, copy, holding }: Standing, side: bigint): bigint => aheadMost(state, copy, holding, at, side > 0n);

function checkGap(standing: Standing, wanted: bigint): void {
  const { holding, told, instrument, mark, state, copy } = standing;
  if (state.unsigned.has(copy.copy.account)) return;
  const side = sign(told.target) === 0n ? sign(holding.real.position) : sign(told.target);
  const held = holding.real.position * side;
  const gap = wanted - held;
  if (abs(gap) < instrument.lot) return;
  const least = instrument.minNotional * UNIT;
  if (held < 0n && -held * mark >= least) {
    if (cannotClose(standing, -held)) return;
    tell(standing, 'exit_not_followed', `${sizeText(holding.real.position)} is held on the other side of a target of ${sizeText(told.target)}`);
    return;
  }
  if (gap > 0n) {
    // A mirror that takes off may fill before its leader's order does, which stands.
    if (gap <= exitsAhead(state, copy, holding, standing.at)) return;
    // An increase below the minimum waits; anything larger has a reason that lets it be owed or given up.
    if (gap * mark < least * 2n && told.reasons.includes('below_minimum')) return;
    if (told.reasons.some((reason) => reason !== 'below_minimum' && reason !== 'dust')) return;
    tell(
      standing,
      'gap_unexplained',
      `${sizeText(holding.real.position)} is held for a target of ${sizeText(told.target)} without a reason (${told.reasons.join(', ') || 'none'})`,
    );
    return;
  }
  const beyond = -gap - aheadOn(standing, side);
  if (beyond <= 0n) return;
  // A reduction waits only where it would take off less than the minimum, or the whole is so little that it is kept or closed.
  if (isBelowMinimum(standing, beyond) || held * mark < least * 2n || cannotClose(standing, wholeLots(beyond, instrument))) return;
  tell(standing, 'exit_not_followed', `${sizeText(holding.real.position)} is held for a target of ${sizeText(told.target)}`);
}
