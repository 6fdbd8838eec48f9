import type { Clock, Random } from '@lockstep/kernel';
import { REQUESTS_PER_WINDOW, TEST_KEY_ON_LIVE_PATH, WINDOW_MS } from './assumptions';

export type KeyKind = 'live' | 'test';

/** What is known of a key beside its secret. */
export interface KeyView {
  /** The visible part, enough to tell keys apart. */
  readonly prefix: string;
  readonly kind: KeyKind;
  readonly expiresAt: number | null;
  readonly requestsPerMinute: number;
  readonly usedInWindow: number;
}

/** A key that may ask, with its window. */
export interface KeyHolder {
  readonly limit: number;
  /** Unix seconds at which the window ends. */
  resetAt(): number;
  /** Counts a request; false when the window is spent. */
  take(): boolean;
}

export type KeyCheck = { readonly ok: true; readonly holder: KeyHolder } | { readonly ok: false; readonly message: string };

/** The API keys of this process and how much of their windows is used. They hold for all worlds. */
export interface ApiKeys {
  create(wish: { readonly kind: KeyKind; readonly expiresAt: number | null; readonly requestsPerMinute: number }): string;
  revoke(key: string): boolean;
  list(): readonly KeyView[];
  check(key: string | null, testnet: boolean): KeyCheck;
  /** Limit and reset of a request that names no valid key. */
  anonymous(): { readonly limit: number; readonly resetAt: number };
}

interface Row {
  readonly key: string;
  readonly kind: KeyKind;
  readonly expiresAt: number | null;
  readonly limit: number;
  windowEnd: number;
  used: number;
}

/** Characters shown of a key, prefix included (facts §2.1). */
const VISIBLE = 12;
const SECRET_BYTES = 24;
export const KEYS_MAX = 1_000;

export function createApiKeys(clock: Clock, random: Random): ApiKeys {
  const rows = new Map<string, Row>();
  /** The window a request of now falls into; a new one begins with the first request after the last one ended. */
  const roll = (row: Row): Row => {
    if (clock.now() >= row.windowEnd) {
      row.windowEnd = clock.now() + WINDOW_MS;
      row.used = 0;
    }
    return row;
  };
  const holderOf = (row: Row): KeyHolder => ({
    limit: row.limit,
    resetAt: () => Math.ceil(roll(row).windowEnd / 1_000),
    take: () => {
      roll(row);
      if (row.used >= row.limit) return false;
      row.used += 1;
      return true;
    },
  });
  return {
    create: ({ kind, expiresAt, requestsPerMinute }) => {
      const key = `ps_${kind}_${Buffer.from(random.bytes(SECRET_BYTES)).toString('hex')}`;
      const oldest = rows.keys().next();
      if (rows.size >= KEYS_MAX && oldest.done !== true) rows.delete(oldest.value);
      rows.set(key, { key, kind, expiresAt, limit: requestsPerMinute, windowEnd: 0, used: 0 });
      return key;
    },
    revoke: (key) => rows.delete(key),
    list: () =>
      [...rows.values()].map((row) => ({
        prefix: row.key.slice(0, VISIBLE),
        kind: row.kind,
        expiresAt: row.expiresAt,
        requestsPerMinute: row.limit,
        usedInWindow: clock.now() >= row.windowEnd ? 0 : row.used,
      })),
    check: (key, testnet) => {
      if (key === null || key === '') return { ok: false, message: 'Missing X-API-Key header' };
      const row = rows.get(key);
      if (row === undefined) return { ok: false, message: 'Invalid API key' };
      if (row.expiresAt !== null && clock.now() >= row.expiresAt) return { ok: false, message: 'API key has expired' };
      if (row.kind === 'test' && !testnet) return { ok: false, message: TEST_KEY_ON_LIVE_PATH };
      return { ok: true, holder: holderOf(row) };
    },
    anonymous: () => ({ limit: REQUESTS_PER_WINDOW, resetAt: Math.ceil((clock.now() + WINDOW_MS) / 1_000) }),
  };
}
