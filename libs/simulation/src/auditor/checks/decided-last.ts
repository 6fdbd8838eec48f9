import { max } from '@lockstep/kernel';
import type { Holding } from '../book/holding';
import { isExit } from '../book/orders';
import type { OrderHanded } from '../observations';
import type { JudgedOrder } from './judged-order';

/**
 * What an entry comes to beyond the mark (10^-16): an engine takes it at the higher of mark and price as it decides it, beside what is on its way, which it takes at
 * the marks. Orders of several moves leave in another turn than they were decided in, so of those on their way together it is the one decided last that counts so.
 * `worst`: what the judged order's coin comes to with it; `marks`: what a coin is worth at least, null where nobody knows.
 */
export function beyondMarks(judged: JudgedOrder, holdings: Iterable<Holding>, worst: bigint, marks: (coin: string) => bigint | null): bigint {
  const { at, state, order } = judged;
  const { clockSlackMs } = state.options;
  let [last, lots] = [order, worst];
  for (const holding of holdings) {
    if (holding === judged.holding) continue;
    for (const one of holding.live.values()) {
      const { handed } = one;
      if (handed === null || isExit(handed) || !one.mayFill(at, clockSlackMs) || !isLater(handed, last)) continue;
      [last, lots] = [handed, holding.worst(at, clockSlackMs, handed.buy)];
    }
  }
  const mark = marks(last.coin) ?? last.price;
  return lots * (max(mark, last.price) - mark);
}

/** Orders of one wave are decided together. */
const isLater = (one: OrderHanded, than: OrderHanded): boolean => one.wave !== than.wave && one.decidedAt >= than.decidedAt;
