import { abs, sign, UNIT } from '@lockstep/kernel';
import { asksFirst } from '../book/asks-first';
import type { CopyTrack } from '../book/copies';
import type { HeldAtLook } from '../book/held-at-look';
import { mostAway } from '../book/held-distance';
import type { AuditState } from '../book/state';
import { heldBy, isPerPosition, limitIn, surelyPassed, takesLimits, termsFor, under } from '../book/state-limits';
import type { CalmSnapshot } from '../calm';
import { blame, type JudgedOrder, sizeText } from './judged-order';

/** Product §3 (2): a limit passed on a mark that trims or closes is acted on before the next order that raises risk is journaled. */
export function checkBeyondState(judged: JudgedOrder): void {
  const { order, state, copy } = judged;
  for (const { limit, action, since, process } of copy.limits.passed.values()) {
    if (action === 'alert' || process !== order.process || order.journaledAt <= since + state.options.journalGraceMs) continue;
    // What was reduced meanwhile may be within the limit again, whoever looked.
    const held = takesLimits(copy) ? heldBy(state, copy, process, judged.at) : null;
    const still = held === null ? null : surelyPassed(state, copy, judged.at, limit, held, termsFor(copy, order.decidedAt));
    if (held === null || still !== action) continue;
    const text = `was journaled ${order.journaledAt - since} ms after the mark at which ${limit} was passed`;
    blame(judged, 'order_beyond_state', `${text}: ${money(under(limit, held, 'least'))} is held, and ${action} is asked for`);
    return;
  }
}

/** An exit that leaves after a limit was to be acted on leaves no more than that admits, where the leader reduced nothing that would be its cause. */
export function checkTrim(judged: JudgedOrder): void {
  const { order, state, holding, instrument } = judged;
  const { trim } = holding;
  if (trim === null || trim.process !== order.process || order.decidedAt < Math.floor(trim.at) || holding.foreign) return;
  // What leaves with the mark itself is the limit's own exit most of the time, and may be another one that was decided before the mark was looked at.
  const raced = order.decidedAt <= trim.at + state.options.raceMs;
  if (raced && order.cause !== 'repair') return;
  const held = abs(holding.real.position);
  const { clockSlackMs } = state.options;
  // To an engine, an exit whose end it was not told is on its way still.
  const onWay = holding.pending(judged.at, clockSlackMs, order.buy, true) + holding.unknownEnds(judged.at, clockSlackMs, order.buy, true);
  const going = onWay + order.size;
  const left = held > going ? held - going : 0n;
  if (raced && left > trim.most) return;
  holding.trim = null;
  if (order.decidedAt - trim.at > state.options.comparisonMs) return;
  if (left <= trim.most) {
    // Once the leader turned, what is left of the old side goes anyway; the limit says nothing of the target on the new one.
    if (holding.target.side === -sign(holding.real.position) && holding.real.position !== 0n) return;
    if (asksFirst(judged.terms)) holding.reference.asksBeyond = true;
    holding.open.change((target) => (trim.most <= instrument.lot ? target.wait(judged.at, 0n) : target.giveUp(judged.at, trim.most)));
    return;
  }
  if (order.cause === 'move' || order.decidedAt - holding.reducedAt < state.options.comparisonMs || holding.real.position !== holding.told.position)
    return;
  const text = `leaves ${sizeText(left)} ${order.decidedAt - trim.at} ms after a limit left at most ${sizeText(trim.most)}`;
  // What crosses the account's zero leaves as two orders, of which the second is not handed over yet: it is judged with the first.
  if (leavesFurther(judged)) holding.trim = trim;
  else blame(judged, 'state_limit_not_met', text);
}

/** Whether another order of the same wave and copy stands in the journal that has not left yet. */
function leavesFurther({ state, order }: JudgedOrder): boolean {
  for (const { cloid, copyId, wave, journaled, handed, withheld, voided } of state.orders.values()) {
    if (cloid !== order.cloid && copyId === order.copyId && wave === order.wave && journaled && handed === null && !withheld && !voided) return true;
  }
  return false;
}

/** In the calm a limit passed long ago was acted on as far as the venue's minimum admits, and told. */
export function checkCalmLimits(state: AuditState, snapshot: CalmSnapshot): void {
  const told = new Set(snapshot.limitsTold ?? []);
  for (const copy of state.copies.values()) {
    for (const { limit, action, since, dueAt, process } of copy.limits.passed.values()) {
      const { copyId } = copy.copy;
      if (snapshot.at - since > state.options.comparisonMs && !told.has(`${copyId} ${limit}`)) {
        state.report('limit_not_told', snapshot.at, copyId, null, `copy ${copyId} has passed ${limit} since ${since}, and nothing tells it`);
      }
      if (action === 'alert' || dueAt === null || snapshot.at - dueAt <= state.options.comparisonMs) continue;
      const over = state.unsigned.has(copy.copy.account) ? null : overIn(state, copy, snapshot.at, process, limit, action);
      if (over === null) continue;
      state.report(
        'state_limit_not_met',
        snapshot.at,
        copyId,
        null,
        `in the calm copy ${copyId} ${over}, ${action} was due ${snapshot.at - dueAt} ms ago`,
      );
    }
  }
}

type Limit = Parameters<typeof under>[0];

/** A position that could be reduced and was not; null: there is none. */
function overIn(state: AuditState, copy: CopyTrack, at: number, process: string, limit: Limit, action: 'trim' | 'close'): string | null {
  const held = takesLimits(copy) ? heldBy(state, copy, process, at) : null;
  if (limit === 'liquidation_distance') return held === null ? null : tooNear(state, copy, at, held, action);
  const limited = limitIn(state, copy, at, copy.terms, limit, 'most');
  if (held === null || limited === null || under(limit, held, 'least') <= limited) return null;
  const aim = action === 'close' ? 0n : (limited * 95n) / 100n;
  const all = under(limit, held, 'most');
  const found = held.find(({ least, instrument }) => {
    if (isPerPosition(limit) && least <= limited) return false;
    const excess = isPerPosition(limit) ? least - aim : (least * (all - aim)) / all;
    return excess * 10n >= instrument.minNotional * 11n && least >= 2n * instrument.minNotional;
  });
  return found === undefined
    ? null
    : `holds ${money(found.least)} in ${found.holding.coin} (${money(all)} under ${limit}), the limit is ${money(limited)}`;
}

/** The same of a position that is nearer to its liquidation than its floor. */
function tooNear(state: AuditState, copy: CopyTrack, at: number, held: readonly HeldAtLook[], action: 'trim' | 'close'): string | null {
  for (const each of held) {
    const limited = mostAway(state, copy, at, copy.terms, held, each, 'most');
    if (limited === null || each.least <= limited) continue;
    const aim = action === 'close' ? 0n : (mostAway(state, copy, at, copy.terms, held, each, 'most', true) ?? limited);
    const { minNotional } = each.instrument;
    if ((each.least - aim) * 10n < minNotional * 11n || each.least < 2n * minNotional) continue;
    return `holds ${money(each.least)} in ${each.holding.coin}, ${money(limited)} are as far from liquidation as its floor`;
  }
  return null;
}

const money = (amount: bigint): string => `${Number(amount) / Number(UNIT)}`;
