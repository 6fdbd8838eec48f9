/** Addresses in a text; longer runs of hexadecimal digits are hashes. */
const ADDRESS = /0x[0-9a-f]{40}(?![0-9a-f])/gi;

/** What stands in the place of an address. */
const LEFT_OUT = '0x…';

/** What was asked of a sandbox as the audit log tells it: without addresses, because its lines are chained and kept for good, and an address is a person's. */
export function auditedParams(params: object): object {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, withoutAddresses(value)]));
}

function withoutAddresses(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(ADDRESS, LEFT_OUT);
  if (Array.isArray(value)) return value.map(withoutAddresses);
  return typeof value === 'object' && value !== null ? auditedParams(value) : value;
}
