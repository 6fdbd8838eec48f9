import { max, min, RATE_ONE, UNIT } from '@lockstep/kernel';
import type { CopyTrack } from '../book/copies';
import { underlyingOf } from '../book/underlying';
import type { ViolationKind } from '../violation';
import { beyondMarks } from './decided-last';
import { blame, type JudgedOrder, priceText } from './judged-order';
import { mayRide } from './order-limits';

/**
 * Product §3: what copies share. No approved order takes all copies of a leader, or all of a follower, in all or in one underlying, beyond their limit at the worst
 * case: what is held and what may still fill, whatever exits are on their way.
 */
export function checkSharedLimits(judged: JudgedOrder): void {
  check(judged, 'leaderCapacity', 'leader_capacity', ofLeader(judged), () => true);
  check(judged, 'followerGross', 'follower_exposure', ofAccount(judged), () => true);
  const underlying = underlyingOf(judged.order.coin);
  check(judged, 'underlyingShare', 'concentration', ofAccount(judged), (coin) => underlyingOf(coin) === underlying);
}

type Copies = readonly CopyTrack[];

const ofLeader = ({ state, copy }: JudgedOrder): Copies =>
  (state.copiesByLeader.get(copy.copy.leader) ?? []).filter((other) => other.copy.leaderId === copy.copy.leaderId);
/** A follower has one venue account in a world. */
const ofAccount = ({ state, copy }: JudgedOrder): Copies => state.copiesByAccount.get(copy.copy.account) ?? [];

function check(
  judged: JudgedOrder,
  limit: 'leaderCapacity' | 'followerGross' | 'underlyingShare',
  kind: ViolationKind,
  all: Copies,
  counts: (coin: string) => boolean,
): void {
  const allowed = judged.terms.map(({ settings }) => settings.shared?.[limit] ?? null);
  const most = allowed.reduce((widest, each) => (widest === null || each === null ? null : max(widest, each)), allowed[0] ?? null);
  if (most === null) return;
  // What a stop could not close alone, less than the venue's minimum, is listed with its proof of flatness: nothing copies there any more.
  const group = all.filter(({ state }) => state !== 'stopped');
  const value = limit === 'underlyingShare' ? shareOf(judged, group, most) : most;
  if (value === null) return;
  const worst = worstOf(judged, group, counts);
  staleIn(judged, group, counts);
  if (worst <= value) return;
  blame(judged, kind, `takes ${group.length} copies to ${priceText(worst)} together at worst, ${priceText(value)} is allowed`);
}

/** A share of what all the copies are worth, by the most they may be; null: that is a matter of attribution. */
function shareOf(judged: JudgedOrder, group: Copies, share: bigint): bigint | null {
  let equity = 0;
  for (const copy of group) {
    const range = copy.ownShare ? null : copy.equityRange(judged.at);
    if (range === null) return null;
    equity += Math.max(0, range.high);
  }
  const margin = 1 + Number(judged.state.options.equityMargin) / 1e12;
  return (BigInt(Math.ceil(equity * 1e8 * margin)) * share) / RATE_ONE;
}

/** All the copies hold and may get, in money, at the lowest marks the decision may have been taken on; the order decided last at the higher of its mark and its price. */
function worstOf(judged: JudgedOrder, group: Copies, counts: (coin: string) => boolean): bigint {
  const { order, at, state } = judged;
  const { clockSlackMs } = state.options;
  const { holding: entered, instrument } = judged;
  // A remnant against the order leaves with it.
  const held = mayRide(entered, order.price, instrument.minNotional)
    ? entered.reach(at, clockSlackMs, order.buy)
    : entered.worst(at, clockSlackMs, order.buy);
  const own = max(0n, held + order.size);
  let sum = 0n;
  for (const copy of group) {
    for (const holding of copy.holdings.values()) {
      if (holding.foreign || !counts(holding.coin)) continue;
      const mark = markOf(judged, holding.coin);
      if (mark === null) continue;
      const lots = holding === judged.holding ? own : max(holding.worst(at, clockSlackMs, true), holding.worst(at, clockSlackMs, false));
      sum += (lots * mark) / UNIT;
    }
  }
  const holdings = group.flatMap((copy) => [...copy.holdings.values()]).filter(({ coin, foreign }) => !foreign && counts(coin));
  return sum + beyondMarks(judged, holdings, own, (coin) => markOf(judged, coin)) / UNIT;
}

/** Product §3 (3): while the mark of something the group holds is missing or old, nothing is entered under a limit it shares. */
function staleIn(judged: JudgedOrder, group: Copies, counts: (coin: string) => boolean): void {
  const { order, state } = judged;
  const { markMaxAgeMs, raceMs } = state.options;
  for (const copy of group) {
    for (const { coin, real, told, foreign } of copy.holdings.values()) {
      if (foreign || !counts(coin) || min(real.position ** 2n, told.position ** 2n) === 0n) continue;
      const seen = state.marks.of(order.process, coin)?.lastAt(order.decidedAt + raceMs) ?? null;
      if (seen !== null && order.decidedAt - seen <= markMaxAgeMs + raceMs) continue;
      blame(judged, 'stale_mark', `was decided while the newest mark of ${coin}, which counts under a limit it shares, was missing or old`);
      return;
    }
  }
}

function markOf({ state, order, at }: JudgedOrder, coin: string): bigint | null {
  return state.marks.of(order.process, coin)?.range(order.decidedAt - state.options.raceMs, Math.max(order.decidedAt, at))?.low ?? null;
}
