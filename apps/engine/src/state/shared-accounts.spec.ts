import { money, size, UNIT } from '@lockstep/kernel';
import { MICRO } from '@lockstep/replication';
import { dollars, entryOf, instrumentOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import { StopVersion } from '../context';
import { type AccountRecord, type CopyRecord, Registry, type WatchedAccount } from './registry';
import { dropEnded, equityOfOthers, explains, learnOwn, leftBy, noteOwn, ownLots, putAccountNets, shareEquity } from './shared-accounts';

/** A registry with one account and a copy on it for each leader, holding so many lots. */
function sharing(...positions: readonly number[]) {
  const registry = new Registry();
  const market = { instrument: instrumentOf('BTC', 1) };
  const dollarClearinghouses = () => [{ dex: '', collateral: 'USDC' }];
  const network = { markets: { get: (coin: string) => (coin === 'BTC' ? market : undefined), dollarClearinghouses } };
  const account = { index: 9, no: 90, network, own: new Map(), balances: new Map() } as unknown as AccountRecord;
  const copies = positions.map((position, index) => {
    const stage = new Stage(market.instrument);
    const row = stage.add(entryOf(index + 1, settingsOf('1'), { venueAccount: account.index }));
    stage.sheet.rows.position[row] = position;
    stage.sheet.rows.target[row] = position * MICRO;
    stage.sheet.leaderLots = position;
    const watched = { no: index + 1, book: stage.book } as unknown as WatchedAccount;
    const copy = { no: index + 1, id: `cpy_${index}`, row, account, watched, coming: 0n } as unknown as CopyRecord;
    registry.addCopy(copy);
    return { stage, row, watched, copy };
  });
  const at = (index: number) => {
    const found = copies[index];
    if (found === undefined) throw new RangeError(`no copy ${index}`);
    return found;
  };
  const others = (index: number) => {
    const { stage, row } = at(index);
    const { rows } = stage.sheet;
    return [rows.beside[row], rows.others[row], rows.othersBuy[row], rows.othersSell[row]];
  };
  return { registry, account, at, others };
}

const legs = (plan: ReturnType<Stage['plan']>): readonly string[] =>
  Array.from({ length: plan.orders.count }, (_, order) =>
    [plan.orders.buy[order] === 1 ? 'buy' : 'sell', plan.orders.lots[order], plan.orders.reduceOnly[order] === 1 ? 'reduce-only' : '']
      .join(' ')
      .trim(),
  );

describe('copies that share an account', () => {
  it('one leader’s plan counts on what another’s has reserved a moment before', () => {
    const { registry, at } = sharing(30, 20);
    const lot = UNIT / 10n;
    putAccountNets(registry, at(0).watched, 'BTC');
    expect(legs(at(0).stage.plan('0'))).toEqual(['sell 30 reduce-only']);
    // 30 of the net of 50 are on their way out: 20 are left to reduce.
    putAccountNets(registry, at(1).watched, 'BTC');
    expect(legs(at(1).stage.plan('0', {}, { after: size(-15n * lot) }))).toEqual(['sell 20 reduce-only', 'sell 15']);
  });

  it('an exit that takes the account away from zero is sent, and plain', () => {
    const { registry, at } = sharing(10, -30);
    putAccountNets(registry, at(0).watched, 'BTC');
    expect(legs(at(0).stage.plan('0'))).toEqual(['sell 10']);
  });

  it('what the follower holds counts too, and a leader without shared accounts is left alone', () => {
    const { registry, account, at, others } = sharing(10, -30);
    account.own.set('BTC', 5);
    putAccountNets(registry, { no: 77 } as unknown as WatchedAccount, 'BTC');
    expect(others(0)).toEqual([0, 0, 0, 0]);
    at(1).stage.sheet.rows.pendingBuy[at(1).row] = 4;
    putAccountNets(registry, at(0).watched, 'BTC');
    expect(others(0)).toEqual([5, -30, 4, 0]);
    expect([
      explains(
        registry.rowsOf(account).flatMap(({ book, row }) => ({ book, row, sheet: book.sheet(instrumentOf('BTC', 1)) })),
        account,
        'BTC',
        -15,
      ),
    ]).toEqual([true]);
  });

  it('a copy that ends leaves what it holds to the follower, to the last lot', () => {
    const { registry, account, at, others } = sharing(3, -30);
    const left = leftBy(at(0).copy);
    expect(left).toEqual([{ venueAccountNo: 90, coin: 'BTC', lots: 3, quantity: 3n * (UNIT / 10n) }]);
    dropEnded({ registry, stops: new StopVersion() }, at(0).copy, left);
    expect([registry.copiesOf(account).length, ownLots(registry, account, 'BTC'), others(1)]).toEqual([1, 3, [3, 0, 0, 0]]);
    expect([...registry.sharedAccountsOf(at(1).watched)]).toEqual([]);
    // The last one leaves what it holds to a copy that comes after it.
    dropEnded({ registry, stops: new StopVersion() }, at(1).copy, leftBy(at(1).copy));
    expect([registry.copiesOf(account).length, account.own.get('BTC')]).toEqual([0, -27]);
  });

  it('what an ended copy left is the follower’s also where the one that stays has not met the coin', () => {
    const { registry, account, at } = sharing(-4, 3);
    const copy = { ...at(1).copy, no: 9, watched: { no: 9, book: new Stage(instrumentOf('ETH', 1)).book } } as unknown as CopyRecord;
    registry.addCopy(copy);
    registry.dropCopy(2);
    dropEnded({ registry, stops: new StopVersion() }, at(0).copy, leftBy(at(0).copy));
    expect([registry.copiesOf(account).length, ownLots(registry, account, 'BTC')]).toEqual([1, -4]);
  });

  it('equity is shared by each copy’s own, and one alone has all of it', () => {
    const { registry, account, at } = sharing(0, 0);
    const equity = [300, 100].map((amount, index) => {
      at(index).stage.book.copies.equity[at(index).row] = Number(dollars(amount));
      return dollars(amount);
    });
    const shares = () => [0, 1].map((index) => BigInt(at(index).stage.book.copies.realEquity[at(index).row] ?? 0));
    shareEquity(registry, account, dollars(200));
    expect(shares()).toEqual([dollars(150), dollars(50)]);
    shareEquity(registry, account, money(-1n));
    expect(shares()).toEqual([0n, 0n]);
    expect([equityOfOthers(registry, account, null), equityOfOthers(registry, account, at(0).copy)]).toEqual([dollars(400), equity[1]]);
    at(1).copy.coming = dollars(50);
    expect([equityOfOthers(registry, account, at(0).copy), equityOfOthers(registry, account, at(1).copy)]).toEqual([dollars(150), equity[0]]);
    registry.dropCopy(1);
    shareEquity(registry, account, dollars(200));
    expect(shares()[1]).toEqual(dollars(200));
  });

  it('an own position in what no copy has met is noted in lots, and one that is no whole number of them is not', () => {
    const { account } = sharing();
    noteOwn(account, 'BTC', size(UNIT / 5n));
    noteOwn(account, 'ETH', size(UNIT));
    expect([...account.own]).toEqual([['BTC', 2]]);
    noteOwn(account, 'BTC', size(1n));
    expect([...account.own]).toEqual([['BTC', 2]]);
  });

  it('a coin met for the first time may be one the follower holds: the row knows it', () => {
    const { account, at, others } = sharing(10);
    account.own.set('BTC', -4);
    learnOwn(at(0).copy);
    expect(others(0)).toEqual([-4, 0, 0, 0]);
  });
});
