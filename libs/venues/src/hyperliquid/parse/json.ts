/** An object from outside, its fields still unknown. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses text that may not be JSON at all: some venue fronts answer with HTML or a plain line. */
export function parseJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    const value: unknown = JSON.parse(text);
    return { ok: true, value };
  } catch {
    return { ok: false };
  }
}

/**
 * A non-negative decimal text as a number scaled by 10^`decimals`, digits past the scale dropped; null when it is no such text or leaves
 * the range of safe integers.
 */
export function scaledNumber(text: unknown, decimals: number): number | null {
  if (typeof text !== 'string' || !/^\d{1,16}(?:\.\d{1,30})?$/.test(text)) return null;
  const point = text.indexOf('.');
  const whole = point < 0 ? text : text.slice(0, point);
  const fraction = point < 0 ? '' : text.slice(point + 1, point + 1 + decimals);
  const value = Number(whole + fraction.padEnd(decimals, '0'));
  return Number.isSafeInteger(value) ? value : null;
}
