import { type EpochMs, max, min, RATE_ONE } from '@lockstep/kernel';
import type { SharedLimitsSeen } from '../terms';
import type { CopyTrack, TermsInForce } from './copies';
import { entryOf } from './entry-of';
import { equityOf, type HeldAtLook } from './held-at-look';
import { type SharedStanding, sharedKey } from './shared-standing';
import type { AuditState } from './state';
import { heldBy, termsFor } from './state-limits';
import { underlyingOf } from './underlying';

/*
 * What copies hold together against limits they share (product §3: state limits, and `alert` of concentration), judged at every look at marks like limits of one copy.
 */

/** The limits by their names in the settings. */
const LIMITS = [
  ['max_follower_exposure', 'followerGross'],
  ['max_underlying_share', 'underlyingShare'],
  ['max_leader_exposure', 'leaderCapacity'],
  ['alert_follower_exposure', 'alertGross'],
  ['alert_underlying_share', 'alertShare'],
  ['alert_leader_exposure', 'alertCapacity'],
] as const satisfies readonly (readonly [string, keyof SharedLimitsSeen])[];
type Column = (typeof LIMITS)[number][1];
const isShare = (column: Column): boolean => column === 'underlyingShare' || column === 'alertShare';
const isLeaders = (column: Column): boolean => column === 'leaderCapacity' || column === 'alertCapacity';
/** What was told is met again this far below its limit. */
const MET = 95n;
const HUNDRED = 100n;
/** A copy whose state is so young may stand in no book yet, or in one still. */
const STATE_YOUNG_MS = 1_000;

/** Takes one look of a process at the marks of what some copies hold: everything those copies share is judged, and what was passed before whoever holds it. */
export function lookAtShared(state: AuditState, valued: Iterable<CopyTrack>, process: string, at: EpochMs): void {
  state.sharedBy = process;
  const groups = new Map<string, Group>();
  const add = (of: string, leader: string | null): void => {
    if (!groups.has(of)) groups.set(of, { of, leader, copies: groupOf(state, of, leader) });
  };
  for (const { copy } of valued) {
    add(copy.account, null);
    add(copy.leaderId, copy.leader);
  }
  const known = new Map<string, SharedStanding[]>();
  for (const standing of state.shared.values()) {
    const { of, leader, is } = standing;
    if (is !== 'met') add(of, leader);
    const before = known.get(of);
    if (before === undefined) known.set(of, [standing]);
    else before.push(standing);
  }
  // A copy is of two groups, and limits are many: what a look asks of it is worked out once.
  const members = new Map<CopyTrack, Member>();
  for (const { of, leader, copies } of groups.values()) {
    const living = copies.filter((copy) => copy.state !== 'stopped').map((copy) => entryOf(members, copy, () => memberOf(state, copy, process, at)));
    if (living.every(({ shares }) => !shares)) {
      for (const [key, standing] of state.shared) if (standing.of === of) state.shared.delete(key);
      continue;
    }
    judgeGroup({ state, at, of, leader, members: living }, known.get(of) ?? NOTHING_KNOWN);
  }
}

const NOTHING_KNOWN: readonly SharedStanding[] = [];

const groupOf = (state: AuditState, of: string, leader: string | null): readonly CopyTrack[] =>
  leader === null ? (state.copiesByAccount.get(of) ?? []) : (state.copiesByLeader.get(leader) ?? []).filter(({ copy }) => copy.leaderId === of);

interface Group {
  readonly of: string;
  /** Address of the watched account; null: a follower's copies. */
  readonly leader: string | null;
  readonly copies: readonly CopyTrack[];
}

/** A copy of a group at a look. */
interface Member {
  readonly copy: CopyTrack;
  /** Terms an engine may judge it by. */
  readonly terms: readonly TermsInForce[];
  /** Whether any of them has limits that copies share. */
  readonly shares: boolean;
  /** Whether it stands in its book for certain. */
  readonly isSure: boolean;
  /** What it holds by the marks of the process; null: it may not know. */
  readonly held: () => readonly HeldAtLook[] | null;
}

function memberOf(state: AuditState, copy: CopyTrack, process: string, at: EpochMs): Member {
  const terms = termsFor(copy, at);
  return {
    copy,
    terms,
    shares: terms.some(({ settings }) => settings.shared !== undefined),
    isSure: isSureAt(copy, at),
    held: once(() => heldBy(state, copy, process, at)),
  };
}

interface Look extends Omit<Group, 'copies'> {
  readonly state: AuditState;
  readonly at: EpochMs;
  readonly members: readonly Member[];
}

/** Amounts as the least and the most they may be, 10^-8; null: not known. */
interface Range {
  readonly least: bigint | null;
  readonly most: bigint | null;
}

/** `known`: what is known already of limits of the group. */
function judgeGroup(look: Look, known: readonly SharedStanding[]): void {
  const held = once(() => heldOf(look));
  const worth = once(() => worthOf(look));
  for (const [limit, column] of LIMITS) {
    if (isLeaders(column) !== (look.leader !== null)) continue;
    const threshold = limitOf(look, column, worth);
    const before = known.length === 0 ? known : known.filter((each) => each.limit === limit);
    // Most copies share few limits: of one that nobody has nothing is to be told but what was told before.
    if (threshold.least === null && threshold.most === null && before.length === 0) continue;
    const all = held();
    if (!isShare(column)) {
      keep(look, limit, null, threshold, all === null ? UNKNOWN : sumOf(all));
      continue;
    }
    for (const underlying of underlyingsOf(look, before)) {
      keep(look, limit, underlying, threshold, all === null ? UNKNOWN : sumOf(all.filter(({ coin }) => underlyingOf(coin) === underlying)));
    }
  }
}

/** What is worked out when it is asked for first. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Those the copies ever held something of, and those whose limit was passed by copies that stopped meanwhile. */
function underlyingsOf({ members }: Look, before: readonly SharedStanding[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { copy } of members) for (const coin of copy.holdings.keys()) found.add(underlyingOf(coin));
  for (const { underlying } of before) if (underlying !== null) found.add(underlying);
  return found;
}

const UNKNOWN: Range = { least: null, most: null };

function keep(look: Look, limit: string, underlying: string | null, threshold: Range, held: Range): void {
  const { state, of, leader, at } = look;
  const key = sharedKey(limit, of, underlying);
  const known = state.shared.get(key);
  const is = standingOf(threshold, held) ?? 'open';
  if (is === 'open' && known === undefined) return;
  if (known?.is !== is) state.shared.set(key, { limit, of, leader, underlying, is, since: at });
}

function standingOf({ least, most }: Range, held: Range): 'passed' | 'met' | null {
  if (most !== null && held.least !== null && held.least > most) return 'passed';
  if (least !== null && held.most !== null && held.most * HUNDRED <= (least - 1n) * MET) return 'met';
  return null;
}

interface HeldInCoin {
  readonly coin: string;
  readonly least: bigint;
  readonly most: bigint;
}

/** What the copies hold by the marks of the process; null: it may not know. */
function heldOf({ members }: Look): readonly HeldInCoin[] | null {
  const all: HeldInCoin[] = [];
  for (const member of members) {
    const held = member.held();
    if (held === null) return null;
    for (const { holding, least, most } of held) all.push({ coin: holding.coin, least: member.isSure ? least : 0n, most });
  }
  return all;
}

const sumOf = (held: readonly HeldInCoin[]): Range => ({
  least: held.reduce((sum, { least }) => sum + least, 0n),
  most: held.reduce((sum, { most }) => sum + most, 0n),
});

/** Whether a copy stands in its book for certain. */
const isSureAt = ({ state, stateAt }: CopyTrack, at: EpochMs): boolean =>
  at - stateAt >= STATE_YOUNG_MS && state !== 'preparing' && state !== 'stopping' && state !== 'handing_over';

/** The strictest limit any of the copies has, in money. `worth`: what they are worth together. */
function limitOf({ members }: Look, column: Column, worth: () => Range): Range {
  const most = strictest(members, column, 'most');
  const least = strictest(members, column, 'least');
  if (!isShare(column) || (least === null && most === null)) return { least, most };
  const all = worth();
  const shared = (share: bigint | null, equity: bigint | null): bigint | null =>
    share === null || equity === null ? null : (share * equity) / RATE_ONE;
  return { least: shared(least, all.least), most: shared(most, all.most) };
}

const figureOf = ({ settings }: TermsInForce, column: Column): bigint | null => settings.shared?.[column] ?? null;

/** The strictest of what each copy may have: at most, of copies that surely count, none where any of a copy's terms has none; at least, whatever any of them has. */
function strictest(members: readonly Member[], column: Column, end: 'most' | 'least'): bigint | null {
  let found: bigint | null = null;
  for (const { terms, shares, isSure } of members) {
    if (!shares || (end === 'most' && !isSure)) continue;
    const one = end === 'most' ? loosestOf(terms, column) : strictestOf(terms, column);
    if (one !== null) found = found === null ? one : min(found, one);
  }
  return found;
}

function loosestOf(terms: readonly TermsInForce[], column: Column): bigint | null {
  let found: bigint | null = null;
  for (const each of terms) {
    const figure = figureOf(each, column);
    if (figure === null) return null;
    found = found === null ? figure : max(found, figure);
  }
  return found;
}

function strictestOf(terms: readonly TermsInForce[], column: Column): bigint | null {
  let found: bigint | null = null;
  for (const each of terms) {
    const figure = figureOf(each, column);
    if (figure !== null) found = found === null ? figure : min(found, figure);
  }
  return found;
}

/** What the copies are worth together. */
function worthOf({ state, at, members }: Look): Range {
  let [least, most]: [bigint, bigint | null] = [0n, 0n];
  for (const { copy, terms, isSure } of members) {
    // One that never held anything was never valued.
    const allocations = copy.equity.range(at) !== null ? [] : terms.map(({ allocation }) => allocation);
    const high = allocations.length > 0 ? allocations.reduce(max) : equityOf(state, copy, at, 'most');
    most = most === null || high === null ? null : most + high;
    if (isSure) least += equityOf(state, copy, at, 'least') ?? 0n;
  }
  return { least, most };
}
