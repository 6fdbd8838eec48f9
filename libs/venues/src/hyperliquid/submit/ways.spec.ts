import { afterEach, describe, expect, it, vi } from 'vitest';
import { hyperliquidConfig } from '../config';
import { Ways } from './ways';

afterEach(() => vi.restoreAllMocks());

/** Nobody listens there. */
const NOWHERE = { url: 'http://127.0.0.1:1', wsUrl: 'ws://127.0.0.1:1', network: 'mainnet' } as const;
const SILENT = { onOpen: () => undefined, onSettled: () => undefined, onDown: () => undefined, onLanes: () => undefined };

describe('addresses that take no connection', () => {
  it.each([[1], [2], [3], [8]])('each of %i is tried once, however long each takes to fail', async (addresses) => {
    const egress = Array.from({ length: addresses }, (_, at) => ({ kind: 'default', label: `address ${at}` }) as const);
    const ways = new Ways(hyperliquidConfig({ ...NOWHERE, egress, workers: 1 }), SILENT);
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const tried = new Set<number>();
    for (let at: number | null = ways.wayOf(0); at !== null; at = ways.failed(at, tried)) {
      expect(tried.has(at)).toBe(false);
      tried.add(at);
      // Longer than the first of them is passed over for, once some were tried.
      now += 6_000;
    }
    expect(tried.size).toBe(addresses);
    await ways.close();
  });
});
