import { type ReasonCode, reasonAt } from '../reasons';
import type { WavePlan } from '../wave-plan';

/** The orders of a plan in sending order, each as one phrase: `sell 10 reduce-only`. */
export const ordersOf = ({ orders }: WavePlan): readonly string[] =>
  Array.from(
    { length: orders.count },
    (_, order) => `${orders.buy[order] === 1 ? 'buy' : 'sell'} ${orders.lots[order]}${orders.reduceOnly[order] === 1 ? ' reduce-only' : ''}`,
  );

/** The reason each copy was given, in the order of the copies. */
export const reasonsOf = ({ decisions }: WavePlan): readonly (ReasonCode | null)[] =>
  Array.from({ length: decisions.count }, (_, index) => reasonAt(decisions.reason[index] ?? 0));
