import { formatMoney, money, parseMoney, unwrap } from '@lockstep/kernel';
import type { Violation } from '../judge';

/** What each copy held by the API and what its account held at the venue, signed sizes. */
export type NetHeld = readonly [long: string, short: string, venue: string];

/** How two copies of one account went opposite ways. */
export interface NettingStory {
  readonly long: string;
  readonly short: string;
  readonly opened: NetHeld;
  /** The order with which the second copy crossed the net, in its legs. */
  readonly legs: readonly { readonly side: 'buy' | 'sell'; readonly size: string; readonly reduce_only: boolean }[];
  /** What each was left with, too small for the venue. */
  readonly remnant: string;
  readonly crosses: readonly {
    readonly buyer_copy_id: string;
    readonly seller_copy_id: string;
    readonly size: string;
    readonly price: string;
    readonly bid: string;
    readonly ask: string;
  }[];
  /** Fills of both copies that no order made. */
  readonly fills: readonly {
    readonly copy_id: string | null;
    readonly side: string;
    readonly size: string;
    readonly price: string;
    readonly fee: string;
  }[];
  /** Fills the venue knew of the account before and after the crossing. */
  readonly venueFills: readonly [before: number, after: number];
  readonly end: NetHeld;
}

const units = (text: string): bigint => unwrap(parseMoney(text), 'an amount');
const text = (amount: bigint): string => formatMoney(money(amount));

/** Product §2.6: the account holds the net, an order across it is split reduce-only first, opposite desires cross inside at the mid without a fee. */
export function judgeNetting({ long, short, opened, legs, remnant, crosses, fills, venueFills, end }: NettingStory): readonly Violation[] {
  const violations: Violation[] = [];
  const must = (holds: boolean, rule: string, detail: string): void => {
    if (!holds) violations.push({ rule, detail: `two leaders on one follower: ${detail}` });
  };
  const [held, sold, net] = [units(opened[0]), units(opened[1]), units(opened[2])];
  must(held > 0n && sold < -held, 'the leaders stand on opposite sides', opened.join(', '));
  must(net === held + sold, 'the account holds the sum of its copies', opened.join(', '));
  const expected = [
    { side: 'sell', size: text(held), reduce_only: true },
    { side: 'sell', size: text(-sold - held), reduce_only: false },
  ];
  must(
    JSON.stringify(legs.map(({ side, size, reduce_only }) => ({ side, size: text(units(size)), reduce_only }))) === JSON.stringify(expected),
    'an order across the account’s net is split, reduce-only leg first',
    JSON.stringify(legs),
  );
  const [cross] = crosses;
  must(
    crosses.length === 1 && cross?.buyer_copy_id === short && cross.seller_copy_id === long && units(cross.size) === units(remnant),
    'opposite desires of one follower cross inside, once',
    JSON.stringify(crosses),
  );
  must(
    cross !== undefined && units(cross.price) === (units(cross.bid) + units(cross.ask)) / 2n,
    'a cross is at the middle of the book',
    JSON.stringify(cross ?? null),
  );
  must(
    fills.length === 2 && fills.every(({ fee, size, price }) => units(fee) === 0n && units(size) === units(remnant) && price === cross?.price),
    'a cross is a fill of both copies without a fee',
    JSON.stringify(fills),
  );
  must(venueFills[0] === venueFills[1], 'no order leaves for a cross', `${venueFills[0]} fills before, ${venueFills[1]} after`);
  must(
    end.every((size) => units(size) === 0n),
    'the venue is flat when no copy holds anything',
    end.join(', '),
  );
  return violations;
}
