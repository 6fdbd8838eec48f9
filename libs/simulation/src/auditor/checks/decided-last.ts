import { max, min } from '@lockstep/kernel';
import type { Holding } from '../book/holding';
import { isExit } from '../book/orders';
import type { OrderHanded } from '../observations';
import type { JudgedOrder } from './judged-order';

/**
 * What an entry comes to beyond the mark (10^-16): an engine takes it at the higher of mark and price as it decides it, beside what is on its way, which it takes at
 * the marks. Orders of several moves leave in another turn than they were decided in, so of those on their way together it is the one decided last that counts so;
 * of those decided in one millisecond it may be any.
 * `worst`: what the judged order's coin comes to with it; `marks`: what a coin is worth at least, null where nobody knows.
 */
export function beyondMarks(judged: JudgedOrder, holdings: Iterable<Holding>, worst: bigint, marks: (coin: string) => bigint | null): bigint {
  const { at, state, order } = judged;
  const { clockSlackMs } = state.options;
  const beyond = ({ coin, price }: OrderHanded, lots: bigint): bigint => {
    const mark = marks(coin) ?? price;
    return lots * (max(mark, price) - mark);
  };
  let [last, least] = [order, beyond(order, worst)];
  for (const holding of holdings) {
    if (holding === judged.holding) continue;
    for (const one of holding.live.values()) {
      const { handed } = one;
      if (handed === null || isExit(handed) || !one.mayFill(at, clockSlackMs) || isBefore(handed, last)) continue;
      const its = beyond(handed, holding.worst(at, clockSlackMs, handed.buy));
      [last, least] = [handed, handed.decidedAt > last.decidedAt ? its : min(its, least)];
    }
  }
  return least;
}

/** Orders of one wave are decided together. */
const isBefore = (one: OrderHanded, than: OrderHanded): boolean => one.wave === than.wave || one.decidedAt < than.decidedAt;
