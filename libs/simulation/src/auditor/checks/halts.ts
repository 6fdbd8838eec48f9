import { blame, type JudgedOrder } from './judged-order';

/** Product §3: from 100 ms after the 2xx of a stop, pause, suspension or kill switch no unsent entry leaves, and none in a state that takes no new risk. */
export function checkHalts(judged: JudgedOrder): void {
  const { order, state, copy } = judged;
  const halt = state.halts.oldest(copy.copy);
  if (halt !== null && order.sentAt > halt.since + state.options.haltGraceMs) {
    blame(judged, 'halt_ignored', `left ${order.sentAt - halt.since} ms after ${halt.cause} of ${halt.thing} was answered`);
  } else if (copy.state !== 'active' && order.decidedAt > copy.stateAt + state.options.haltGraceMs) {
    blame(judged, 'halt_ignored', `was decided ${order.decidedAt - copy.stateAt} ms after the copy was ${copy.state}`);
  }
}

/** Product §3 (2): a limit met on a mark is acted on before the next order that raises risk is journaled. */
export function checkBreach(judged: JudgedOrder): void {
  const { order, state, copy } = judged;
  const { breach } = copy.losses;
  if (breach === null || order.journaledAt <= breach.since + state.options.journalGraceMs) return;
  if (breach.level !== 'closed' && breach.process !== order.process) return;
  blame(judged, 'order_after_breach', `was journaled ${order.journaledAt - breach.since} ms after the mark that met ${breach.limit}: ${breach.text}`);
}
