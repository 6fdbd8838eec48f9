import { blame, type JudgedOrder } from './judged-order';

/** Decisions are told in whole milliseconds: a mark of the same one may have been there. */
const WHOLE_MS = 1;

/** Product §3 (3): missing or stale marks or truth halt new risk. */
export function checkFreshness(judged: JudgedOrder): void {
  const { order, state } = judged;
  const { markMaxAgeMs, raceMs } = state.options;
  const last = state.marks.of(order.process, order.coin)?.lastAt(Math.min(judged.at, order.decidedAt + WHOLE_MS)) ?? null;
  if (last === null) blame(judged, 'stale_mark', `was decided at ${order.decidedAt} without any mark of ${order.coin}`);
  else if (Math.floor(order.decidedAt) - last > markMaxAgeMs) {
    blame(judged, 'stale_mark', `was decided on a mark ${order.decidedAt - last} ms old, ${markMaxAgeMs} ms are allowed`);
  }
  for (const other of judged.copy.holdings.values()) {
    if (other.coin === order.coin || other.real.position === 0n || other.told.position === 0n) continue;
    const seen = state.marks.of(order.process, other.coin)?.lastAt(order.decidedAt + raceMs) ?? null;
    if (seen !== null && order.decidedAt - seen <= markMaxAgeMs + raceMs) continue;
    blame(
      judged,
      'stale_mark',
      `was decided while the newest mark of ${other.coin}, which the copy holds, was ${seen === null ? 'missing' : `${order.decidedAt - seen} ms old`}`,
    );
    break;
  }
  checkSight(judged);
}

function checkSight(judged: JudgedOrder): void {
  const { order, state, copy } = judged;
  for (const address of [copy.copy.leader, order.account]) {
    const since = state.blindness.since(order.process, address);
    if (since === null || order.decidedAt <= since + state.options.haltGraceMs) continue;
    blame(judged, 'truth_disconnected', `was decided ${order.decidedAt - since} ms after the engine lost sight of ${address}`);
    return;
  }
}
