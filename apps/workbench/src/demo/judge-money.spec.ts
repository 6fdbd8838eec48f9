import { parseMoney, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import type { JudgedCopy } from './judge';
import { type CopyBooks, judgeMoney, judgeRows, type MoneyWorld, type SettlementRow, sumsByAsset } from './judge-money';
import { copyOf, fillOf, truthOf } from './testing/judged-copy';

const amount = (text: string): bigint => unwrap(parseMoney(text), 'an amount of a test');
const world: MoneyWorld = {
  collateralOf: (coin) => (coin.startsWith('km:') ? 'USDH' : 'USDC'),
  collateralOfDex: (dex) => (dex === 'km' ? 'USDH' : 'USDC'),
  accruedOn: () => 0n,
  fundingDue: false,
};
const km = { coin: 'km:US500', feeToken: 'USDH', fee: '0.03', builderFee: '0.01' };
/** One SOL bought at 80 and sold at 81, and two of the index sold at 100 and bought at 99, everything in its own asset. */
const bothClosed = [
  fillOf({ sz: '1', px: '80' }),
  fillOf({ sz: '1', px: '81', side: 'A', startPosition: '1' }),
  fillOf({ ...km, sz: '2', px: '100', side: 'A' }),
  fillOf({ ...km, sz: '2', px: '99', startPosition: '-2' }),
];
const closed = (overrides: Partial<JudgedCopy['truth']> = {}): JudgedCopy =>
  copyOf({
    paid: new Map([
      ['USDC', amount('500')],
      ['USDH', amount('50')],
    ]),
    truth: truthOf({
      fills: bothClosed,
      cash: new Map([
        ['', '300.8'],
        ['km', '51.94'],
      ]),
      spot: new Map([['USDC', '200']]),
      ...overrides,
    }),
  });
type Names = Readonly<Record<string, string>>;
const books = (usdc: Names, usdh: Names): CopyBooks =>
  new Map(
    Object.entries({ USDC: usdc, USDH: usdh }).map(([asset, names]) => [
      asset,
      new Map(Object.entries(names).map(([name, value]) => [name, amount(value)] as const)),
    ]),
  );
const USDC = { realised_pnl: '-1', trading_fee: '0.12', builder_fee: '0.08' };
const USDH = { realised_pnl: '-2', trading_fee: '0.04', builder_fee: '0.02' };
const rules = (copy: JudgedCopy, booked: CopyBooks, inWorld = world): readonly string[] =>
  judgeMoney(copy, booked, inWorld).map(({ rule, detail }) => `${rule} / ${detail.split(' ')[2]}`);

const FEES = 'the ledger holds the venue’s fees / ';
const PNL = 'realised PnL is what the venue’s fills made / ';
const BALANCE = 'the venue’s balance is what came in and was booked / ';

describe('judging the money of a copy by the venue’s own books', () => {
  it('finds nothing where every asset comes out to the last digit', () => {
    expect(judgeMoney(closed(), books(USDC, USDH), world)).toEqual([]);
  });

  it.each<[string, JudgedCopy, CopyBooks, readonly string[]]>([
    ['a fee booked a unit too high', closed(), books(USDC, { ...USDH, trading_fee: '0.04000001' }), [`${FEES}USDH:`, `${BALANCE}USDH:`]],
    ['a builder fee that is missing', closed(), books({ ...USDC, builder_fee: '0' }, USDH), [`${FEES}USDC:`, `${BALANCE}USDC:`]],
    [
      'fees booked in the other asset, though both together come out',
      closed(),
      books({ ...USDC, trading_fee: '0.16' }, { ...USDH, trading_fee: '0' }),
      [`${FEES}USDC:`, `${BALANCE}USDC:`, `${FEES}USDH:`, `${BALANCE}USDH:`],
    ],
    ['profit booked a unit too low', closed(), books(USDC, { ...USDH, realised_pnl: '-1.99999999' }), [`${PNL}USDH:`, `${BALANCE}USDH:`]],
    ['markup invoiced where the venue collects it', closed(), books({ ...USDC, markup_cost: '0.01' }, USDH), [`${FEES}USDC:`]],
    [
      'a balance a millionth short',
      closed({
        cash: new Map([
          ['', '300.8'],
          ['km', '51.939999'],
        ]),
      }),
      books(USDC, USDH),
      [`${BALANCE}USDH:`],
    ],
    [
      'a spot balance nobody paid in',
      closed({
        spot: new Map([
          ['USDC', '200'],
          ['USDH', '1'],
        ]),
      }),
      books(USDC, USDH),
      [`${BALANCE}USDH:`],
    ],
    [
      'a fee taken in another token than the collateral of the dex',
      closed({ fills: [...bothClosed, fillOf({ ...km, sz: '0', feeToken: 'USDC', fee: '0', builderFee: '0' })] }),
      books(USDC, USDH),
      ['fees are paid in the collateral of the dex / USDH:'],
    ],
    [
      'an asset the venue knows nothing of',
      closed(),
      new Map([...books(USDC, USDH), ['USDE', new Map([['trading_fee', 1n]])]]),
      [`${FEES}USDE:`, `${BALANCE}USDE:`],
    ],
  ])('%s is reported', (_name, copy, booked, reported) => {
    expect(rules(copy, booked)).toEqual(reported);
  });

  it('counts the venue’s funding in the balance', () => {
    const fundings = [{ coin: 'km:US500', time: 2, usdc: '-0.25' }];
    expect(rules(closed({ fundings }), books(USDC, USDH))).toEqual([`${BALANCE}USDH:`]);
    expect(
      rules(
        closed({
          fundings,
          cash: new Map([
            ['', '300.8'],
            ['km', '51.69'],
          ]),
        }),
        books(USDC, USDH),
      ),
    ).toEqual([]);
  });

  it('demands the venue’s funding of the ledger once it is due', () => {
    const due = { ...world, fundingDue: true };
    const paid = closed({
      fundings: [{ coin: 'km:US500', time: 2, usdc: '-0.25' }],
      cash: new Map([
        ['', '300.8'],
        ['km', '51.69'],
      ]),
    });
    expect(rules(paid, books(USDC, { ...USDH, funding: '0.25' }), due)).toEqual([]);
    expect(rules(paid, books(USDC, { ...USDH, funding: '0.250001' }), due)).toEqual(['the ledger holds the venue’s funding / USDH:']);
    expect(rules(paid, books({ ...USDC, funding: '0.25' }, USDH), due)).toEqual(
      ['USDC', 'USDH'].map((asset) => `the ledger holds the venue’s funding / ${asset}:`),
    );
  });

  it('demands the markup that is owed where the venue collects none', () => {
    const owed: MoneyWorld = { ...world, accruedOn: ({ coin }) => (coin === 'SOL' ? amount('0.02') : 0n) };
    expect(rules(closed(), books(USDC, USDH), owed)).toEqual([`${FEES}USDC:`]);
    expect(rules(closed(), books({ ...USDC, markup_cost: '0.04' }, USDH), owed)).toEqual([]);
  });

  /** Three bought at two prices, one sold: the average entry, 80.33333333…, has no last digit. */
  const open = (): JudgedCopy =>
    copyOf({
      truth: truthOf({
        fills: [
          fillOf({ sz: '1', px: '80', fee: '0', builderFee: '0' }),
          fillOf({ sz: '2', px: '80.5', startPosition: '1', fee: '0', builderFee: '0' }),
          fillOf({ sz: '1', px: '82', side: 'A', startPosition: '3', fee: '0', builderFee: '0' }),
        ],
        positions: new Map([['SOL', '2']]),
      }),
    });
  it.each<[string, readonly string[]]>([
    ['-1.66666667', []],
    ['-1.66666668', []],
    ['-1.66666669', [`${PNL}USDC:`]],
    ['-1.66666665', [`${PNL}USDC:`]],
  ])('of what is still open, a partial closing may round the last digit: %s', (realised, reported) => {
    expect(rules(open(), books({ realised_pnl: realised }, {}))).toEqual(reported);
  });

  it('closes the whole side before it opens the other', () => {
    const flip = [
      fillOf({ sz: '1', px: '80' }),
      fillOf({ sz: '3', px: '81', side: 'A', startPosition: '1' }),
      fillOf({ sz: '2', px: '79', startPosition: '-2' }),
    ];
    expect(sumsByAsset({ truth: truthOf({ fills: flip }) }, world).get('USDC')).toMatchObject({
      realised: amount('5'),
      partialCloses: 0,
      open: false,
    });
  });
});

describe('the rows of a settlement', () => {
  const row = (asset: string, account: string, net: string): SettlementRow => ({ asset, account, net: amount(net) });
  const rowsOf = (asset: string, markup: string, own: string, operator: string): SettlementRow[] => [
    row(asset, 'copy:venue_cash', '1'),
    row(asset, 'copy:trading_fee', '1'),
    row(asset, 'copy:builder_fee', markup),
    row(asset, 'tenant:markup_revenue', own),
    row(asset, 'platform:markup_revenue', operator),
  ];
  const all = [...rowsOf('USDC', '0.08', '-0.06', '-0.02'), row('USDC', 'copy:allocation', '-500'), ...rowsOf('USDH', '0.02', '-0.015', '-0.005')];
  const ROWS = 'the settlement has the rows of each asset';
  const SHARED = 'the markup is shared out in its own asset';

  it.each<[string, readonly SettlementRow[], readonly string[]]>([
    ['finds nothing where every asset has its rows', all, []],
    ['counts what no share could take whole', all.map((one) => (one.net === amount('-0.005') ? { ...one, account: 'platform:rounding' } : one)), []],
    ['misses an asset', all.filter(({ asset }) => asset !== 'USDH'), [ROWS, ROWS, ROWS, SHARED]],
    ['misses the fees of an asset', all.filter(({ asset, account }) => asset !== 'USDH' || account !== 'copy:trading_fee'), [ROWS]],
    ['sees rows of an asset nobody traded in', [...all, row('USDE', 'copy:trading_fee', '0')], [ROWS]],
    [
      'takes an allocation in an asset nobody traded in for no fault',
      [...all, row('USDE', 'copy:allocation', '-1'), row('USDE', 'copy:venue_cash', '1')],
      [],
    ],
    [
      'sees a markup shared out in another asset',
      all.map((one) => (one.net === amount('-0.015') ? { ...one, asset: 'USDC' } : one)),
      [SHARED, ROWS, SHARED],
    ],
  ])('%s', (_name, rows, reported) => {
    expect(judgeRows('Northwind', rows, [closed()], world).map(({ rule }) => rule)).toEqual(reported);
  });
});
