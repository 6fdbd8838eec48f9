import { defaultCopySettings } from '@lockstep/roster';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyOutcome } from './apply';
import { reasonAt } from './reasons';
import { at, entryOf, NOW, priceOf, Stage, settingsOf } from './testing/book-builder';
import { TIF_GTC, TIF_IOC } from './wave-plan';

const slippage = { ...defaultCopySettings().slippage, onBreach: 'rest' as const };
/** A copy that rests and one that does not, of a leader at their own size. */
function pair() {
  const stage = new Stage();
  const rests = stage.add(entryOf(1, settingsOf('1', { slippage })));
  const rejects = stage.add(entryOf(2, settingsOf('1')));
  return { stage, rests, rejects };
}
const REST = { mayRest: true };

describe('an entry beyond its bound', () => {
  it('stands where the copy rests, and does not leave where it rejects', () => {
    const { stage } = pair();
    stage.book.setBook('BTC', priceOf('109'), priceOf('110'), NOW);
    const plan = stage.plan('10', REST, { incrementPrice: priceOf('100') });
    expect([plan.orders.count, plan.orders.copyNo[0], plan.orders.tif[0]]).toEqual([1, 1, TIF_GTC]);
    expect([0, 1].map((index) => reasonAt(at(plan.decisions.reason, index)))).toEqual(['planned', 'price_bound']);
  });

  it('never stands where the venue takes no such orders', () => {
    const { stage } = pair();
    const plan = stage.plan('10');
    expect(Array.from(plan.orders.tif.subarray(0, plan.orders.count))).toEqual([TIF_IOC, TIF_IOC]);
  });

  it('knows of every reduction and turn of the leader, wherever he stands behind it', () => {
    const { stage } = pair();
    const counted = ['10', '20', '15', '30', '-30', '-40', '0', '5'].map((position) => {
      stage.plan(position, REST);
      return stage.sheet.leaderReductions;
    });
    expect(counted).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });

  it('exits stand nowhere', () => {
    const { stage } = pair();
    stage.follow('10');
    const plan = stage.plan('5', REST);
    expect([plan.orders.count, ...plan.orders.tif.subarray(0, plan.orders.count)]).toEqual([2, TIF_IOC, TIF_IOC]);
  });

  it('while it stands it counts as filled: nothing is ordered twice, and no more than the target is ever on its way', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.boolean(), (leader, short) => {
        const { stage, rests } = pair();
        const { rows } = stage.sheet;
        let most = 0;
        for (const held of leader) {
          const plan = stage.plan(String(short ? -held : held), REST);
          for (let order = 0; order < plan.orders.count; order += 1) {
            if (plan.orders.exit[order] === 1) stage.fillOrder(plan, order, at(plan.orders.lots, order));
            else applyOutcome(stage.book, plan, order, 'unknown', 0, 'lasting');
          }
          most = Math.max(most, held * stage.sheet.lotsPerUnit);
          const reached = (short ? -1 : 1) * at(rows.position, rests) + at(short ? rows.pendingSell : rows.pendingBuy, rests);
          expect(reached).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});
