import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import type { Json } from './port';

const USER = addressOf(1);
const read = (file: string): Json => JSON.parse(readFileSync(join(venueData()?.dir ?? '', file), 'utf8'));
const listOf = (value: Json): Json[] => (Array.isArray(value) ? value : []);

/** The type of every key, level by level; of a list the type of its first element. */
function shapeOf(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, inner]) => [key, shapeOf(inner)]),
  );
}

const keysOf = (value: Json): string[] => (typeof value === 'object' && value !== null ? Object.keys(value) : []);

const jkorf = (file: string): Json =>
  dig(listOf(dig(read('http/responses-jkorf.json'), 'responses')).find((each) => String(dig(each, 'file')).endsWith(file)) ?? null, 'response');
const python = (type: string): Json =>
  dig(
    listOf(dig(read('http/info-recorded-python-sdk.json'), 'interactions')).find((each) => dig(each, 'request', 'body', 'type') === type) ?? null,
    'response',
    'body',
  );

describe.skipIf(venueData() === null)('answers about accounts have the recorded shape (needs VENUE_DATA_DIR)', () => {
  const bed = new Testbed({}, { 1: '100000', 2: '1000' });
  bed.world.control.setup([{ address: USER, credits: { spot: '50' }, volume: '200000' }]);
  bed.block();
  const sub = String(dig(bed.act(USER, { type: 'createSubAccount', name: 'Test' }).response, 'data'));
  bed.act(USER, { type: 'subAccountTransfer', subAccountUser: sub, isDeposit: true, usd: 29_780_010 });
  bed.act(USER, { type: 'subAccountSpotTransfer', subAccountUser: sub, isDeposit: true, token: 'USDC', amount: '0.22' });
  bed.wallet(1, { type: 'usdClassTransfer', amount: '1', toPerp: true });
  const own = (type: string): Json => bed.info(type, { user: USER });

  it('subAccounts', () => expect(shapeOf(own('subAccounts'))).toEqual(shapeOf(jkorf('GetSubAccounts.txt'))));
  it('userRole and userRateLimit', () => {
    expect(shapeOf(bed.info('userRole', { user: USER }))).toEqual(shapeOf(python('userRole')));
    expect(keysOf(own('userRateLimit'))).toEqual([...keysOf(jkorf('GetRateLimits.txt')), 'nRequestsSurplus']);
  });

  it('portfolio, period by period', () => {
    const [ours, theirs] = [listOf(own('portfolio')), listOf(python('portfolio'))];
    expect(ours.map((period) => dig(period, 0))).toEqual(theirs.map((period) => dig(period, 0)));
    for (const [at, period] of ours.entries()) expect(shapeOf(period)).toEqual(shapeOf(theirs[at]));
  });

  it('ledger updates of a class transfer and a deposit', () => {
    const [ours, theirs] = [listOf(own('userNonFundingLedgerUpdates')), listOf(jkorf('GetAccountLedger.txt'))];
    for (const type of ['accountClassTransfer', 'deposit']) {
      const pick = (list: readonly Json[]) => list.find((each) => dig(each, 'delta', 'type') === type);
      expect(shapeOf(pick(ours))).toEqual(shapeOf(pick(theirs)));
    }
  });

  it('spotMeta: tokens, pairs, and the ids of the real ones', () => {
    const [ours, theirs] = [bed.info('spotMeta'), dig(read('http/info-spotMeta.json'), 'response', 'body')];
    const withContract = (meta: Json) => listOf(dig(meta, 'tokens')).find((token) => dig(token, 'name') === 'PURR');
    expect(shapeOf(withContract(ours))).toEqual(shapeOf(withContract(theirs)));
    expect(shapeOf(dig(ours, 'universe'))).toEqual(shapeOf(dig(theirs, 'universe')));
    for (const part of ['tokens', 'universe'])
      for (const each of listOf(dig(ours, part))) {
        const real = listOf(dig(theirs, part)).find((candidate) => dig(candidate, 'name') === dig(each, 'name'));
        if (real === undefined) continue;
        for (const key of ['index', 'tokenId', 'szDecimals', 'weiDecimals', 'tokens']) expect(dig(each, key), key).toEqual(dig(real, key));
      }
  });

  it('perpDexs: names, addresses and scale of every dex', () => {
    const theirs = listOf(dig(read('hip3/info-perpDexs.json'), 'response', 'body'));
    for (const ours of listOf(bed.info('perpDexs')).slice(1)) {
      const real = theirs.find((dex) => dig(dex, 'name') === dig(ours, 'name'));
      for (const key of real === undefined ? [] : ['fullName', 'deployer', 'oracleUpdater', 'feeRecipient'])
        expect(dig(ours, key)).toEqual(dig(real ?? null, key));
    }
  });
});

describe('spot', () => {
  it('has a context for each pair, in the order of spotMeta, and mids beside those of the main dex', () => {
    const bed = new Testbed();
    const pairs = listOf(dig(bed.info('spotMeta'), 'universe'));
    const contexts = listOf(dig(bed.info('spotMetaAndAssetCtxs'), 1));
    expect(contexts.map((context) => dig(context, 'coin'))).toEqual(pairs.map((pair) => dig(pair, 'name')));
    expect(bed.info('allMids')).toMatchObject({ 'PURR/USDC': '0.2', '@107': '40.0' });
    expect(dig(bed.info('allMids', { dex: 'xyz' }), '@107')).toBeNull();
  });

  it('orders are refused', () => {
    const bed = new Testbed({}, { 1: '1000' });
    expect(bed.order(1, { a: 10_107, p: '40', s: '1' })).toMatchObject([{ error: expect.stringContaining('asset=10107') }]);
  });

  it('says of an address nobody knows what the venue says', () => {
    const bed = new Testbed();
    const of = (type: string, words: { readonly [key: string]: Json } = {}) => bed.info(type, { user: addressOf(77), ...words });
    expect(of('spotClearinghouseState')).toEqual({ balances: [] });
    expect([of('subAccounts'), of('subAccounts2'), of('isVip')]).toEqual([null, null, null]);
    expect([of('userVaultEquities'), of('extraAgents'), of('approvedBuilders')]).toEqual([[], [], []]);
    expect(of('userRole')).toEqual({ role: 'missing' });
    expect(of('legalCheck')).toEqual({ ipAllowed: true, acceptedTerms: true, userAllowed: true });
    expect(of('referral')).toMatchObject({
      referredBy: null,
      unclaimedRewards: '0.0',
      referrerState: { stage: 'needToTrade', data: { required: '10000.0' } },
    });
  });
});
