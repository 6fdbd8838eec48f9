import { hyperliquidConfig } from '@lockstep/venues/hyperliquid';
import { describe, expect, it } from 'vitest';
import { simulatedBounds } from './open-adapter';

const RATE_LIMITS = { postsSpendWeight: true, outsideWeight: 0 };

describe('seats on a simulated network', () => {
  it.each([
    ['are many where it has no limits', { claimSigner: false }, 1_000],
    ['are the venue’s where it has', { claimSigner: false, rateLimits: RATE_LIMITS }, 10],
    ['are those named, without limits', { claimSigner: false, userSeatsMax: 3 }, 3],
    ['are those named, with limits', { claimSigner: false, rateLimits: RATE_LIMITS, userSeatsMax: 3 }, 3],
  ])('%s', (_what, simulated, seats) => {
    const bounds = simulatedBounds({ simulated });
    expect(hyperliquidConfig({ url: 'http://127.0.0.1:1', wsUrl: 'ws://127.0.0.1:1', network: 'mainnet', ...bounds }).userSeatsMax).toBe(seats);
  });
});
