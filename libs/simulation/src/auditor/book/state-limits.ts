import { abs, type EpochMs, max, min, RATE_ONE, sign, UNIT } from '@lockstep/kernel';
import { isFollowed, type StateActionSeen, type StateLimitSeen } from '../terms';
import type { CopyTrack, TermsInForce } from './copies';
import { mayBelieve } from './foreign';
import { equityOf, type HeldAtLook } from './held-at-look';
import { mostAway } from './held-distance';
import type { Holding } from './holding';
import type { Passed } from './limit-marks';
import { isExit } from './orders';
import type { AuditState } from './state';

/*
 * Limits that what is held passes without an order (product §3 (2)): judged at every look at marks, on figures no engine may have otherwise.
 */

const LIMITS: readonly StateLimitSeen[] = ['position_notional', 'position_share', 'leverage', 'gross_exposure', 'liquidation_distance'];
/** A trim ends this far below its limit (product §3 (2)). */
const TRIMMED = 95n;
const HUNDRED = 100n;
/** Terms so young may not be in force in the engine, or those before them still. */
const TERMS_YOUNG_MS = 1_000;

/** Takes one look of a process at marks of what a copy holds. `prices` names them: the same ones are no new look. */
export function lookAtLimits(state: AuditState, copy: CopyTrack, process: string, at: EpochMs, prices: () => string): void {
  const { limits } = copy;
  const inForce = termsFor(copy, at);
  if (inForce.every(({ settings }) => settings.stateLimits === undefined)) return;
  const named = prices();
  const isNew = named !== limits.lastPrices;
  limits.lastPrices = named;
  const held = takesLimits(copy) ? heldBy(state, copy, process, at) : null;
  if (held === null) {
    limits.clear();
    return;
  }
  for (const limit of LIMITS) {
    const look = { state, copy, process, at, limit, held, inForce, isNew };
    if (!loosen(look)) limits.mayBe.delete(limit);
    else if (!limits.mayBe.has(limit)) limits.mayBe.set(limit, at);
    judge(look);
  }
}

/** One look at one limit of a copy. */
interface Look {
  readonly state: AuditState;
  readonly copy: CopyTrack;
  readonly process: string;
  readonly at: EpochMs;
  readonly limit: StateLimitSeen;
  readonly held: readonly HeldAtLook[];
  readonly inForce: readonly TermsInForce[];
  readonly isNew: boolean;
}

function judge({ state, copy, process, at, limit, held, inForce, isNew }: Look): void {
  const { limits } = copy;
  const action = surelyPassed(state, copy, at, limit, held, inForce);
  if (action === null) {
    limits.passed.delete(limit);
    return;
  }
  const known = limits.passed.get(limit);
  const same = known !== undefined && known.process === process && known.action === action;
  const passed = same ? known : { limit, action, since: at, process, looks: 0, dueAt: null };
  limits.passed.set(limit, passed);
  if (isNew || !same) passed.looks += 1;
  if (action === 'alert' || passed.looks < Math.max(...inForce.map(({ settings }) => settings.losses.closeAfterMarks))) return;
  if (!sees(state, copy, process, at, held)) return;
  passed.dueAt ??= at;
  const early = (limits.mayBe.get(limit) ?? at) < passed.since;
  for (const each of held) {
    const most = inForce.reduce((widest, terms) => max(widest, leftBy({ state, copy, at, limit, held, early }, terms, each)), 0n);
    const { position } = sizesOf(each.holding);
    const before = each.holding.trim?.process === process ? each.holding.trim.most : 0n;
    if (most < position) each.holding.trim = { at, process, most: max(most, before) };
  }
}

/** Terms an engine may judge by at a moment. */
export const termsFor = (copy: CopyTrack, at: EpochMs): readonly TermsInForce[] => [
  copy.terms,
  ...copy.asked,
  ...(at - copy.terms.at < TERMS_YOUNG_MS && copy.earlier !== null ? [copy.earlier] : []),
];

/** What is closed anyway needs no trimming. */
export const takesLimits = ({ state }: CopyTrack): boolean => isFollowed(state);

export const actionOf = ({ settings }: TermsInForce, limit: StateLimitSeen): StateActionSeen => settings.stateLimits?.[limit] ?? 'alert';

/** What is done about a limit that is passed under all the terms, by the least that is held and the most the limit may be; null: it may not be passed. */
export function surelyPassed(
  state: AuditState,
  copy: CopyTrack,
  at: EpochMs,
  limit: StateLimitSeen,
  held: readonly HeldAtLook[],
  inForce: readonly TermsInForce[],
): Passed['action'] | null {
  const [first] = inForce;
  const action = first === undefined ? 'none' : actionOf(first, limit);
  if (action === 'none') return null;
  const passed = inForce.every((terms) => {
    if (actionOf(terms, limit) !== action) return false;
    if (limit === 'liquidation_distance')
      return held.some((each) => each.least > (mostAway(state, copy, at, terms, held, each, 'most') ?? each.least));
    const most = limitIn(state, copy, at, terms, limit, 'most');
    return most !== null && under(limit, held, 'least') > most;
  });
  return passed ? action : null;
}

/** What is held under a limit: the largest position, or all together. */
export function under(limit: StateLimitSeen, held: readonly HeldAtLook[], end: 'least' | 'most'): bigint {
  return held.reduce((sum, each) => (isPerPosition(limit) ? max(sum, each[end]) : sum + each[end]), 0n);
}

export const isPerPosition = (limit: StateLimitSeen): boolean =>
  limit === 'position_notional' || limit === 'position_share' || limit === 'liquidation_distance';

/** What the copy holds in each coin by the marks of a process; null: it may not know, or is a matter of attribution. */
export function heldBy(state: AuditState, copy: CopyTrack, process: string, at: EpochMs): readonly HeldAtLook[] | null {
  const found: HeldAtLook[] = [];
  for (const holding of copy.holdings.values()) {
    const { least, position } = sizesOf(holding);
    if (position === 0n) {
      if (mayBelieve(state, copy, holding, at)) return null;
      continue;
    }
    const instrument = state.instruments.get(holding.coin);
    const mark = state.marks.of(process, holding.coin)?.newest ?? null;
    if (holding.foreign || instrument === undefined || mark === null) return null;
    found.push({ process, holding, instrument, mark, least: (least * mark) / UNIT, most: (position * mark) / UNIT + 1n });
  }
  return found;
}

/** The least and the most an engine may believe the copy holds of a coin, base units. */
function sizesOf({ real, told }: Holding): { readonly least: bigint; readonly position: bigint } {
  const [truly, known] = [abs(real.position), abs(told.position)];
  return { least: sign(real.position) === sign(told.position) ? min(truly, known) : 0n, position: max(truly, known) };
}

/** An engine reduces on what it surely knows alone: its sight is whole and the marks of all that is held are fresh. */
function sees(state: AuditState, copy: CopyTrack, process: string, at: EpochMs, held: readonly HeldAtLook[]): boolean {
  if ([copy.copy.leader, copy.copy.account].some((address) => state.blindness.since(process, address) !== null)) return false;
  return held.every(({ holding }) => at - (state.marks.of(process, holding.coin)?.lastAt(at) ?? 0) <= state.options.markMaxAgeMs);
}

/** A limit in money, 10^-8; null: there is none, or what it is a share of is not known. */
export function limitIn(
  state: AuditState,
  copy: CopyTrack,
  at: EpochMs,
  { settings }: TermsInForce,
  limit: StateLimitSeen,
  end: 'most' | 'least',
): bigint | null {
  const { caps } = settings;
  if (limit === 'liquidation_distance') return null;
  if (limit === 'position_notional') return caps.maxPositionNotional;
  if (limit === 'gross_exposure') return caps.maxGrossExposure ?? null;
  const share = limit === 'position_share' ? caps.maxPositionShare : caps.maxLeverage;
  const equity = share === null ? null : equityOf(state, copy, at, end);
  return share === null || equity === null ? null : (equity * share) / RATE_ONE;
}

/**
 * Where an engine may take a limit for passed, the least the leader's fills ask for is what a trim would leave, and nothing where it would be closed. True: it may
 * for one that is acted on.
 */
function loosen(look: Look): boolean {
  const { state, copy, at, inForce, limit, held } = look;
  if (limit === 'liquidation_distance') return loosenNear(look);
  let may = false;
  for (const terms of inForce) {
    const action = actionOf(terms, limit);
    const least = action === 'trim' || action === 'close' ? limitIn(state, copy, at, terms, limit, 'least') : null;
    if (least === null || under(limit, held, 'most') <= least) continue;
    may = true;
    for (const each of held) {
      if (isPerPosition(limit) && each.most <= least) continue;
      const left = leastLeft(limit, least, held, each);
      if (action === 'close' && each.holding.target.lowHolds) each.holding.open.change((target) => target.unsure());
      else if (action === 'trim' && each.holding.target.low > left) each.holding.open.change((target) => target.lower(left));
    }
  }
  return may;
}

/** The same where some position may be nearer to its liquidation than its floor: what a trim would leave of it, by the least the copy may count on. */
function loosenNear({ state, copy, at, inForce, limit, held }: Look): boolean {
  let may = false;
  for (const terms of inForce) {
    const action = actionOf(terms, limit);
    if (action !== 'trim' && action !== 'close') continue;
    for (const each of held) {
      const least = mostAway(state, copy, at, terms, held, each, 'least');
      if (least === null || each.most <= least) continue;
      may = true;
      const aim = mostAway(state, copy, at, terms, held, each, 'least', true) ?? 0n;
      const left = max(0n, (aim * UNIT) / each.mark - each.instrument.lot);
      if (action === 'close' && each.holding.target.lowHolds) each.holding.open.change((target) => target.unsure());
      else if (action === 'trim' && each.holding.target.low > left) each.holding.open.change((target) => target.lower(left));
    }
  }
  return may;
}

function leastLeft(limit: StateLimitSeen, limited: bigint, held: readonly HeldAtLook[], { holding, instrument, mark, most }: HeldAtLook): bigint {
  const aim = (limited * TRIMMED) / HUNDRED;
  const left = isPerPosition(limit) ? (aim * UNIT) / mark : (sizesOf(holding).least * aim) / max(1n, under(limit, held, 'most'));
  return most === 0n ? 0n : max(0n, left - instrument.lot);
}

interface Acted {
  readonly state: AuditState;
  readonly copy: CopyTrack;
  readonly at: EpochMs;
  readonly limit: StateLimitSeen;
  readonly held: readonly HeldAtLook[];
  /** It may have been acted on before it was passed beyond doubt: what was trimmed then may have grown to the limit since. */
  readonly early: boolean;
}

/** The most of a position, in base units, that acting on a limit leaves; where it does not touch the position, the position. */
function leftBy({ state, copy, at, limit, held, early }: Acted, terms: TermsInForce, each: HeldAtLook): bigint {
  const { holding, instrument, mark, least } = each;
  const { position } = sizesOf(holding);
  const isDistance = limit === 'liquidation_distance';
  const limited = isDistance ? mostAway(state, copy, at, terms, held, each, 'most') : limitIn(state, copy, at, terms, limit, 'most');
  if (limited === null || (isPerPosition(limit) && least <= limited)) return position;
  // Where exits are on their way already, or failed and are tried again, targets come to less than what is held, and that may be within the limit.
  const stays = held.reduce((sum, each) => (isLeaving(each.holding) ? sum : sum + each.least), 0n);
  if (!isPerPosition(limit) && !isLeaving(holding) && stays < under(limit, held, 'least') && stays <= limited) return position;
  const leaving = early || isLeaving(holding);
  if (actionOf(terms, limit) === 'close' && !leaving) return 0n;
  const trimmed = isDistance ? (mostAway(state, copy, at, terms, held, each, 'most', true) ?? limited) : (limited * TRIMMED) / HUNDRED;
  const aim = leaving ? limited : trimmed;
  if (isPerPosition(limit)) return (aim * UNIT) / mark + instrument.lot;
  return (position * aim) / max(1n, under(limit, held, 'least')) + instrument.lot;
}

/** Something of it is on its way out, or was and is tried again. */
function isLeaving({ owedExit, live, real }: Holding): boolean {
  if (owedExit !== null && owedExit.remaining > 0n && owedExit.handed?.buy === real.position < 0n) return true;
  return [...live.values()].some(({ handed, ended }) => handed !== null && isExit(handed) && !ended);
}
