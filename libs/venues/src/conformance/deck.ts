import type { VenueCapabilities } from '../port';

/** A capability that is there or not. */
export type VenueAbility = Exclude<keyof VenueCapabilities, 'requestsPerMinute'>;

/** What a case says about itself, for people and for whoever decides whether it applies. */
export interface CaseSheet {
  /** The case applies where the venue declares all of these; elsewhere it is skipped by name. */
  readonly needs: readonly VenueAbility[];
  /** What must hold before, beyond a reachable venue with a liquid instrument. */
  readonly given: string;
  readonly steps: readonly string[];
  /** What must be seen, each by an answer or an event. */
  readonly expect: readonly string[];
}

const FUNDED = 'a fresh account: flat, funded, its agent approved and loaded as signer';

/** The deck: a sheet for each number. A case without one, or a sheet without a case, fails the deck's test. */
export const CASE_SHEETS: Readonly<Record<number, CaseSheet>> = {
  1: {
    needs: [],
    given: FUNDED,
    steps: ['buy for $50 by an IOC order 3 % above the mark'],
    expect: ['outcome `filled` with all lots, an order id and an average price inside the limit', 'the account’s position is the size bought'],
  },
  2: {
    needs: [],
    given: FUNDED,
    steps: ['buy for $50 by an IOC order 20 % below the mark'],
    expect: ['outcome `rejected` with `ioc_no_match`', 'no position'],
  },
  3: {
    needs: [],
    given: FUNDED,
    steps: ['place a GTC buy 20 % below the mark', 'read open orders and the order by its client order id', 'cancel it twice'],
    expect: [
      'outcome `resting`',
      'one open order with that id, price and size; standing `open`',
      'the first cancel accepted, the second rejected with `missing_order`',
      'no open order; standing `closed` with `canceled`',
    ],
  },
  4: {
    needs: ['postOnly'],
    given: FUNDED,
    steps: ['place a post-only buy 3 % above the mark', 'place one 20 % below it'],
    expect: ['the first rejected with `post_only_would_match`', 'the second `resting`'],
  },
  5: { needs: [], given: FUNDED, steps: ['buy for $5'], expect: ['rejected with `min_notional`'] },
  6: { needs: ['reduceOnly'], given: FUNDED, steps: ['sell for $50, reduce-only, while flat'], expect: ['rejected with `reduce_only`'] },
  7: {
    needs: ['reduceOnly'],
    given: FUNDED,
    steps: ['buy for $15', 'sell $11 of it, reduce-only', 'sell the rest, worth less than the minimum, reduce-only'],
    expect: ['three times `filled`', 'no position'],
  },
  8: { needs: [], given: FUNDED, steps: ['place an order at a price off the grid'], expect: ['rejected with `tick`'] },
  9: { needs: [], given: FUNDED, steps: ['buy for $5,000,000'], expect: ['rejected with `margin`'] },
  10: {
    needs: ['actionExpiry'],
    given: FUNDED,
    steps: ['buy with an expiry five seconds ago', 'buy with one in a minute'],
    expect: ['the first rejected with `expired`', 'the second `filled`'],
  },
  11: {
    needs: [],
    given: 'three fresh accounts',
    steps: ['submit 30 orders of one batch, ten for each account'],
    expect: ['every row has exactly one outcome, `filled`', 'first sent ≤ last sent ≤ last answered', 'each account holds its ten orders'],
  },
  12: {
    needs: [],
    given: FUNDED,
    steps: ['submit three orders with a `keepGoing` that says no'],
    expect: ['all rows are reported as withheld and none has an outcome', 'no position'],
  },
  13: {
    needs: ['builderFee'],
    given: `${FUNDED}; a builder without its consent`,
    steps: ['buy with a fee for that builder', 'consent to another builder', 'buy with a fee for it'],
    expect: [
      'the first rejected with `builder_not_approved`',
      'the consent is read back',
      'the second filled; its fill holds the builder fee inside the fee',
    ],
  },
  20: {
    needs: [],
    given: FUNDED,
    steps: ['buy with a nonce', 'buy again with the same nonce'],
    expect: ['the first filled', 'the second rejected with `nonce_duplicate`', 'the position is of the first alone'],
  },
  21: { needs: [], given: FUNDED, steps: ['buy with a nonce of five days ago'], expect: ['rejected with `nonce_too_low`'] },
  22: { needs: [], given: 'a loaded signer nobody approved', steps: ['buy for $50'], expect: ['rejected with `unknown_signer` or `no_deposit`'] },
  23: {
    needs: [],
    given: FUNDED,
    steps: ['set leverage 3', 'set one above the instrument’s maximum', 'buy for $50'],
    expect: ['the first accepted', 'the second rejected with `leverage`', 'the position stands at leverage 3'],
  },
  24: {
    needs: ['nonceNoop'],
    given: FUNDED,
    steps: ['send a `noop` with a nonce', 'buy with the same nonce'],
    expect: ['the noop accepted', 'the order rejected with `nonce_duplicate`', 'no position'],
  },
  25: {
    needs: [],
    given: `${FUNDED}; the next answer gets lost behind the order`,
    steps: ['buy for $50', 'ask by client order id until the venue knows it', 'submit the same order with the same nonce'],
    expect: [
      'outcome `unknown`, sent once',
      'standing `closed` with `filled`',
      'the repetition rejected with `nonce_duplicate`',
      'the position is of one order',
    ],
  },
  26: { needs: [], given: FUNDED, steps: ['ask for a client order id never used'], expect: ['standing `unknown_order`'] },
  27: {
    needs: [],
    given: 'an address the venue never saw',
    steps: ['read its orders, fills, funding, state, agents, builder approval and account mode'],
    expect: ['everything empty, nothing an error, mode `standard`'],
  },
  30: {
    needs: ['userStream', 'fillHistory'],
    given: `${FUNDED} with a position`,
    steps: ['watch it', 'trade', 'cut all connections', 'trade while they come back'],
    expect: [
      '`synced` with the position and the earlier fills, none of them as a signal',
      'each later fill in exactly one `fills` event',
      '`disconnected`, then `synced` again; with both every fill the venue knows was told',
    ],
  },
  31: {
    needs: ['orderStream'],
    given: `${FUNDED}, watched`,
    steps: ['place a resting order', 'cancel it'],
    expect: ['an order update `open`', 'an order update `canceled`'],
  },
  32: {
    needs: [],
    given: 'a watch without users',
    steps: ['watch more addresses than there are seats', 'unwatch one', 'watch a refused one'],
    expect: ['`seat_refused` beyond the cap', '`watching` for an address watched already', '`watching` on the freed seat'],
  },
  33: { needs: [], given: 'a watch of marks', steps: ['wait'], expect: ['the instrument’s mark is told again and again, above zero'] },
  34: {
    needs: ['fundingHistory'],
    given: `${FUNDED} with a long position`,
    steps: ['charge funding twice, longs paying', 'read it from the start, from the second charge, and from after it'],
    expect: ['amount, size and rate of each charge', 'both, one and none of them; the reading is complete'],
  },
  35: {
    needs: [],
    given: 'a watch of quotes',
    steps: ['follow the instrument', 'cut all connections', 'follow nothing', 'follow it again'],
    expect: ['bid below ask, confirmed while the book rests', 'told again after the cut', 'silent in between', 'told again'],
  },
  36: {
    needs: ['bookDepth'],
    given: 'a watch of quotes with a listener to books',
    steps: ['follow the instrument', 'follow it deep', 'follow it as before'],
    expect: ['quotes alone', 'both sides of the book, the best first, sizes above zero, the bid below the ask', 'quotes alone'],
  },
  40: {
    needs: ['workingOrders'],
    given: FUNDED,
    steps: ['place two limit buys far below the mark in one action, one post-only', 'move the first by its client order id', 'cancel both, twice'],
    expect: [
      'both `resting`, listed with their time in force',
      'the moved one stands at its new price under its new id, two in all',
      'both cancels accepted, then rejected with `missing_order`; no open order',
    ],
  },
  41: {
    needs: ['workingOrders', 'triggerOrders'],
    given: `${FUNDED} with a long position`,
    steps: ['place a reduce-only stop-loss of its size', 'cancel it'],
    expect: ['`resting`, waiting for its trigger', 'listed with trigger price, purpose and reduce-only', 'the cancel accepted'],
  },
  42: {
    needs: ['workingOrders', 'triggerOrders'],
    given: FUNDED,
    steps: ['place a resting entry with a take-profit and a stop-loss that wait for its fill', 'cancel the entry'],
    expect: ['the entry rests, the others wait for it', 'no open order'],
  },
  43: {
    needs: ['workingOrders', 'triggerOrders'],
    given: `${FUNDED} with a long position`,
    steps: ['place take-profit and stop-loss of the position', 'close the position'],
    expect: ['both wait for their triggers and are listed as the position’s', 'no open order'],
  },
  44: {
    needs: ['workingOrders'],
    given: 'two fresh accounts, one with an isolated position and one with a cross one',
    steps: ['add margin to each'],
    expect: ['accepted, and the margin used grows, for the isolated one', 'rejected with `isolated_margin` for the other'],
  },
  45: {
    needs: ['workingOrders'],
    given: `${FUNDED} that never traded`,
    steps: ['schedule a cancel of everything in a minute'],
    expect: ['rejected with `account_not_eligible`'],
  },
  46: {
    needs: ['workingOrders', 'actionExpiry'],
    given: FUNDED,
    steps: ['place two orders in one action that expired a minute ago'],
    expect: ['each rejected with `expired`', 'no open order'],
  },
  47: {
    needs: ['workingOrders'],
    given: FUNDED,
    steps: ['place one order below the minimum and one above it in one action'],
    expect: ['the first rejected with `min_notional`', 'the second `resting`'],
  },
  50: {
    needs: ['agentExpiry'],
    given: `${FUNDED}, and an address the venue never saw`,
    steps: ['ask what the account, its agent and the other address are'],
    expect: ['`main`, `agent` of the account, `missing`'],
  },
  51: {
    needs: ['agentExpiry'],
    given: FUNDED,
    steps: [
      'set isolated leverage 7 while flat and read it back',
      'set cross leverage 5 and buy',
      'set isolated leverage, then cross leverage 6, then one beyond the maximum',
    ],
    expect: ['accepted and read back', 'rejected with `margin_mode_locked`', 'accepted', 'rejected with `leverage`'],
  },
  52: {
    needs: ['agentExpiry'],
    given: FUNDED,
    steps: ['take an instrument listed as isolated-only', 'set cross, then isolated leverage on it'],
    expect: ['rejected with `cross_not_allowed`', 'accepted'],
  },
  53: {
    needs: ['agentExpiry'],
    given: FUNDED,
    steps: ['read its agents', 'replace the agent under its name', 'buy with the old one'],
    expect: ['the agent with its end', 'the old agent is gone from the list', 'rejected with `unknown_signer`'],
  },
};
