import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, err, ok, parsePrice, type Result, unwrap } from '@lockstep/kernel';
import {
  candlePath,
  createWorld,
  defaultUniverse,
  driveMakers,
  type MakerDriver,
  type PricePath,
  parseCandles,
  pegged,
  seededChance,
  spotStartsOf,
  testnetUniverse,
  type Universe,
  type VenueSettings,
  type World,
  type WorldConfig,
  walk,
} from '@lockstep/simulation';
import type { PathKind } from './flags';

/** What a world begins with. */
export interface WorldOrder {
  readonly name: string;
  readonly seed: number;
  readonly blockMs: number;
  readonly testnet: boolean;
  readonly path: PathKind;
  readonly candles: string | null;
  /** False begins with empty books. */
  readonly makers: boolean;
  /** Null: the present moment. */
  readonly genesisTime: number | null;
  readonly settings?: Partial<VenueSettings>;
}

export interface BuiltWorld {
  readonly world: World;
  readonly makers: MakerDriver;
}

/** Builds a world and its price paths; the error says which candle file cannot be read. */
export function buildWorld(order: WorldOrder, clock: Clock): Result<BuiltWorld, string> {
  const { name, seed, blockMs, testnet, makers } = order;
  const universe = testnet ? testnetUniverse : defaultUniverse;
  const now = order.genesisTime ?? clock.now();
  const genesisTime = now - (now % blockMs);
  const config: WorldConfig = { name, seed, genesisTime, universe, testnet, makers, settings: { ...order.settings, blockMs } };
  const paths = buildPaths(order, universe, genesisTime);
  if (!paths.ok) return paths;
  const world = createWorld(config);
  return ok({ world, makers: driveMakers({ world, paths: paths.value }) });
}

function buildPaths({ path, candles, seed }: WorldOrder, universe: Universe, genesisTime: number): Result<ReadonlyMap<string, PricePath>, string> {
  const paths = new Map<string, PricePath>();
  if (path === 'still') return ok(paths);
  for (const { coin, startPx, isDelisted } of universe.dexes.flatMap((dex) => dex.assets)) {
    if (isDelisted === true) continue;
    const recorded = path === 'candles' && candles !== null ? readCandles(candles, coin) : null;
    if (recorded !== null && !recorded.ok) return recorded;
    if (recorded !== null && recorded.value !== null) paths.set(coin, candlePath(recorded.value, genesisTime));
    else paths.set(coin, walk(unwrap(parsePrice(startPx), `start price of ${coin}`), seededChance(seed, coin)));
  }
  for (const { coin, startPx, isPegged } of spotStartsOf(universe)) {
    const start = unwrap(parsePrice(startPx), `start price of ${coin}`);
    paths.set(coin, isPegged ? pegged(start, seededChance(seed, coin)) : walk(start, seededChance(seed, coin)));
  }
  return ok(paths);
}

/** The candles of a coin, or null when the folder has none: that coin then walks. */
function readCandles(dir: string, coin: string): Result<Parameters<typeof candlePath>[0] | null, string> {
  const file = join(dir, `${coin.replaceAll(':', '_')}_1m.csv`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return missing ? ok(null) : err(`${file} cannot be read`);
  }
  const parsed = parseCandles(text);
  return parsed.ok ? parsed : err(`${file}, ${parsed.error}`);
}
