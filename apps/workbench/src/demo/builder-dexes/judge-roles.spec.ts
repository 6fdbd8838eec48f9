import { describe, expect, it } from 'vitest';
import type { JudgedCopy } from '../judge';
import { copyOf, fillOf, truthOf } from '../testing/judged-copy';
import { judgeRole, type RoleCase } from './judge-roles';
import type { FollowerRole } from './role';

const world = { collateralOf: (coin: string): string => ({ flx: 'USDT0', km: 'USDH' })[coin.split(':')[0] ?? ''] ?? 'USDC' };
const opened = (coin: string) => fillOf({ coin, sz: '1' });
const exited = (coin: string) => fillOf({ coin, sz: '1', side: 'A', startPosition: '1' });
const account = (truth: Partial<JudgedCopy['truth']>): JudgedCopy => copyOf({ truth: truthOf(truth) });
const rules = (role: FollowerRole | null, judged: Partial<RoleCase>): readonly string[] => {
  const empty = { copy: account({}), purses: new Set(['', 'xyz', 'flx', 'km']), decisions: [], fillsBeforeDrain: null };
  return judgeRole({ ...empty, ...judged, role }, world).map(({ rule }) => rule);
};
const denied = [{ coin: 'flx:TSLA', decision: 'no_collateral' }];
const BARE: FollowerRole = { kind: 'bare', dex: 'flx' };
const DRAINED: FollowerRole = { kind: 'drained', dex: 'km' };
const bare = (judged: Partial<RoleCase> = {}) =>
  rules(BARE, { copy: account({ fills: [opened('km:US500'), exited('km:US500')] }), purses: new Set(['', 'km']), decisions: denied, ...judged });
const drained = (
  fills: readonly ReturnType<typeof fillOf>[],
  judged: Partial<RoleCase> = {},
  positions: JudgedCopy['truth']['positions'] = new Map(),
) => rules(DRAINED, { copy: account({ fills, positions }), fillsBeforeDrain: 1, ...judged });

const GONE = 'exits leave when the collateral is gone';

describe('what a follower is there to show', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['a follower without collateral is denied and leaves elsewhere', bare(), []],
    [
      'an order that left without collateral',
      bare({ copy: account({ fills: [opened('km:US500'), exited('km:US500')], ordered: ['flx:TSLA', 'flx:TSLA'] }) }),
      ['no order leaves for a dex without collateral'],
    ],
    ['an entry that was never denied', bare({ decisions: [{ coin: 'flx:TSLA', decision: 'no_change' }] }), ['entries without collateral are denied']],
    ['exits that never left', bare({ copy: account({ fills: [opened('km:US500')] }) }), ['exits leave where collateral is missing elsewhere']],
    ['somebody who holds collateral and is denied for it', rules(null, { decisions: denied }), ['who holds collateral is not denied for it']],
    [
      'a unified account that is denied in what it holds',
      rules(null, { decisions: denied, purses: new Set(['spot', 'spot:USDT0']) }),
      ['who holds collateral is not denied for it'],
    ],
    ['a unified account that is denied in what it lacks', rules(null, { decisions: denied, purses: new Set(['spot', 'spot:USDH']) }), []],
    [
      'money on the main dex that serves no other',
      rules(null, { copy: account({ ordered: ['xyz:NVDA'] }), purses: new Set(['']) }),
      ['no order leaves for a dex without collateral'],
    ],
    ['an exit after the collateral was taken out', drained([opened('km:US500'), exited('km:US500')]), []],
    ['an exit from before the collateral was taken out', drained([opened('km:US500'), exited('km:US500')], { fillsBeforeDrain: 2 }), [GONE]],
    ['an exit on another dex alone', drained([opened('xyz:NVDA'), exited('xyz:NVDA')]), [GONE]],
    ['collateral that was never taken out', drained([opened('km:US500'), exited('km:US500')], { fillsBeforeDrain: null }), [GONE]],
    [
      'a position that is still open',
      drained(
        [opened('km:US500'), exited('km:US500')],
        {},
        new Map([
          ['km:US500', '0.5'],
          ['xyz:NVDA', '1'],
        ]),
      ),
      [GONE],
    ],
    ['a unified account that trades', rules({ kind: 'unified' }, { copy: account({ fills: [opened('xyz:NVDA')] }) }), []],
    ['a unified account that never trades', rules({ kind: 'unified' }, {}), ['every kind of account trades']],
    ['a sub-account that never trades', rules({ kind: 'sub_account' }, {}), ['every kind of account trades']],
  ])('%s', (_name, reported, expected) => {
    expect(reported).toEqual(expected);
  });
});
