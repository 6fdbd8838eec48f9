import { size, UNIT } from '@lockstep/kernel';
import { entryOf, instrumentOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { AccountState } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import { OwnTrades } from '../state/own-trades';
import { type AccountRecord, type CopyRecord, Registry, type WatchedAccount } from '../state/registry';
import { forgetLevel, instrumentsOf, netsOf, noteUnmet } from './account-nets';

const BTC = instrumentOf('BTC', 1);
const ETH = instrumentOf('ETH', 1);
const LOT = UNIT / 10n;

/** An account with one copy that has met BTC alone, holding `position` lots beside `own` of the follower's. */
function standing(position: number, own: number) {
  const registry = new Registry();
  const markets = new Map([BTC, ETH].map((instrument) => [instrument.coin, { instrument }]));
  const account = { index: 9, no: 90, network: { markets }, own: new Map<string, number>() } as unknown as AccountRecord;
  const stage = new Stage(BTC);
  const row = stage.add(entryOf(1, settingsOf('1'), { venueAccount: account.index }));
  stage.sheet.rows.position[row] = position;
  stage.sheet.rows.beside[row] = own;
  if (own !== 0) account.own.set('BTC', own);
  const copy = { no: 1, id: 'cpy_1', row, account, watched: { no: 1, book: stage.book } as unknown as WatchedAccount } as unknown as CopyRecord;
  registry.addCopy(copy);
  const told = (lots: Readonly<Record<string, number>>, time = 5) => {
    const positions = Object.entries(lots).map(([coin, held]) => ({ coin, size: size(BigInt(held) * LOT), entryPrice: 0n }));
    const states = [{ dex: '', time, positions }] as unknown as readonly AccountState[];
    noteUnmet(account, [copy], states, new OwnTrades());
    const nets = netsOf(registry, account, instrumentsOf([copy]), states);
    return { nets, lines: nets.map(({ coin, net, own: part }) => `${coin} ${net / LOT} of which ${part / LOT}`) };
  };
  return { account, told, besideIs: (lots: number) => (stage.sheet.rows.beside[row] = lots) };
}

describe('what is written of an account’s nets', () => {
  it('the follower’s part of a met coin is what was compared, of another all of it', () => {
    expect(standing(3, 4).told({ BTC: 9, ETH: 2 }).lines).toEqual(['BTC 9 of which 4', 'ETH 2 of which 2']);
  });

  it('a net of nothing tells the own position that makes it one', () => {
    expect(standing(3, -3).told({}).lines).toEqual(['BTC 0 of which -3']);
  });

  it('nothing is told where there never was anything', () => {
    expect(standing(3, 0).told({}).lines).toEqual([]);
  });

  it.each(['BTC', 'ETH'])('an own position in %s that is gone is told as gone until that is written, then no more', (coin) => {
    const { account, told, besideIs } = standing(0, coin === 'BTC' ? 4 : 0);
    told({ [coin]: 4 });
    account.own.set(coin, coin === 'BTC' ? 0 : 4);
    besideIs(0);
    expect(told({}).lines).toEqual([`${coin} 0 of which 0`]);
    // What could not be written is told again.
    const again = told({});
    expect(again.lines).toEqual([`${coin} 0 of which 0`]);
    forgetLevel(account, again.nets);
    expect(told({}).lines).toEqual([]);
  });

  it('what came back before it was written stands', () => {
    const { account, told } = standing(0, 0);
    told({ ETH: 4 });
    const { nets } = told({});
    told({ ETH: 1 });
    forgetLevel(account, nets);
    expect(account.own.get('ETH')).toBe(1);
  });
});
