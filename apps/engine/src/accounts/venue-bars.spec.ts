import { money, parseMoney, UNIT, unwrap } from '@lockstep/kernel';
import { CopyBook, reasonAt } from '@lockstep/replication';
import { entryOf, instrumentOf, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { AccountState } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { barCopy, barNetwork, barOf, barSheet, takeBalances } from './venue-bars';

const COLLATERALS: Readonly<Record<string, string>> = { '': 'USDC', km: 'USDH', eu: 'EURC' };
const network = { markets: { isDollar: (collateral: string) => collateral.startsWith('USD') } };
/** Dex, what is held there, and whether a position stands there. */
type Held = readonly [dex: string, value: string, inUse?: 'in use'];
const inDex = (dex: string) => ({ ...instrumentOf(dex === '' ? 'BTC' : `${dex}:X`, 2, 10), dex });
const state = (dex: string, accountValue: bigint): AccountState => ({
  address: '0xa',
  dex,
  accountValue: money(accountValue),
  pooled: false,
  withdrawable: money(0n),
  positions: [],
  time: 1,
});

describe('what an account can trade', () => {
  it.each<[string, AccountRecord['accountType'], readonly Held[], string, string]>([
    ['a dex never read is left to the venue', 'main', [], 'km', 'planned'],
    ['a dex with its collateral', 'main', [['km', '100']], 'km', 'planned'],
    ['a dex without', 'main', [['km', '0']], 'km', 'no_collateral'],
    // The smallest order is worth 10 dollars, the highest leverage 10.
    ['a dex with what margins the smallest order', 'main', [['km', '1']], 'km', 'planned'],
    ['a dex with less', 'main', [['km', '0.99999999']], 'km', 'no_collateral'],
    ['a dex with less, beside a position', 'main', [['km', '0', 'in use']], 'km', 'planned'],
    ['the main dex without', 'sub_account', [['', '0']], '', 'no_collateral'],
    ['a vault in the main dex', 'vault', [], '', 'planned'],
    ['a vault in another', 'vault', [['km', '100']], 'km', 'account_type'],
    ['a dex whose collateral is no dollar', 'main', [['eu', '100']], 'eu', 'foreign_collateral'],
  ])('%s', (_name, accountType, held, dex, reason) => {
    const balances = new Map(
      held.map(([of, text, use]) => [of, { accountValue: unwrap(parseMoney(text), text), pooled: false, inUse: use !== undefined }]),
    );
    expect(reasonAt(barOf({ accountType, balances, network }, { dex, collateral: COLLATERALS[dex] ?? '', maxLeverage: 10, delisted: false }))).toBe(
      reason,
    );
  });

  it('nobody enters what the venue does not list any more, from the reading of the list that says so, until it is listed again', () => {
    const book = new CopyBook();
    const row = book.addCopy(entryOf(1, settingsOf('1')));
    const account = { accountType: 'main', balances: new Map(), network } as unknown as AccountRecord;
    const copy = { account, watched: { book }, row } as unknown as CopyRecord;
    const registry = { copies: new Map([[1, copy]]) };
    const sheet = book.sheet(inDex(''));
    const barred = (delisted: boolean) => {
      expect(book.relist({ ...inDex(''), delisted })).toBe(true);
      barNetwork(registry, account.network);
      return reasonAt(sheet.rows.barred[row] ?? 0);
    };
    expect([barred(false), barred(true), barred(false)]).toEqual(['planned', 'delisted', 'planned']);
    barNetwork(registry, {} as AccountRecord['network']);
    expect(reasonAt(sheet.rows.barred[row] ?? 0)).toBe('planned');
  });

  it('is put on its copies as soon as it is read, and on an instrument that appears before its first wave', () => {
    const book = new CopyBook();
    const row = book.addCopy(entryOf(1, settingsOf('1')));
    const account = { accountType: 'main', balances: new Map(), network } as unknown as AccountRecord;
    const watched = { book };
    const copy = { account, watched, row } as unknown as CopyRecord;
    const ctx = { registry: { copiesOf: () => [copy], copies: new Map([[1, copy]]) } } as unknown as EngineContext;
    const known = book.sheet(inDex(''));
    takeBalances(ctx, account, [state('', 100n * UNIT), state('km', UNIT - 1n)]);
    const appeared = book.sheet(inDex('km'));
    barSheet(ctx, copy.watched, appeared);
    const reasons = () => [known, appeared].map((sheet) => reasonAt(sheet.rows.barred[row] ?? 0));
    expect(reasons()).toEqual(['planned', 'no_collateral']);
    takeBalances(ctx, account, [state('km', UNIT), state('', 0n)]);
    expect(reasons()).toEqual(['no_collateral', 'planned']);
    barCopy(copy);
    expect(reasons()).toEqual(['no_collateral', 'planned']);
  });
});
