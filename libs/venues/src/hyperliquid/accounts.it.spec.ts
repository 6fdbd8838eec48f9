import { formatMoney, unwrap } from '@lockstep/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import type { HyperliquidSettings } from './config';
import { ScriptedVenue } from './testing/scripted-venue';

/* What the venue says of accounts themselves. Needs the built worker: npm run build. */

const ADDRESS = `0x${'a1'.repeat(20)}`;
const MASTER = `0x${'b2'.repeat(20)}`;

let scripted: ScriptedVenue | null = null;
afterEach(async () => {
  await scripted?.close();
  scripted = null;
});

type Answers = Readonly<Record<string, unknown>>;

/** A venue that answers each type of question with one thing, or per dex. */
async function opened(answers: Answers, settings: Partial<HyperliquidSettings> = {}) {
  const info = ({ type, dex = '' }: Readonly<Record<string, unknown>>): unknown =>
    answers[`${String(type)} ${String(dex)}`.trim()] ?? answers[String(type)];
  scripted = new ScriptedVenue({ http: { status: 200, body: '{}' }, info });
  return scripted.open(settings);
}

describe('the role of an address', () => {
  it.each<[string, Answers, unknown]>([
    ['missing', { userRole: { role: 'missing' } }, { kind: 'missing' }],
    ['an account', { userRole: { role: 'user' } }, { kind: 'main' }],
    ['an agent names its account', { userRole: { role: 'agent', data: { user: MASTER } } }, { kind: 'agent', of: MASTER }],
    [
      'a sub-account names its master',
      { userRole: { role: 'subAccount', data: { master: MASTER.toUpperCase().replace('X', 'x') } } },
      { kind: 'sub_account', master: MASTER },
    ],
    [
      'a vault is asked for its leader',
      { userRole: { role: 'vault' }, vaultDetails: { leader: MASTER, name: 'v' } },
      { kind: 'vault', leader: MASTER },
    ],
  ])('%s', async (_name, answers, role) => {
    const venue = await opened(answers);
    expect(await venue.accounts?.role(ADDRESS)).toEqual({ ok: true, value: role });
  });

  it('a role nobody knows is no role', async () => {
    const venue = await opened({ userRole: { role: 'oracle' } });
    expect(await venue.accounts?.role(ADDRESS)).toMatchObject({ ok: false, error: { code: 'unparseable' } });
  });
});

describe('the account mode', () => {
  it.each<[string, Partial<HyperliquidSettings>, string]>([
    ['disabled', {}, 'standard'],
    ['unifiedAccount', {}, 'unified'],
    ['portfolioMargin', {}, 'unified'],
    ['default', {}, 'standard'],
    ['default', { defaultAccountMode: 'unified' }, 'unified'],
  ])('%s with %o is %s', async (answer, settings, mode) => {
    const venue = await opened({ userAbstraction: answer }, settings);
    expect(await venue.truth.accountMode(ADDRESS)).toEqual({ ok: true, value: mode });
  });

  it('a mode nobody knows is not guessed', async () => {
    const venue = await opened({ userAbstraction: 'somethingNew' });
    expect((await venue.truth.accountMode(ADDRESS)).ok).toBe(false);
  });
});

const asset = { name: 'X', szDecimals: 2, maxLeverage: 10 };
const context = { funding: '0.0', oraclePx: '1.0', markPx: '1.0', midPx: '1.0' };
const dexOf = (collateralToken: number, name: string) => [{ universe: [{ ...asset, name }], collateralToken }, [context]];
const stateWith = (accountValue: string, unrealizedPnl: string) => ({
  marginSummary: { accountValue },
  withdrawable: '0.0',
  assetPositions: [{ position: { coin: 'X', szi: '1.0', leverage: { type: 'cross', value: 2 }, entryPx: '1.0', marginUsed: '0.5', unrealizedPnl } }],
  time: 1,
});
const UNIFIED: Answers = {
  userAbstraction: 'unifiedAccount',
  perpDexs: [null, { name: 'km' }, { name: 'hy' }],
  metaAndAssetCtxs: dexOf(0, 'X'),
  'metaAndAssetCtxs km': dexOf(360, 'km:X'),
  'metaAndAssetCtxs hy': dexOf(235, 'hy:X'),
  spotMeta: {
    tokens: [
      { name: 'USDC', index: 0 },
      { name: 'USDH', index: 360 },
      { name: 'USDE', index: 235 },
    ],
  },
  clearinghouseState: stateWith('0.0', '2.5'),
  'clearinghouseState km': stateWith('0.0', '-1.0'),
  spotClearinghouseState: {
    balances: [
      { coin: 'USDC', token: 0, total: '500.0', hold: '120.0' },
      { coin: 'USDH', token: 360, total: '70.0', hold: '0.0' },
    ],
  },
};

/** As the house prints it. */
const shown = (text: string): string => text.replace(/\.0$/, '');

describe('equity of a unified account', () => {
  it.each<[string, Partial<HyperliquidSettings>, string, string]>([
    ['', {}, '500.0', '380.0'],
    ['km', {}, '70.0', '70.0'],
    ['hy', {}, '0.0', '0.0'],
    ['', { unifiedEquity: 'spot_total_plus_unrealised' }, '502.5', '380.0'],
    ['km', { unifiedEquity: 'spot_total_plus_unrealised' }, '69.0', '70.0'],
  ])('in dex "%s" with %o is the total of its own collateral: %s', async (dex, settings, equity, withdrawable) => {
    const venue = await opened(UNIFIED, settings);
    const state = unwrap(await venue.truth.account(ADDRESS, dex), 'state');
    expect([formatMoney(state.accountValue), formatMoney(state.withdrawable), state.pooled]).toEqual([shown(equity), shown(withdrawable), true]);
  });
});

describe('who receives builder fees', () => {
  it.each([
    ['disabled', '150.5', true],
    ['unifiedAccount', '0.0', false],
  ])('in mode %s with %s', async (userAbstraction, accountValue, standardMode) => {
    const venue = await opened({ userAbstraction, clearinghouseState: { ...stateWith(accountValue, '0.0'), assetPositions: [] } });
    const standing = await venue.accounts?.builderStanding(ADDRESS);
    expect(standing?.ok === true && [standing.value.standardMode, formatMoney(standing.value.accountValue)]).toEqual([
      standardMode,
      shown(accountValue),
    ]);
  });
});

it('leverage is read for a coin the account holds nothing in', async () => {
  const venue = await opened({
    activeAssetData: { user: ADDRESS, coin: 'X', leverage: { type: 'isolated', value: 3, rawUsd: '0.0' }, markPx: '1.0' },
  });
  expect(await venue.accounts?.leverage(ADDRESS, 'X')).toEqual({ ok: true, value: { leverage: 3, cross: false } });
});
