import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltWorld, buildWorld, type WorldOrder } from './world-factory';

const GENESIS = 1_790_000_000_000;
const clock: Clock = { now: () => GENESIS + 55, monotonic: () => 0 };

/** One level a side: these tests are about prices, not depth. */
const THIN = { makerLevels: 1 };

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'candles-'));
  writeFileSync(join(dir, 'BTC_1m.csv'), 't,o,h,l,c,v\n60000,50000,50000,50000,50000,1\n120000,51000,51000,51000,51000,1\n');
});
afterAll(() => rmSync(dir, { recursive: true }));

function build(change: Partial<WorldOrder>): BuiltWorld {
  const order: WorldOrder = {
    name: 'w',
    seed: 3,
    blockMs: 100,
    testnet: false,
    path: 'still',
    candles: null,
    makers: true,
    genesisTime: null,
    settings: THIN,
    ...change,
  };
  const built = buildWorld(order, clock);
  if (!built.ok) throw new Error(built.error);
  return built.value;
}

const oracle = ({ world }: BuiltWorld, coin: number): string => {
  const answer = world.info({ type: 'metaAndAssetCtxs' });
  const body: readonly [unknown, readonly { readonly oraclePx: string }[]] = JSON.parse(JSON.stringify(answer.body));
  return body[1][coin]?.oraclePx ?? '';
};

describe('worlds', () => {
  it('begin on a whole block of the present', () => expect(build({}).world.now()).toBe(GENESIS));

  it('stand still, and say that nothing walks', () => {
    const built = build({});
    const before = oracle(built, 0);
    built.makers.advanceTo(GENESIS + 60_000);
    expect(oracle(built, 0)).toBe(before);
    expect(built.makers.walking).toBe(false);
  });

  it('walk the same way for the same seed, however the blocks are driven', () => {
    const [one, two, other] = [build({ path: 'generated' }), build({ path: 'generated' }), build({ path: 'generated', seed: 4 })];
    one.makers.advanceTo(GENESIS + 9_500);
    for (let time = GENESIS; time <= GENESIS + 9_500; time += 700) two.makers.advanceTo(time);
    two.makers.advanceTo(GENESIS + 9_500);
    other.makers.advanceTo(GENESIS + 9_500);
    const ctxs = ({ world }: BuiltWorld): string => JSON.stringify(world.info({ type: 'metaAndAssetCtxs' }));
    expect(ctxs(one)).toBe(ctxs(two));
    expect(ctxs(one)).not.toBe(ctxs(other));
  });

  it('play candles from a folder, and walk the coins it lacks', () => {
    const built = build({ path: 'candles', candles: dir });
    const eth = oracle(built, 1);
    built.makers.advanceTo(GENESIS + 9_000);
    expect(Number(oracle(built, 0))).toBe(50_000);
    expect(oracle(built, 1)).not.toBe(eth);
    built.makers.advanceTo(GENESIS + 70_000);
    expect(Number(oracle(built, 0))).toBe(51_000);
  });

  it('name the candle file and line that cannot be read', () => {
    writeFileSync(join(dir, 'ETH_1m.csv'), 't,o,h,l,c,v\nx,1,1,1,1,1\n');
    const order: WorldOrder = { name: 'w', seed: 3, blockMs: 100, testnet: false, path: 'candles', candles: dir, makers: true, genesisTime: null };
    const built = buildWorld(order, clock);
    expect(built.ok ? '' : built.error).toContain('ETH_1m.csv, line 2');
  });
});
