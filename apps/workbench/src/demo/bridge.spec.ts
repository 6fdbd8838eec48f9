import { formatMoney, money, price, size, UNIT } from '@lockstep/kernel';
import type { AccountState, VenueFill, WatchEvent } from '@lockstep/venues/port';
import { sampleFill } from '@lockstep/venues/port/testing/sample-fill';
import { describe, expect, it } from 'vitest';
import { type BridgeWorld, LiveBridge } from './bridge';

const ADDRESS = '0x00000000000000000000000000000000000000aa';
const units = (amount: number): bigint => BigInt(Math.round(amount * 1e8));

const fill = (part: Partial<VenueFill>): VenueFill =>
  sampleFill({ coin: 'SOL', price: price(units(80)), size: size(units(2)), time: 10, tradeId: '1', ...part });
const state = (equity: number, positions: Readonly<Record<string, number>> = {}, dex = '', pooled = false): AccountState => ({
  address: ADDRESS,
  dex,
  accountValue: money(units(equity)),
  pooled,
  withdrawable: money(0n),
  positions: Object.entries(positions).map(([coin, held]) => ({
    coin,
    size: size(units(held)),
    entryPrice: price(units(70)),
    leverage: 5,
    cross: true,
    marginUsed: money(0n),
    unrealisedPnl: money(0n),
  })),
  time: 5,
});
const synced = (...states: readonly AccountState[]): WatchEvent => ({ kind: 'synced', address: ADDRESS, states, fills: [], receivedAt: 1 });
const fills = (...told: readonly VenueFill[]): WatchEvent => ({ kind: 'fills', address: ADDRESS, fills: told, receivedAt: 1 });
const mark = (coin: string, at: number) => ({ coin, markPrice: price(units(at)), receivedAt: 1 });

/** A bridge into a world that writes down what it is told. */
function stage(equityThere = 1000) {
  const log: string[] = [];
  let now = 0;
  const world: BridgeWorld = {
    has: (coin) => coin === 'SOL' || coin === 'BTC',
    szDecimals: (coin) => (coin === 'SOL' ? 2 : 5),
    setUp: async (accounts) => void log.push(`credits ${JSON.stringify(accounts[0]?.credits)}`),
    credit: async (_address, amount, dex) => void log.push(`credit ${amount} ${dex}`),
    trade: async (trades, prices) => {
      for (const { side, size: lots, coin, price: at } of trades) log.push(`${side} ${lots} ${coin} at ${at}, market ${prices[0]?.price}`);
    },
    movePrices: async (prices) => void log.push(`prices ${prices.map(({ coin, price: at }) => `${coin} ${at}`).join()}`),
    equityOf: async () => BigInt(equityThere) * UNIT,
  };
  const said: string[] = [];
  const bridge = new LiveBridge(
    ADDRESS,
    world,
    () => now,
    (text) => said.push(text),
  );
  return {
    bridge,
    said,
    pass: (ms: number) => {
      now += ms;
    },
    /** What the world was told since the last call. */
    told: async () => {
      await bridge.idle();
      return log.splice(0);
    },
  };
}

describe('a real account in the simulated world', () => {
  it('is placed with its equity and its positions at their marks', async () => {
    const { bridge, told } = stage();
    bridge.takeMarks([mark('SOL', 80)]);
    bridge.take(synced(state(1000, { SOL: -3 }), state(50, {}, 'xyz')));
    await bridge.placed;
    expect(await told()).toEqual(['prices SOL 80', 'credits {"":"1000","xyz":"50"}', 'sell 3 SOL at 80, market 80']);
  });

  it('has one balance where its clearinghouses share it', async () => {
    const { bridge, told } = stage();
    bridge.take(synced(state(1000, {}, '', true), state(1000, {}, 'xyz', true)));
    expect(await told()).toEqual(['credits {"":"1000"}']);
  });

  it('trades each fill at its own price, with the market moved there', async () => {
    const { bridge, told } = stage();
    bridge.take(synced(state(1000)));
    await told();
    bridge.take(fills(fill({}), fill({ side: 'sell', size: size(units(0.5)), startPosition: size(units(2)), price: price(units(81)) })));
    expect(await told()).toEqual(['buy 2 SOL at 80, market 80', 'sell 0.5 SOL at 81, market 81']);
    expect(bridge.held).toEqual(new Map([['SOL', 150n]]));
  });

  it('plays a fill once, although the state held it already or it is told again', async () => {
    const { bridge, told } = stage();
    bridge.takeMarks([mark('SOL', 80)]);
    bridge.take(synced(state(1000, { SOL: 2 })));
    await told();
    bridge.take(fills(fill({})));
    bridge.take(fills(fill({})));
    expect(await told()).toEqual([]);
  });

  it('makes up for missed fills by the state at the mark, and by the next fill at its price', async () => {
    const { bridge, told, said } = stage();
    bridge.takeMarks([mark('SOL', 80)]);
    bridge.take(synced(state(1000)));
    await told();
    bridge.take(synced(state(1000, { SOL: 4 })));
    expect(await told()).toEqual(['buy 4 SOL at 80, market 80']);
    bridge.take(fills(fill({ startPosition: size(units(5)), price: price(units(82)) })));
    expect(await told()).toEqual(['buy 3 SOL at 82, market 82']);
    expect(said.join()).toContain('fills of SOL were missed');
  });

  it('closes what is no longer held', async () => {
    const { bridge, told } = stage();
    bridge.takeMarks([mark('SOL', 80)]);
    bridge.take(synced(state(1000, { SOL: 2 })));
    await told();
    bridge.take(synced(state(1000)));
    expect(await told()).toEqual(['sell 2 SOL at 80, market 80']);
  });

  it('keeps what is on a dex that could not be read', async () => {
    const { bridge, told } = stage();
    bridge.takeMarks([mark('SOL', 80)]);
    bridge.take(synced(state(1000, { SOL: 2 })));
    await told();
    bridge.take(synced(state(1000, {}, 'xyz')));
    expect(await told()).toEqual([]);
  });

  it('leaves out what the world does not list, and says so once', async () => {
    const { bridge, told, said } = stage();
    bridge.take(synced(state(1000)));
    await told();
    bridge.take(fills(fill({ coin: 'HYPE' }), fill({ coin: 'HYPE', tradeId: '2' })));
    expect(await told()).toEqual([]);
    expect(said.filter((text) => text.includes('HYPE'))).toEqual(['HYPE is not listed in the simulated world and is left out']);
  });

  it('moves prices only when they moved', async () => {
    const { bridge, told } = stage();
    bridge.takeMarks([mark('SOL', 80), mark('HYPE', 30)]);
    bridge.takeMarks([mark('SOL', 80)]);
    bridge.takeMarks([mark('SOL', 80.5)]);
    expect(await told()).toEqual(['prices SOL 80', 'prices SOL 80.5']);
  });

  it('credits what deposits and costs made of the equity, at most every five seconds and above half a percent', async () => {
    const { bridge, told, pass } = stage(1000);
    bridge.take(synced(state(1000)));
    await told();
    pass(5_000);
    bridge.take({ kind: 'state', state: state(1004), receivedAt: 1 });
    expect(await told()).toEqual([]);
    bridge.take({ kind: 'state', state: state(1200), receivedAt: 1 });
    expect(await told()).toEqual([]);
    pass(5_000);
    bridge.take({ kind: 'state', state: state(900), receivedAt: 1 });
    expect(await told()).toEqual([`credit ${formatMoney(money(-100n * UNIT))} `]);
  });

  it('tells when the world refuses it', async () => {
    const { bridge, said } = stage();
    const failing = new LiveBridge(
      ADDRESS,
      { ...stageWorld(), setUp: async () => Promise.reject(new Error('no such dex')) },
      () => 0,
      (text) => said.push(text),
    );
    failing.take(synced(state(1)));
    await expect(failing.placed).rejects.toThrow('no such dex');
    await bridge.close();
  });
});

const stageWorld = (): BridgeWorld => ({
  has: () => true,
  szDecimals: () => 2,
  setUp: async () => undefined,
  credit: async () => undefined,
  trade: async () => undefined,
  movePrices: async () => undefined,
  equityOf: async () => 0n,
});
