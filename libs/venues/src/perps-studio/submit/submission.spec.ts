import { type Approved, type Clock, price, type Random, UNIT } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { type OrderColumns, TIF } from '../../port';
import { type PerpsStudioDeps, perpsStudioConfig } from '../config';
import { KeyBudget, type RequestBudget } from '../key-budget';
import { OwnOrders } from '../own-orders';
import { RestClient } from '../transport/rest';
import { PerpsStudioTruth } from '../truth';
import { PerpsStudioSubmission } from './submission';

const clock: Clock = { now: () => 0, monotonic: () => 0 };
const random: Random = { bytes: (length) => new Uint8Array(length), below: () => 0 };
const deps: PerpsStudioDeps = { clock, random, log: () => undefined, apiKey: () => 'none', underlying: null };
const BTC = {
  venue: 'perps_studio',
  dex: '',
  coin: 'BTC',
  assetId: 0,
  szDecimals: 3,
  maxLeverage: 40,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
} as const;

/** An order of signer 0, which is loaded. */
const order = (part: Pick<OrderColumns, 'reduceOnly'> & Partial<OrderColumns>): Approved<OrderColumns> =>
  // No risk gate stands before a venue's own tests.
  ({
    count: 1,
    instrument: BTC,
    builders: [],
    signer: new Int32Array(1),
    buy: new Uint8Array(1),
    price: Float64Array.of(Number(price(100n * UNIT))),
    lots: Float64Array.of(5),
    tif: Uint8Array.of(TIF.ioc),
    clientOrderId: new Uint8Array(16),
    nonce: Float64Array.of(1),
    expiresAfter: new Float64Array(1),
    builder: Int8Array.of(-1),
    builderFee: new Uint16Array(1),
    ...part,
  }) as Approved<OrderColumns>;

/** Submits orders of a signer that is loaded as number 0, inside a budget. */
async function submitted(budget: RequestBudget, columns: Approved<OrderColumns>): Promise<void> {
  const config = perpsStudioConfig({ url: 'http://127.0.0.1:1', wsUrl: 'ws://127.0.0.1:1', network: 'mainnet' }, true);
  const own = new OwnOrders(10);
  const rest = new RestClient(config, deps, budget);
  const submission = new PerpsStudioSubmission(config, deps, rest, budget, own, new PerpsStudioTruth(config, deps, rest, own));
  await submission.loadSigners([{ handle: 0, agentAddress: '0xa', privateKey: new Uint8Array(32).fill(1), wallet: '0xb' }]);
  await submission.submit(columns, { onOutcomes: () => undefined });
  await rest.close();
}

describe('a place in the key’s minute', () => {
  it.each<[string, Approved<OrderColumns>, boolean]>([
    ['an entry', order({ reduceOnly: Uint8Array.of(0) }), false],
    ['what is reduce-only where nothing else is said', order({ reduceOnly: Uint8Array.of(1) }), true],
    ['an exit the venue would not call a reduction', order({ reduceOnly: Uint8Array.of(0), exit: Uint8Array.of(1) }), true],
  ])('for %s', async (_name, columns, first) => {
    const asked: boolean[] = [];
    const kept: number[] = [];
    const budget: RequestBudget = {
      take: async (_of, _waitMaxMs, before = false) => asked.push(before) < 0,
      answered: () => undefined,
      expect: (more) => void kept.push(more),
      hold: () => undefined,
      free: () => 0,
      close: () => undefined,
    };
    await submitted(budget, columns);
    expect(asked).toEqual([first]);
    expect(kept[0]).toBe(first ? 1 : 0);
  });

  it('is kept for an exit that can be sent, and given back for one that cannot', async () => {
    const budget = new KeyBudget({ perMinute: 1, kept: { orders: 0, truth: 0, leaders: 0 }, now: () => 0 });
    await submitted(budget, order({ reduceOnly: Uint8Array.of(1), signer: Int32Array.of(7) }));
    expect(await budget.take('orders', 0)).toBe(true);
    budget.close();
  });
});
