import { describe, expect, it } from 'vitest';
import { type AccountMember, netRange, putOthers } from './account-net';
import { applyCross, findCrosses } from './crossing';
import { reconcileMembers } from './reconcile';
import { revalue } from './revalue';
import { at, entryOf, instrumentOf, NOW, optionsOf, priceOf, Stage, settingsOf } from './testing/book-builder';
import { pageExamples } from './testing/page-examples';

/* The examples of docs/copying.md on two copies of one account, with the numbers of the page. */

const COLUMNS = ['then', 'copy of A', 'copy of B', 'account', 'sent'] as const;
const SIZE_DECIMALS = 2;
const LOTS = 10 ** SIZE_DECIMALS;
const [BID, ASK] = ['99.9', '100.1'];
const LEADERS = ['A', 'B'] as const;

/** Two leaders, each copied at a tenth through the one account of a follower. */
class Account {
  private readonly stages = LEADERS.map((_, index) => {
    const stage = new Stage(instrumentOf('X', SIZE_DECIMALS));
    const row = stage.add(entryOf(index + 1, settingsOf('0.1'), { venueAccount: 9 }));
    stage.book.setBook('X', priceOf(BID), priceOf(ASK), NOW);
    return { stage, row };
  });
  readonly members: readonly AccountMember[] = this.stages.map(({ stage, row }) => ({ book: stage.book, sheet: stage.sheet, row }));
  private own = 0;

  /** Does what a row says; returns what left or crossed for it. */
  act(words: string): string {
    const [who = '', what = '', size = ''] = words.split(' ');
    const sent =
      who === 'follower'
        ? this.trade(what, Number(size))
        : this.lead(
            LEADERS.findIndex((leader) => leader === who),
            what,
          );
    return [...sent, ...this.crossed()].join('; ');
  }

  /** What each copy holds and what the account does, in units. */
  held(): readonly string[] {
    return [...this.members.map(({ sheet, row }) => at(sheet.rows.position, row)), netRange(this.members, this.own).net].map((lots) =>
      String(lots / LOTS),
    );
  }

  private lead(index: number, after: string): readonly string[] {
    const { stage } = this.stages[index] ?? fail(String(index));
    putOthers(this.members, this.own);
    const plan = stage.plan(after);
    const { orders } = plan;
    const legs = Array.from(
      { length: orders.count },
      (_, order) =>
        `${orders.buy[order] === 1 ? 'buy' : 'sell'} ${at(orders.lots, order) / LOTS}${orders.reduceOnly[order] === 1 ? ' reduce-only' : ''}`,
    );
    stage.fill(plan);
    return legs.length === 0 ? [] : [`${LEADERS[index]}: ${legs.join(', ')}`];
  }

  private trade(side: string, size: number): readonly string[] {
    const netLots = netRange(this.members, this.own).net + Math.round(size * LOTS) * (side === 'buys' ? 1 : -1);
    for (const effect of reconcileMembers(this.members, { venueAccount: 9, netLots, foreignTrades: null, unresolved: false }))
      if (effect.kind === 'own_position') this.own = effect.lotsAfter;
    return [];
  }

  private crossed(): readonly string[] {
    for (const { book } of this.members) revalue(book, NOW, 5_000);
    return findCrosses(this.members, optionsOf(1)).map((cross) => {
      applyCross(cross);
      const [seller, buyer] = [cross.seller, cross.buyer].map(({ copyNo }) => LEADERS[copyNo - 1]);
      return `${seller} gives ${buyer} ${cross.lots / LOTS} at ${cross.price / 1e8}`;
    });
  }
}

const fail = (what: string): never => {
  throw new Error(`${what} is not in the example`);
};

describe('docs/copying.md', () => {
  const examples = pageExamples('Account example: ', COLUMNS);

  it('tells of an order across the net, of a crossing and of a follower who trades too', () => {
    const told = examples.flatMap(({ rows }) => rows.map(({ then, sent }) => `${then} ${sent}`)).join('\n');
    for (const what of [/reduce-only, sell/, /gives/, /follower (buys|sells)/]) expect(told).toMatch(what);
  });

  it.each(examples)('one account: $name', ({ rows }) => {
    const account = new Account();
    for (const [index, { then = '', sent, ...held }] of rows.entries()) {
      const done = account.act(then);
      const place = `row ${index + 1}: ${then}`;
      expect([place, ...account.held(), done]).toEqual([place, held['copy of A'], held['copy of B'], held.account, sent]);
    }
  });
});
