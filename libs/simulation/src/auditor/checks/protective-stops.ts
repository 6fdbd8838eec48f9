import { abs, max, sign, UNIT } from '@lockstep/kernel';
import type { CopyTrack } from '../book/copies';
import type { Holding } from '../book/holding';
import type { OrderTrack } from '../book/orders';
import type { AuditState } from '../book/state';
import type { CalmSnapshot } from '../calm';
import type { StopHanded } from '../observations';
import { isFollowed } from '../terms';
import { priceText, sizeText } from './judged-order';

/** A stop may be this share of the position's worth and of the copy's value beyond the limit: fees, funding and marks that move while it is placed. */
const SLACK = 0.01;
/** Stops follow changes within seconds; what changed so long ago is followed. */
const SETTLED_MS = 35_000;

/** Product §2.10: a protective stop is reduce-only, of the copy's own position, asked for, written down before it leaves, and no farther than where the first limit would be met. */
export function checkStop(state: AuditState, stop: StopHanded, at: number): void {
  const order = state.orders.get(stop.cloid);
  const copy = state.copies.get(stop.copyId);
  const named = `stop ${stop.cloid} of copy ${stop.copyId}: ${stop.buy ? 'buy' : 'sell'} ${sizeText(stop.size)} ${stop.coin} at ${priceText(stop.trigger ?? 0n)}`;
  const tell = (text: string): void => state.report('stop_wrong', at, stop.copyId, stop.cloid, `${named} ${text}`);
  if (order?.journaled !== true) state.report('not_journaled', at, stop.copyId, stop.cloid, `${named} left before it was written down`);
  if (!stop.reduceOnly) tell('is not reduce-only');
  if (copy === undefined) return;
  if (copy.copy.account !== stop.account) state.report('other_account', at, stop.copyId, stop.cloid, `${named} leaves for account ${stop.account}`);
  const terms = copy.termsAt(at, state.options.owedSlackMs);
  if (terms.every(({ settings }) => settings.protectiveStop !== true || !hasLimit(settings.losses))) tell('was not asked for');
  const holding = copy.holding(stop.coin);
  if (holding.foreign || state.settling(stop.process, at)) return;
  const side = stop.buy ? -1n : 1n;
  // What filled and was not told yet is still there for an engine.
  const held = max(holding.real.position * side, holding.heldMost(at, state.options.owedSlackMs, stop.buy));
  if (stop.size > held) tell(`is of more than the copy can hold there, ${sizeText(max(0n, held))}`);
  checkPlace(state, copy, stop, at, tell);
}

const hasLimit = ({ fromStart, trailing, daily, lossMoney }: CopyTrack['terms']['settings']['losses']): boolean =>
  fromStart !== null || trailing !== null || daily !== null || lossMoney !== null;

function checkPlace(state: AuditState, copy: CopyTrack, stop: StopHanded, at: number, tell: (text: string) => void): void {
  const value = copy.ownShare ? null : copy.value((coin) => state.priceOf(stop.process, coin));
  const mark = state.priceOf(stop.process, stop.coin);
  const { owedSlackMs, clockSlackMs } = state.options;
  const day = value === null ? undefined : copy.losses.leastDay({ from: at - owedSlackMs, to: at + clockSlackMs }, copy.copy.dayBeginsMs, value);
  const floor = copy.losses.floor(copy.terms.losses, copy.terms.money, day);
  if (value === null || mark === null || floor === null || stop.trigger === null || copy.asked.length > 0) return;
  const units = Number(stop.size) / 1e8;
  const equity = Math.max(value.real, value.told) + value.feesUntold + copy.chargesUntold;
  const left = equity - units * Math.abs(mark - Number(stop.trigger) / 1e8);
  const slack = SLACK * (units * mark + Math.abs(equity));
  if (left < floor - slack) tell(`leaves ${left.toFixed(2)} of ${equity.toFixed(2)}, its first loss limit is met at ${floor.toFixed(2)}`);
}

/** In the calm every position under a loss limit has its stop, nothing else has one, and what a stop closed stays closed. */
export function checkCalmStops(state: AuditState, snapshot: CalmSnapshot): void {
  const standing = new Map<string, OrderTrack[]>();
  for (const order of state.orders.values()) {
    if (order.trigger === null || !order.arrived || order.ended || order.handed === null || order.remaining <= 0n) continue;
    const key = `${order.copyId} ${order.handed.coin}`;
    standing.set(key, [...(standing.get(key) ?? []), order]);
    checkNeeded(state, snapshot.at, order);
  }
  for (const copy of state.copies.values()) {
    checkStopped(state, snapshot.at, copy);
    for (const holding of copy.holdings.values()) {
      if (!needsStop(state, snapshot.at, copy, holding.coin)) continue;
      const sum = (standing.get(`${copy.copy.copyId} ${holding.coin}`) ?? []).reduce((all, { remaining }) => all + remaining, 0n);
      const due = closableAlone(state, copy, holding);
      if (sum === due || isSmall(state, holding.coin, due)) continue;
      const whole = due === abs(holding.real.position) ? '' : `, ${sizeText(due)} of it beside others on its account`;
      const text = `in the calm copy ${copy.copy.copyId} holds ${sizeText(holding.real.position)} ${holding.coin}${whole} and has stops of ${sizeText(sum)}`;
      state.report('stop_missing', snapshot.at, copy.copy.copyId, null, text);
    }
  }
}

/** A stop stands for a position alone, and while a limit asks for it. */
function checkNeeded(state: AuditState, at: number, order: OrderTrack): void {
  const copy = state.copies.get(order.copyId);
  const { handed } = order;
  const holding = handed === null ? undefined : copy?.holdings.get(handed.coin);
  if (copy === undefined || handed === null || holding === undefined || holding.foreign || state.unsigned.has(handed.account)) return;
  const why = unneeded(copy, holding, at);
  if (why === null) return;
  const text = `in the calm stop ${order.cloid} of copy ${order.copyId} stands in ${handed.coin}, where it ${why}`;
  state.report('stop_left', at, order.copyId, order.cloid, text);
}

/** Why a copy needs no stop in a coin, and long enough for that to have been followed; null: it may need one. */
function unneeded(copy: CopyTrack, { real, told, changedAt }: Holding, at: number): string | null {
  if (copy.state === 'stopped' && at - copy.stateAt >= SETTLED_MS) return 'is stopped';
  if (real.position === 0n && told.position === 0n && at - changedAt >= SETTLED_MS) return 'is flat';
  const { settings } = copy.terms;
  const asks = settings.protectiveStop === true && hasLimit(settings.losses);
  return asks || copy.asked.length > 0 || at - copy.terms.at < SETTLED_MS ? null : 'asks for none';
}

/** What its stop closed is closed whole, and stays so until the follower enables it again. */
function checkStopped(state: AuditState, at: number, copy: CopyTrack): void {
  const { stopFilledAt } = copy;
  if (stopFilledAt === null || at - stopFilledAt < SETTLED_MS || copy.ownShare) return;
  if (!isFollowed(copy.state)) return;
  const { copyId } = copy.copy;
  state.report(
    'breach_not_closed',
    at,
    copyId,
    null,
    `copy ${copyId} is ${copy.state} though its protective stop filled ${at - stopFilledAt} ms ago`,
  );
}

/**
 * What a standing reduce-only order of a position can be of: a stop, or a mirror that takes off. An order can only close what its account holds: beside a copy on the other side less, and beside one on the same side
 * nothing, because an order that fills together with our own close would close that one's too.
 */
export function closableAlone(state: AuditState, copy: CopyTrack, holding: Holding): bigint {
  const { position } = holding.real;
  const others = positionsBeside(state, copy, holding.coin);
  if (others.some((held) => sign(held) === sign(position))) return 0n;
  return max(
    0n,
    others.reduce((left, held) => left - abs(held), abs(position)),
  );
}

/** What other copies on its account hold in a coin, and what ended ones left, which is the follower's own together. */
function positionsBeside(state: AuditState, copy: CopyTrack, coin: string): readonly bigint[] {
  const others = (state.copiesByAccount.get(copy.copy.account) ?? []).filter((other) => other !== copy);
  const held = (each: CopyTrack): bigint => each.holdings.get(coin)?.real.position ?? 0n;
  const own = others.filter((other) => other.state === 'stopped').reduce((sum, other) => sum + held(other), 0n);
  return [own, ...others.filter((other) => other.state !== 'stopped').map(held)];
}

/** What other copies on its account have in a coin. */
function holdingsBeside(state: AuditState, copy: CopyTrack, coin: string): readonly Holding[] {
  const others = (state.copiesByAccount.get(copy.copy.account) ?? []).filter((other) => other !== copy);
  return others.flatMap(({ holdings }) => holdings.get(coin) ?? []);
}

/** Below the venue's minimum an order need not be taken. */
function isSmall(state: AuditState, coin: string, due: bigint): boolean {
  const mark = state.lastMarks.get(coin);
  const instrument = state.instruments.get(coin);
  return due > 0n && (mark === undefined || instrument === undefined || (due * mark) / UNIT < 2n * instrument.minNotional);
}

function needsStop(state: AuditState, at: number, copy: CopyTrack, coin: string): boolean {
  const { settings } = copy.terms;
  const holding = copy.holding(coin);
  if (settings.protectiveStop !== true || copy.asked.length > 0 || isSmall(state, coin, abs(holding.real.position))) return false;
  if (!isFollowed(copy.state)) return false;
  if (copy.ownShare || state.unsigned.has(copy.copy.account) || state.settlingAny(at - SETTLED_MS)) return false;
  const all = [...copy.holdings.values()].filter(({ real }) => real.position !== 0n);
  const beside = holdingsBeside(state, copy, coin);
  if (
    holding.real.position === 0n ||
    [...all, ...beside].some(({ foreign, changedAt, real, told }) => foreign || at - changedAt < SETTLED_MS || real.position !== told.position)
  )
    return false;
  const value = copy.value((name) => Number(state.lastMarks.get(name) ?? 0n) / 1e8);
  const floor = copy.losses.floor(copy.terms.losses, copy.terms.money);
  if (value === null || floor === null) return false;
  // Nothing stands where the limit is met, or about to be, nor where a long may lose its whole worth.
  const room = value.real - floor;
  const total = all.reduce((sum, { coin: name, real }) => sum + (Math.abs(real.units) * Number(state.lastMarks.get(name) ?? 0n)) / 1e8, 0);
  return room > SLACK * Math.abs(value.real) && (sign(holding.real.position) < 0n || room * (1 + SLACK) < total);
}
