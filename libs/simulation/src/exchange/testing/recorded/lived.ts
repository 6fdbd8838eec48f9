import { parsePrice, price, unwrap } from '@lockstep/kernel';
import { addressOf, Testbed, wireOrder } from '../../../builders/testbed';

export const USER = addressOf(1);
const BUILDER = addressOf(9);
export const CLOID = '0x000000000000000000000000000000aa';

/** A world in which account 1 has traded, holds an isolated and a cross position, orders of each kind, fills with a builder, a sub-account, an agent, transfers and funding. */
export function livedWorld(): Testbed {
  const bed = new Testbed({ makers: true }, { 1: '100000', 2: '100000', 9: '1000' });
  const { control } = bed.world;
  control.credit(USER, 'xyz', '10000');
  control.setup([{ address: USER, credits: { spot: '50' }, volume: '200000', agent: { address: addressOf(100), name: 'copy' } }]);
  bed.block();
  const created = bed.act(USER, { type: 'createSubAccount', name: 'Test' });
  if (created.status === 'ok') bed.act(USER, { type: 'subAccountTransfer', subAccountUser: subOf(bed), isDeposit: true, usd: 29_780_010 });
  bed.act(USER, { type: 'subAccountSpotTransfer', subAccountUser: subOf(bed), isDeposit: true, token: 'USDC', amount: '0.22' });
  bed.wallet(1, { type: 'usdClassTransfer', amount: '1', toPerp: true });
  bed.order(1, { a: 110_001, p: '410', s: '1', tif: 'Ioc' }, { p: '66500', s: '0.1', tif: 'Ioc', c: CLOID });
  bed.order(1, { p: '66000', s: '0.1' }, { b: false, p: '70000', s: '0.1', r: true, trigger: { isMarket: true, triggerPx: '70000', tpsl: 'tp' } });
  bed.wallet(1, { type: 'approveBuilderFee', maxFeeRate: '0.05%', builder: BUILDER });
  const built = { type: 'order', orders: [wireOrder({ p: '66500', s: '0.01', tif: 'Ioc' })], grouping: 'na', builder: { b: BUILDER, f: 10 } };
  bed.act(USER, built);
  const target = wireOrder({ b: false, p: '71000', s: '0.1', r: true, trigger: { isMarket: true, triggerPx: '71000', tpsl: 'tp' } });
  bed.act(USER, { type: 'order', orders: [wireOrder({ p: '65900', s: '0.1' }), target], grouping: 'normalTpsl' });
  control.movePrice('BTC', price(unwrap(parsePrice('66400'), 'price')));
  bed.block(15);
  control.advanceFunding();
  bed.block();
  return bed;
}

function subOf(bed: Testbed): string {
  const subs = bed.info('subAccounts', { user: USER });
  return Array.isArray(subs) ? String(Object(subs[0]).subAccountUser) : '';
}
