import type { Address, Json } from './port';

export type JsonObject = { readonly [key: string]: Json | undefined };

/** The parse boundary of everything that enters the exchange: each answers null for what it does not read. */
export const asObject = (value: Json | undefined): JsonObject | null =>
  typeof value === 'object' && value !== null && !isList(value) ? value : null;
const isList = (value: object): value is readonly Json[] => Array.isArray(value);
export const asList = (value: Json | undefined): readonly Json[] | null =>
  typeof value === 'object' && value !== null && isList(value) ? value : null;
export const asText = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);
export const asFlag = (value: Json | undefined): boolean | null => (typeof value === 'boolean' ? value : null);
export const asWhole = (value: Json | undefined): number | null => (typeof value === 'number' && Number.isSafeInteger(value) ? value : null);
/** A number the venue keeps without a sign: an asset, an order id, a leverage. */
export const asCount = (value: Json | undefined): number | null => (typeof value === 'number' && value < 0 ? null : asWhole(value));

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const CLOID = /^0x[0-9a-fA-F]{32}$/;

/** A 20-byte address, lower-cased. */
export function asAddress(value: Json | undefined): Address | null {
  return typeof value === 'string' && ADDRESS.test(value) ? value.toLowerCase() : null;
}

/** A 16-byte client order id, lower-cased. */
export function asCloid(value: Json | undefined): string | null {
  return typeof value === 'string' && CLOID.test(value) ? value.toLowerCase() : null;
}
