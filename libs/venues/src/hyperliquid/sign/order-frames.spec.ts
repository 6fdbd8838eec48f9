import type { Instrument } from '@lockstep/kernel';
import { createL1ActionHash, signL1Action } from '@nktkas/hyperliquid/signing';
import fc from 'fast-check';
import { privateKeyToAccount } from 'viem/accounts';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { TIF } from '../../port';
import { TEST_KEY, VAULT } from '../test_data/signing-vectors';
import { scaledText } from './decimal-text';
import { L1Signer, loadSigningTools } from './l1-signer';
import { type FrameColumns, OrderFrames } from './order-frames';

const key = Buffer.from(TEST_KEY, 'hex');
const wallet = privateKeyToAccount(`0x${TEST_KEY}`);
const BUILDERS = [VAULT, '0x00000000000000000000000000000000000000ff'];

interface Row {
  readonly assetId: number;
  readonly szDecimals: number;
  readonly buy: boolean;
  readonly price: number;
  readonly lots: number;
  readonly reduceOnly: boolean;
  readonly tif: number;
  readonly cloid: Uint8Array;
  readonly nonce: number;
  readonly expiresAfter: number;
  readonly builder: number;
  readonly builderFee: number;
  readonly vault: string | null;
}

function columnsOf(row: Row): FrameColumns {
  return {
    buy: Uint8Array.of(row.buy ? 1 : 0),
    price: Float64Array.of(row.price),
    lots: Float64Array.of(row.lots),
    reduceOnly: Uint8Array.of(row.reduceOnly ? 1 : 0),
    tif: Uint8Array.of(row.tif),
    clientOrderId: row.cloid,
    nonce: Float64Array.of(row.nonce),
    expiresAfter: Float64Array.of(row.expiresAfter),
    builder: Int8Array.of(row.builder),
    builderFee: Uint16Array.of(row.builderFee),
  };
}

const instrumentOf = (row: Row): Instrument => ({
  venue: 'hyperliquid',
  dex: '',
  coin: 'X',
  assetId: row.assetId,
  szDecimals: row.szDecimals,
  maxLeverage: 10,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
});

const payloadSchema = z.object({
  action: z.record(z.string(), z.unknown()),
  nonce: z.number(),
  signature: z.object({ r: z.string(), s: z.string(), v: z.union([z.literal(27), z.literal(28)]) }),
  vaultAddress: z.string().optional(),
  expiresAfter: z.number().optional(),
});

// Widths of the integer's msgpack form change at 2^7, 2^8 and 2^16; string headers change with every length.
const edges = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 110_000, 4_294_967_295];
const rows = fc.record({
  assetId: fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max: 200_000 })),
  szDecimals: fc.integer({ min: 0, max: 5 }),
  buy: fc.boolean(),
  price: fc.oneof(
    fc.integer({ min: 1, max: 2 ** 31 }),
    fc.maxSafeInteger().filter((value) => value > 0),
  ),
  lots: fc.oneof(
    fc.integer({ min: 1, max: 100_000 }),
    fc.maxSafeInteger().filter((value) => value > 0),
  ),
  reduceOnly: fc.boolean(),
  tif: fc.constantFrom(TIF.ioc, TIF.gtc, TIF.alo),
  cloid: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  nonce: fc.oneof(fc.constantFrom(0, 127, 255, 65_535, 4_294_967_295, 4_294_967_296), fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 })),
  expiresAfter: fc.constantFrom(0, 1, 4_294_967_296, 1_700_000_060_000),
  builder: fc.constantFrom(-1, 0, 1),
  builderFee: fc.constantFrom(0, 1, 10, 100, 127, 128, 255, 256, 1000, 65_535),
  vault: fc.constantFrom(null, VAULT),
});

describe('order frames by byte template', () => {
  let signer: L1Signer;
  beforeAll(async () => {
    signer = new L1Signer(await loadSigningTools(), 'mainnet');
  });

  const payloadOf = (row: Row) => {
    const text = new OrderFrames(signer, instrumentOf(row), BUILDERS).payload(columnsOf(row), 0, key, row.vault);
    return { text, parsed: payloadSchema.parse(JSON.parse(text)) };
  };

  it('carry the signature the SDK gives for the action they carry (random orders)', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (row) => {
        const { text, parsed } = payloadOf(row);
        const options = {
          ...(row.vault === null ? {} : { vaultAddress: VAULT as `0x${string}` }),
          ...(row.expiresAfter === 0 ? {} : { expiresAfter: row.expiresAfter }),
        };
        const signature = await signL1Action({ wallet, action: parsed.action, nonce: row.nonce, ...options });
        expect(parsed.signature).toEqual(signature);
        expect(JSON.stringify(parsed)).toBe(text);
        expect({ vault: parsed.vaultAddress ?? null, expiresAfter: parsed.expiresAfter ?? 0 }).toEqual({
          vault: row.vault,
          expiresAfter: row.expiresAfter,
        });
      }),
      { numRuns: 400 },
    );
  });

  it('say what the row says', () => {
    fc.assert(
      fc.property(rows, (row) => {
        const { parsed } = payloadOf(row);
        const order = {
          a: row.assetId,
          b: row.buy,
          p: scaledText(row.price, 8),
          s: scaledText(row.lots, row.szDecimals),
          r: row.reduceOnly,
          t: { limit: { tif: ['Ioc', 'Gtc', 'Alo'][row.tif] } },
          c: `0x${Buffer.from(row.cloid).toString('hex')}`,
        };
        const builder = row.builder < 0 ? {} : { builder: { b: BUILDERS[row.builder], f: row.builderFee } };
        expect(parsed.action).toEqual({ type: 'order', orders: [order], grouping: 'na', ...builder });
        expect(Object.keys(parsed.action)).toEqual(['type', 'orders', 'grouping', ...(row.builder < 0 ? [] : ['builder'])]);
      }),
    );
  });

  it('rows of one batch do not leak into each other', () => {
    const frames = new OrderFrames(signer, { ...instrumentOf({ ...sample }), assetId: 7 }, BUILDERS);
    const long = {
      ...sample,
      assetId: 7,
      price: 123_456_789_012,
      lots: 987_654,
      builder: 1,
      builderFee: 1000,
      expiresAfter: 1_700_000_000_000,
      vault: VAULT,
    };
    const short = { ...sample, assetId: 7 };
    const first = frames.payload(columnsOf(short), 0, key, null);
    frames.payload(columnsOf(long), 0, key, VAULT);
    expect(frames.payload(columnsOf(short), 0, key, null)).toBe(first);
  });

  it('hashes with the SDK agree on the action alone', () => {
    const { parsed } = payloadOf(sample);
    expect(createL1ActionHash({ action: parsed.action, nonce: sample.nonce })).toMatch(/^0x[0-9a-f]{64}$/);
    expect(() => payloadOf({ ...sample, price: 0.5 })).toThrow('not a wire amount');
    expect(() => payloadOf({ ...sample, lots: -1 })).toThrow('not a wire amount');
  });
});

const sample: Row = {
  assetId: 1,
  szDecimals: 2,
  buy: true,
  price: 10_000_000_000,
  lots: 100,
  reduceOnly: false,
  tif: TIF.ioc,
  cloid: new Uint8Array(16),
  nonce: 1_700_000_000_000,
  expiresAfter: 0,
  builder: -1,
  builderFee: 0,
  vault: null,
};

describe('amounts on the wire', () => {
  it.each([
    [0, 8, '0'],
    [1, 8, '0.00000001'],
    [100_000_000, 8, '1'],
    [167_010_000_000, 8, '1670.1'],
    [12_345_678, 8, '0.12345678'],
    [8_765_432_112_345_678, 8, '87654321.12345678'],
    [120, 2, '1.2'],
    [5, 5, '0.00005'],
    [7, 0, '7'],
  ])('%i with %i decimals is %s', (value, decimals, text) => {
    expect(scaledText(value, decimals)).toBe(text);
  });
});
