import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { unwrap } from '@lockstep/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hyperliquidConfig } from './config';
import { systemClock } from './testing/simulated-driver';
import { HyperliquidTruth } from './truth';
import { VenueEgress } from './venue-egress';
import { sessionTruth } from './watch/stream-truth';
import { FUNDING_PER_PAGE } from './wire/user-funding';

const USER = `0x${'ab'.repeat(20)}`;
const HOUR = 3_600_000;
const PAGES_MAX = 3;
const question = z.object({ type: z.literal('userFunding'), user: z.string(), startTime: z.number() });

/** What a test reads from: a truth over a server of its own that answers each question as told. */
interface Asked {
  readonly truth: HyperliquidTruth;
  close(): Promise<void>;
}

/** Serves `POST /info`: `answer` gives the text for the JSON of a question. */
async function answering(answer: (question: unknown) => string, limits: Partial<Parameters<typeof hyperliquidConfig>[0]> = {}): Promise<Asked> {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += String(part);
    });
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(answer(JSON.parse(text))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const config = hyperliquidConfig({ url: `http://127.0.0.1:${port}`, wsUrl: 'ws://127.0.0.1:1', network: 'mainnet', ...limits });
  const truth = new HyperliquidTruth(config, new VenueEgress(config, systemClock, () => undefined));
  return {
    truth,
    close: async () => {
      await truth.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A venue that serves the charges it is given in pages, as the venue does: from `startTime` on, oldest first. */
describe('funding in pages', () => {
  let venue: Asked;
  let truth: HyperliquidTruth;
  let charges: { readonly time: number; readonly coin: string }[] = [];
  let asked: number[] = [];
  let body: string | null = null;

  beforeAll(async () => {
    venue = await answering(
      (text) => {
        const { startTime } = question.parse(text);
        asked.push(startTime);
        const page = charges.filter(({ time }) => time >= startTime).slice(0, FUNDING_PER_PAGE);
        const rows = page.map(({ time, coin }) => ({
          time,
          hash: '0x',
          delta: { type: 'funding', coin, usdc: '-0.5', szi: '1', fundingRate: '0.0001' },
        }));
        return body ?? JSON.stringify(rows);
      },
      { fundingPagesMax: PAGES_MAX },
    );
    ({ truth } = venue);
  });
  afterAll(() => venue.close());
  beforeEach(() => {
    charges = [];
    asked = [];
    body = null;
  });

  /** Two coins an hour: pages end in the middle of an hour. */
  const hours = (count: number) => Array.from({ length: count }, (_, hour) => ['BTC', 'ETH'].map((coin) => ({ time: hour * HOUR, coin }))).flat();

  it('every charge is told once, also where a page ends between two charges of one moment', async () => {
    charges = [{ time: 0, coin: 'SOL' }, ...hours(400)];
    const read = unwrap(await truth.funding(USER, 0), 'funding');
    expect(read.complete).toBe(true);
    expect(read.charges.map(({ time, coin }) => ({ time, coin }))).toEqual(charges);
    expect(asked).toEqual([0, 249 * HOUR]);
  });

  it('what one call may not read is said, and the next one reads on', async () => {
    charges = hours(1_000);
    const first = unwrap(await truth.funding(USER, 0), 'funding');
    expect([first.complete, asked.length]).toEqual([false, PAGES_MAX]);
    const second = unwrap(await truth.funding(USER, first.charges.at(-1)?.time ?? 0), 'funding');
    expect(second.complete).toBe(true);
    const told = new Set([...first.charges, ...second.charges].map(({ time, coin }) => `${time}${coin}`));
    expect(told.size).toBe(charges.length);
  });

  it('an answer that cannot be read is an error, not an empty hour', async () => {
    body = '[{"time":1}]';
    expect(await truth.funding(USER, 0)).toMatchObject({ ok: false, error: { code: 'unparseable' } });
  });
});

const META = { universe: [{ name: 'BTC', szDecimals: 5, maxLeverage: 40 }], collateralToken: 0 };
const CONTEXT = { funding: '0.0', oraclePx: '1.0', markPx: '1.0', midPx: '1.0' };

describe('the list of dexes', () => {
  let venue: Asked;
  let truth: HyperliquidTruth;
  const asked: string[] = [];

  beforeAll(async () => {
    venue = await answering((text) => {
      const { type, dex = '' } = z.object({ type: z.string(), dex: z.string().optional() }).parse(text);
      asked.push(`${type} ${dex}`.trim());
      return JSON.stringify(type === 'perpDexs' ? [null, { name: 'xyz' }] : [META, [CONTEXT]]);
    });
    ({ truth } = venue);
  });
  afterAll(() => venue.close());
  beforeEach(() => {
    asked.length = 0;
  });

  it('is read with all markets, and not again for those of named dexes', async () => {
    unwrap(await truth.markets(), 'markets');
    expect(asked.splice(0).sort()).toEqual(['metaAndAssetCtxs', 'metaAndAssetCtxs xyz', 'perpDexs']);
    unwrap(await truth.markets(['xyz']), 'markets of xyz');
    expect(asked.splice(0)).toEqual(['metaAndAssetCtxs xyz']);
    expect(await truth.markets(['new'])).toMatchObject({ ok: false });
    expect(asked).toEqual(['perpDexs']);
  });
});

describe('fees of fills', () => {
  const COLLATERALS: Readonly<Record<string, number>> = { '': 0, hyna: 235 };
  const rest = { px: '1', sz: '1', side: 'B', time: 1, startPosition: '0', closedPnl: '0', oid: 1, crossed: true, fee: '0.1' };
  let venue: Asked;
  let readable = true;

  beforeAll(async () => {
    venue = await answering((text) => {
      const { type, dex = '' } = z.object({ type: z.string(), dex: z.string().optional() }).parse(text);
      if (type === 'perpDexs') return JSON.stringify([null, { name: 'hyna' }]);
      if (type === 'spotMeta') return JSON.stringify({ tokens: [{ name: 'USDE', index: 235 }] });
      if (type === 'metaAndAssetCtxs') return readable ? JSON.stringify([{ ...META, collateralToken: COLLATERALS[dex] }, [CONTEXT]]) : '[]';
      return JSON.stringify([
        { ...rest, coin: 'BTC', tid: 1 },
        { ...rest, coin: 'hyna:BTC', tid: 2 },
        { ...rest, coin: 'hyna:BTC', tid: 3, feeToken: 'HYPE' },
      ]);
    });
  });
  afterAll(() => venue.close());

  it('without the dex’s collateral a fee that names no token is not read, instead of being taken for one in USDC', async () => {
    readable = false;
    expect(await venue.truth.fills(USER, 0)).toMatchObject({ ok: false, error: { code: 'unparseable' } });
  });

  it('are paid in the token the venue names, else in the collateral of the coin’s dex', async () => {
    readable = true;
    const fills = unwrap(await venue.truth.fills(USER, 0), 'fills');
    expect(fills.map(({ coin, feeAsset }) => [coin, feeAsset])).toEqual([
      ['BTC', 'USDC'],
      ['hyna:BTC', 'USDE'],
      ['hyna:BTC', 'HYPE'],
    ]);
  });
});

describe('the mode of an account', () => {
  it('is asked for once by all states that need it at the same time, and weighs once', async () => {
    const modes: string[] = [];
    const venue = await answering((text) => {
      const { type, user } = z.object({ type: z.string(), user: z.string() }).parse(text);
      if (type === 'userAbstraction') modes.push(user);
      const margin = { accountValue: '1', totalNtlPos: '0', totalRawUsd: '1', totalMarginUsed: '0' };
      const state = { marginSummary: margin, crossMarginSummary: margin, withdrawable: '1', assetPositions: [], time: 1 };
      return JSON.stringify(type === 'userAbstraction' ? 'disabled' : state);
    });
    const { account, accountWeight } = sessionTruth(venue.truth);
    const weights: number[] = [];
    const states = await Promise.all(
      ['', 'xyz', 'abc'].map((dex) => {
        weights.push(accountWeight(USER));
        return account(USER, dex);
      }),
    );
    await venue.close();
    expect(states.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect([modes, weights]).toEqual([[USER], [22, 2, 2]]);
  });
});
