import type { FieldProblem } from '@lockstep/delivery';
import { OWN_HEADERS, prefixedHeader } from '@lockstep/tenancy';

const OWN: ReadonlyMap<string, string> = new Map(OWN_HEADERS.map((name) => [name.toLowerCase(), name]));

/**
 * Reads a brand's names of our header fields as ours: a request may use either. Where both are sent and differ the fault is returned, because which of them
 * counts would be a guess.
 */
export function readPrefixed(headers: Record<string, string | string[] | undefined>, prefix: string): FieldProblem | null {
  for (const own of OWN.keys()) {
    const branded = prefixedHeader(prefix, own).toLowerCase();
    const value = headers[branded];
    if (value === undefined) continue;
    if (headers[own] !== undefined && headers[own] !== value)
      return { pointer: `header/${branded}`, code: 'conflict', detail: `\`${own}\` is sent as well, with another value.` };
    headers[own] = value;
  }
  return null;
}

/** The name one of our fields has under a prefix; null: it is not ours, or there is no prefix. */
export function brandedName(prefix: string | null, name: string): string | null {
  const own = OWN.get(name.toLowerCase());
  return own === undefined || prefix === null ? null : prefixedHeader(prefix, own);
}

/** Fields with those of ours under the brand's names as well. */
export const withBranded = (prefix: string | null, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const branded = brandedName(prefix, name);
      return branded === null
        ? [[name, value]]
        : [
            [name, value],
            [branded, value],
          ];
    }),
  );
