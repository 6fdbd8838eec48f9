import type { HaltInForce } from '../book/halts';
import type { ViolationKind } from '../violation';
import { blame, type JudgedOrder } from './judged-order';

/** A right that is missing has a kind of its own. */
const kindOf = ({ cause }: HaltInForce): keyof typeof ENDED =>
  cause === 'entitlement' ? 'not_entitled' : cause === 'consent' ? 'no_consent' : 'halt_ignored';
const ENDED = {
  halt_ignored: 'was answered',
  not_entitled: 'was taken back, or was over',
  no_consent: 'was needed',
} as const satisfies Partial<Record<ViolationKind, string>>;

/**
 * Product §3: from 100 ms after the 2xx of a stop, pause, suspension or kill switch, or of what takes a copy's rights, no unsent entry leaves, none from the end of
 * a right that ends by its time, and none in a state that takes no new risk.
 */
export function checkHalts(judged: JudgedOrder): void {
  const { order, state, copy } = judged;
  const halt = state.haltOf(copy, order.sentAt);
  if (halt !== null && order.sentAt > halt.since + state.options.haltGraceMs) {
    blame(judged, kindOf(halt), `left ${order.sentAt - halt.since} ms after ${halt.cause} of ${halt.thing} ${ENDED[kindOf(halt)]}`);
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
