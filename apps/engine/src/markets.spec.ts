import { type Instrument, price, rate } from '@lockstep/kernel';
import type { VenueTruth } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import { Markets } from './markets';

const btc: Instrument = {
  venue: 'hyperliquid',
  dex: '',
  coin: 'BTC',
  assetId: 0,
  szDecimals: 5,
  maxLeverage: 40,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
};

const truthWith = (mark: bigint, delisted = false): Pick<VenueTruth, 'markets'> => ({
  markets: async () => ({
    ok: true,
    value: [{ instrument: { ...btc, delisted }, markPrice: price(mark), oraclePrice: price(mark), midPrice: null, fundingRate: rate(0n) }],
  }),
});
const unused = async (): Promise<never> => {
  throw new Error('not asked for');
};
const truth = (mark: bigint, delisted = false): VenueTruth => ({
  ...truthWith(mark, delisted),
  account: unused,
  openOrders: unused,
  orderStatus: unused,
  fills: unused,
  funding: unused,
  agents: unused,
  builderApproval: unused,
  accountMode: unused,
});

describe('markets', () => {
  it('take a newer mark, ignore an older one and coins nobody listed', async () => {
    const markets = new Markets();
    await markets.refresh(truth(100n), undefined, () => 1000);
    markets.update([
      { coin: 'BTC', markPrice: price(101n), receivedAt: 1500 },
      { coin: 'NOPE', markPrice: price(1n), receivedAt: 1500 },
    ]);
    markets.update([{ coin: 'BTC', markPrice: price(99n), receivedAt: 1400 }]);
    await markets.refresh(truth(98n), undefined, () => 1200);
    expect(markets.get('BTC')).toMatchObject({ mark: 101n, markAt: 1500 });
    expect([...markets.all()]).toHaveLength(1);
    await markets.refresh(truth(97n), undefined, () => 1600);
    expect(markets.get('BTC')).toMatchObject({ mark: 97n, markAt: 1600 });
  });

  it('take what the list says of an instrument although its mark came in newer meanwhile: a delisting is missed by no reading', async () => {
    const markets = new Markets();
    await markets.refresh(truth(100n), undefined, () => 1000);
    markets.update([{ coin: 'BTC', markPrice: price(101n), receivedAt: 1500 }]);
    await markets.refresh(truth(98n, true), undefined, () => 1400);
    expect(markets.get('BTC')).toMatchObject({ mark: 101n, markAt: 1500, instrument: { delisted: true } });
  });
});
