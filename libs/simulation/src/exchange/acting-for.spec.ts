import { describe, expect, it } from 'vitest';
import { addressOf, dig, type OrderWords, Testbed, wireOrder } from '../builders/testbed';
import type { Address, Json } from './port';

/* Whom an action may be for: `vaultAddress` names a sub-account of the signer's or a vault it leads, and not every action takes one. */

const MASTER = addressOf(1);
const AGENT = addressOf(100);
const STRANGER = addressOf(2);
const order: OrderWords = { p: '60000', s: '0.01' };
const WHOLE = { destination: MASTER, sourceDex: '', destinationDex: 'xyz', token: 'USDC', amount: '1', fromSubAccount: '' };

function family(): { readonly bed: Testbed; readonly sub: Address; readonly foreign: Address } {
  const bed = new Testbed({}, { 1: '100000', 2: '100000' });
  const setUp = (address: Address, agent?: Address) => ({
    address,
    credits: {},
    volume: '2000000',
    ...(agent ? { agent: { address: agent, name: '' } } : {}),
  });
  bed.world.control.setup([setUp(MASTER, AGENT), setUp(STRANGER)]);
  bed.block();
  const made = (signer: Address): Address => String(dig(bed.act(signer, { type: 'createSubAccount', name: 'one' }).response, 'data'));
  return { bed, sub: made(MASTER), foreign: made(STRANGER) };
}

/** Every L1 action of the fact sheet's §7, and whether it takes a `vaultAddress`. */
const ACTIONS: readonly (readonly [takes: boolean, action: { readonly type: string; readonly [key: string]: Json }])[] = [
  [true, { type: 'order', orders: [wireOrder(order)], grouping: 'na' }],
  [true, { type: 'cancel', cancels: [{ a: 0, o: 1 }] }],
  [true, { type: 'cancelByCloid', cancels: [{ asset: 0, cloid: `0x${'0'.repeat(32)}` }] }],
  [true, { type: 'modify', oid: 1, order: wireOrder(order) }],
  [true, { type: 'batchModify', modifies: [{ oid: 1, order: wireOrder(order) }] }],
  [true, { type: 'scheduleCancel' }],
  [true, { type: 'updateLeverage', asset: 0, isCross: true, leverage: 5 }],
  [true, { type: 'updateIsolatedMargin', asset: 0, isBuy: true, ntli: 1 }],
  [true, { type: 'topUpIsolatedOnlyMargin', asset: 0, leverage: '2' }],
  [true, { type: 'twapOrder', twap: { a: 0, b: true, s: '1', r: false, m: 5, t: false } }],
  [true, { type: 'twapCancel', a: 0, t: 1 }],
  [false, { type: 'createSubAccount', name: 'two' }],
  [false, { type: 'subAccountModify', subAccountUser: MASTER, name: 'two' }],
  [false, { type: 'subAccountTransfer', subAccountUser: MASTER, isDeposit: true, usd: 1 }],
  [false, { type: 'subAccountSpotTransfer', subAccountUser: MASTER, isDeposit: true, token: 'USDC', amount: '1' }],
  [false, { type: 'createVault', name: 'three', description: 'ten letters', initialUsd: 100_000_000, nonce: 1 }],
  [false, { type: 'vaultTransfer', vaultAddress: MASTER, isDeposit: true, usd: 1 }],
  [false, { type: 'vaultDistribute', vaultAddress: MASTER, usd: 1 }],
  [false, { type: 'vaultModify', vaultAddress: MASTER, allowDeposits: true, alwaysCloseOnWithdraw: true }],
  [false, { type: 'reserveRequestWeight', weight: 1 }],
  [false, { type: 'noop' }],
  [false, { type: 'agentSetAbstraction', abstraction: 'u' }],
  [false, { type: 'agentSendAsset', ...WHOLE }],
  [false, { type: 'setReferrer', code: 'CODE' }],
  [false, { type: 'claimRewards' }],
];

describe('vaultAddress', () => {
  for (const [takes, action] of ACTIONS)
    it(`${takes ? 'may' : 'may not'} stand beside ${action.type}`, () => {
      const { bed, sub } = family();
      const refused = { status: 'err', response: `Vault not registered: ${sub}` };
      const answer = bed.actFor(AGENT, sub, action);
      if (takes) expect(answer).not.toEqual(refused);
      else expect(answer).toEqual(refused);
    });

  it('names nobody but a sub-account or a vault of the signer: not itself, no other account, and no sub-account of another', () => {
    const { bed, sub, foreign } = family();
    const lever = { type: 'updateLeverage', asset: 0, isCross: true, leverage: 5 };
    for (const signer of [MASTER, AGENT]) {
      expect(bed.actFor(signer, sub, lever)).toEqual({ status: 'ok', response: { type: 'default' } });
      for (const other of [MASTER, AGENT, STRANGER, foreign, addressOf(77)])
        expect(bed.actFor(signer, other, lever)).toEqual({ status: 'err', response: `Vault not registered: ${other}` });
    }
    expect(bed.info('activeAssetData', { user: MASTER, coin: 'BTC' })).toMatchObject({ leverage: { value: 20 } });
    expect(bed.info('activeAssetData', { user: foreign, coin: 'BTC' })).toMatchObject({ leverage: { value: 20 } });
  });
});
