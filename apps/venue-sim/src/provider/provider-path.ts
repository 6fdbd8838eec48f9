import type { Hall, Halls } from '../halls';
import { MAIN_WORLD } from '../halls';

/** Names of the verticals as paths carry them. */
export const VERTICALS = ['perps', 'spot', 'rwas', 'predictions'] as const;
export type Vertical = (typeof VERTICALS)[number];

export const isVertical = (text: string): text is Vertical => VERTICALS.some((vertical) => vertical === text);

/** A path of the Provider API: `/v1/…` or `/ws/v1/…`, of the main world or below `/w/<name>`. */
export interface ProviderPath {
  readonly world: string | null;
  readonly socket: boolean;
  readonly testnet: boolean;
  /** What follows `/v1` (and `/testnet`), decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

const PATH = /^(?:\/w\/([^/]+))?(\/ws)?\/v1(\/testnet)?(\/.*)?$/;

/** Reads a request's URL; null when it is none of the Provider API. */
export function readProviderPath(url: string): ProviderPath | null {
  const [path = '', query = ''] = url.split(/\?(.*)/s, 2);
  const match = PATH.exec(path);
  if (match === null) return null;
  const segments = (match[4] ?? '').split('/').filter((part) => part !== '');
  return {
    world: match[1] ?? null,
    socket: match[2] !== undefined,
    testnet: match[3] !== undefined,
    segments: segments.map(decoded),
    query: new URLSearchParams(query),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The world of the test network when none is named: one of this name, or the main world where that is a test network. */
const TESTNET_WORLD = 'testnet';

/** The world a path speaks to; null when there is none of its network. */
export function hallOf(halls: Halls, { world, testnet }: ProviderPath): Hall | null {
  const named = halls.get(world ?? MAIN_WORLD);
  if (named !== undefined && named.world.testnet === testnet) return named;
  const other = world === null && testnet ? halls.get(TESTNET_WORLD) : undefined;
  return other?.world.testnet === true ? other : null;
}
