import { type Price, parsePrice, price, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, orderAction, Testbed } from '../builders/testbed';
import type { Address, Json } from './port';
import { conserved } from './testing/conserved';

const DONE = { status: 'ok', response: { type: 'default' } };
const refusal = (response: string) => ({ status: 'err', response });
const px = (text: string): Price => price(unwrap(parsePrice(text), text));
const [LEADER, FOLLOWER, OTHER] = [addressOf(1), addressOf(2), addressOf(3)] as const;
const DAY_MS = 86_400_000;

const create = (initialUsd: number) => ({ type: 'createVault', name: 'Momentum', description: 'Trades what moves.', initialUsd, nonce: 1 });
const transfer = (vaultAddress: Address, isDeposit: boolean, usd: number) => ({
  type: 'vaultTransfer',
  vaultAddress,
  isDeposit,
  usd: usd * 1_000_000,
});

/** A vault of 1,000 dollars of its leader and 9,000 of a follower. */
function opened(): { readonly bed: Testbed; readonly vault: Address } {
  const bed = new Testbed({ settings: { markIntervalMs: 3_600_000 } }, { 1: '10000', 2: '10000', 3: '1000000' });
  const vault = String(dig(bed.act(LEADER, create(1_000_000_000)).response, 'data'));
  expect(bed.act(FOLLOWER, transfer(vault, true, 9_000))).toEqual(DONE);
  return { bed, vault };
}

/** The vault buys one bitcoin short of a tenth and the price moves. */
function trade(bed: Testbed, vault: Address, to: string): void {
  bed.order(3, { b: false, p: '66344', s: '0.5' });
  expect(bed.actFor(LEADER, vault, orderAction({ p: '66344', s: '0.5', tif: 'Ioc' }))).toMatchObject({ status: 'ok' });
  bed.world.control.movePrice('BTC', px(to));
  bed.block();
}

const perps = (bed: Testbed, user: Address): Json => dig(bed.info('clearinghouseState', { user }), 'withdrawable');
const later = (bed: Testbed): void => bed.world.advanceTo(bed.world.now() + DAY_MS + 1_000);

describe('a vault', () => {
  it('is made with a deposit of its leader and a fee', () => {
    const bed = new Testbed({}, { 1: '1000' });
    expect(bed.act(LEADER, create(99_000_000))).toMatchObject({ status: 'err' });
    expect(bed.act(LEADER, create(950_000_000))).toEqual(refusal('Insufficient balance for withdrawal.'));
    const vault = String(dig(bed.act(LEADER, create(800_000_000)).response, 'data'));
    expect([perps(bed, LEADER), perps(bed, vault)]).toEqual(['100.0', '800.0']);
    expect(bed.info('userRole', { user: vault })).toEqual({ role: 'vault' });
    expect(bed.info('vaultDetails', { vaultAddress: vault })).toMatchObject({
      name: 'Momentum',
      leader: LEADER,
      leaderFraction: 1,
      leaderCommission: 0.1,
      followerState: null,
      followers: [{ user: 'Leader', vaultEquity: '800.0' }],
      isClosed: false,
      allowDeposits: true,
      alwaysCloseOnWithdraw: false,
    });
    const updates = bed.info('userNonFundingLedgerUpdates', { user: LEADER });
    expect(dig(updates, 1, 'delta')).toEqual({ type: 'vaultCreate', vault, usdc: '800.0', fee: '100.0' });
    expect(bed.info('vaultDetails', { vaultAddress: addressOf(77) })).toBeNull();
    conserved(bed);
  });

  it('takes deposits while its leader keeps a twentieth', () => {
    const { bed, vault } = opened();
    expect(bed.info('userVaultEquities', { user: FOLLOWER })).toMatchObject([{ vaultAddress: vault, equity: '9000.0' }]);
    expect(bed.act(OTHER, transfer(vault, true, 10_001))).toEqual(refusal('Vault leader must maintain at least 5% of the vault.'));
    expect(bed.act(OTHER, transfer(vault, true, 10_000))).toEqual(DONE);
    expect(bed.act(FOLLOWER, { type: 'vaultModify', vaultAddress: vault, allowDeposits: false, alwaysCloseOnWithdraw: null })).toEqual(
      refusal('Only leader can perform this vault action.'),
    );
    expect(bed.act(LEADER, { type: 'vaultModify', vaultAddress: vault, allowDeposits: false, alwaysCloseOnWithdraw: null })).toEqual(DONE);
    expect(bed.act(FOLLOWER, transfer(vault, true, 1))).toEqual(refusal('Vault does not allow deposits.'));
    expect(bed.act(FOLLOWER, transfer(addressOf(77), true, 1))).toEqual(refusal(`Vault not registered: ${addressOf(77)}`));
    conserved(bed);
  });

  it("pays profit by share, a tenth of a depositor's to the leader", () => {
    const { bed, vault } = opened();
    trade(bed, vault, '68344');
    const equity = Number(dig(bed.info('clearinghouseState', { user: vault }), 'marginSummary', 'accountValue'));
    expect(equity).toBeCloseTo(10_000 + 1_000 - 14.9274, 6);
    later(bed);
    expect(bed.act(FOLLOWER, transfer(vault, false, 4_943))).toEqual(DONE);
    const updates = bed.info('userNonFundingLedgerUpdates', { user: FOLLOWER });
    const delta = dig(Array.isArray(updates) ? (updates[updates.length - 1] ?? null) : null, 'delta');
    const [basis, commission] = [Number(dig(delta, 'basis')), Number(dig(delta, 'commission'))];
    expect(delta).toMatchObject({ type: 'vaultWithdraw', vault, user: FOLLOWER, requestedUsd: '4943.0', closingCost: '0.0' });
    expect(commission).toBeCloseTo((4_943 - basis) / 10, 5);
    expect(Number(dig(delta, 'netWithdrawnUsd'))).toBeCloseTo(4_943 - commission, 5);
    const paid = bed.info('userNonFundingLedgerUpdates', { user: LEADER });
    expect(dig(Array.isArray(paid) ? (paid[paid.length - 1] ?? null) : null, 'delta')).toMatchObject({
      type: 'vaultLeaderCommission',
      user: FOLLOWER,
    });
    conserved(bed);
  });

  it('shares losses too, without commission', () => {
    const { bed, vault } = opened();
    trade(bed, vault, '65344');
    const equity = dig(bed.info('vaultDetails', { vaultAddress: vault, user: FOLLOWER }), 'followerState', 'vaultEquity');
    expect(Number(equity)).toBeCloseTo(0.9 * (10_000 - 500 - 14.9274), 4);
    later(bed);
    expect(bed.act(FOLLOWER, transfer(vault, false, 100))).toEqual(DONE);
    expect(bed.info('userNonFundingLedgerUpdates', { user: FOLLOWER, startTime: bed.world.now() - 1_000 })).toMatchObject([
      { delta: { commission: '0.0' } },
    ]);
    conserved(bed);
  });

  it('locks deposits for a day, and its leader to a twentieth', () => {
    const { bed, vault } = opened();
    expect(bed.act(FOLLOWER, transfer(vault, false, 100))).toEqual(refusal('Cannot withdraw from vault during lockup period.'));
    later(bed);
    expect(bed.act(FOLLOWER, transfer(vault, false, 9_001))).toEqual(refusal('Insufficient balance for withdrawal.'));
    expect(bed.act(FOLLOWER, transfer(vault, false, 100))).toEqual(DONE);
    expect(bed.act(LEADER, transfer(vault, false, 600))).toEqual(refusal('Vault leader must maintain at least 5% of the vault.'));
    expect(bed.act(LEADER, transfer(vault, false, 400))).toEqual(DONE);
    conserved(bed);
  });

  it('closes a share of its positions where a withdrawal needs their margin', () => {
    const { bed, vault } = opened();
    trade(bed, vault, '66344');
    bed.order(3, { p: '66344', s: '0.5' });
    later(bed);
    expect(bed.act(FOLLOWER, transfer(vault, false, 8_900))).toEqual(DONE);
    expect(dig(bed.info('clearinghouseState', { user: vault }), 'assetPositions', 0, 'position', 'szi')).toBe('0.05389');
    conserved(bed);
  });

  it('closes a share of its positions with every withdrawal where its leader wants so, and its orders', () => {
    const { bed, vault } = opened();
    trade(bed, vault, '66344');
    bed.order(3, { p: '66344', s: '0.5' });
    bed.actFor(LEADER, vault, orderAction({ p: '60000', s: '0.01' }));
    bed.act(LEADER, { type: 'vaultModify', vaultAddress: vault, allowDeposits: null, alwaysCloseOnWithdraw: true });
    later(bed);
    expect(bed.act(FOLLOWER, transfer(vault, false, 1_000))).toEqual(DONE);
    expect(bed.info('openOrders', { user: vault })).toEqual([]);
    expect(bed.info('historicalOrders', { user: vault })).toEqual(
      expect.arrayContaining([expect.objectContaining({ status: 'vaultWithdrawalCanceled' })]),
    );
    expect(Number(dig(bed.info('clearinghouseState', { user: vault }), 'assetPositions', 0, 'position', 'szi'))).toBeLessThan(0.46);
    conserved(bed);
  });

  it('distributes by share, and is closed by a distribution of nothing', () => {
    const { bed, vault } = opened();
    const distribute = (usd: number, signer = LEADER) => bed.act(signer, { type: 'vaultDistribute', vaultAddress: vault, usd: usd * 1_000_000 });
    expect(distribute(100, FOLLOWER)).toEqual(refusal('Only leader can perform this vault action.'));
    expect(distribute(100)).toEqual(DONE);
    expect([perps(bed, FOLLOWER), perps(bed, LEADER)]).toEqual(['1090.0', '8910.0']);
    expect(distribute(0)).toEqual(DONE);
    expect([perps(bed, FOLLOWER), perps(bed, LEADER), perps(bed, vault)]).toEqual(['10000.0', '9900.0', '0.0']);
    expect(bed.info('vaultDetails', { vaultAddress: vault })).toMatchObject({ isClosed: true, followers: [] });
    expect(bed.act(FOLLOWER, transfer(vault, true, 10))).toEqual(refusal('Vault is closed.'));
    conserved(bed);
  });

  it('is traded by its leader alone, and on the main dex alone', () => {
    const { bed, vault } = opened();
    const buy = orderAction({ p: '60000', s: '0.01' });
    expect(bed.actFor(LEADER, vault, buy)).toMatchObject({ status: 'ok' });
    expect(bed.actFor(FOLLOWER, vault, buy)).toEqual(refusal(`Vault not registered: ${vault}`));
    expect(dig(bed.actFor(LEADER, vault, orderAction({ a: 110_002, p: '170', s: '1' })).response, 'data', 'statuses')).toEqual([
      { error: 'Insufficient margin to place order. asset=110002' },
    ]);
    expect(bed.wallet(1, { type: 'usdSend', destination: vault, amount: '5' })).toEqual(refusal('Invalid destination.'));
  });
});
