import type { Violation } from './judge';

/** A working order as the venue tells it. */
export interface StandingOrder {
  readonly coin: string;
  readonly side: string;
  readonly limitPx: string;
  readonly sz: string;
  readonly reduceOnly?: boolean | undefined;
}

/**
 * Whether what stands for a follower is exactly the mirror of what stands for its leader: for each of the leader's orders one of the same side and price, of
 * `share` of its size and as reducing as it is, and nothing else.
 */
export function judgeMirrors(who: string, leader: readonly StandingOrder[], follower: readonly StandingOrder[], share: number): readonly Violation[] {
  const wanted = leader.map((order) => wordOf({ ...order, sz: String(Number((Number(order.sz) * share).toFixed(8))) })).sort();
  const found = follower.map(wordOf).sort();
  if (wanted.join(', ') === found.join(', ')) return [];
  return [{ rule: 'what stands is the leader’s, at its share', detail: `${who}: wanted ${inList(wanted)}, stands ${inList(found)}` }];
}

const wordOf = ({ coin, side, limitPx, sz, reduceOnly = false }: StandingOrder): string =>
  `${side === 'B' ? 'buy' : 'sell'} ${Number(sz)} ${coin} at ${Number(limitPx)}${reduceOnly ? ', only reduces' : ''}`;

const inList = (words: readonly string[]): string => (words.length === 0 ? 'nothing' : words.join('; '));
