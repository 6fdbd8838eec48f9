import { err, ok, type Result } from '@lockstep/kernel';

/** Everything a tenant's key can be allowed to do. A closed list without wildcards: a new right is never granted to old keys by itself. */
export const API_SCOPES = [
  'tenant:read',
  'tenant:write',
  'keys:read',
  'keys:write',
  'leaders:read',
  'leaders:write',
  'followers:read',
  'followers:write',
  'followers:erase',
  'venue_accounts:read',
  'venue_accounts:write',
  'entitlements:read',
  'entitlements:write',
  'copies:read',
  'copies:write',
  'kill_switches:read',
  'kill_switches:write',
  'limits:read',
  'limits:write',
  'orders:read',
  'fills:read',
  'positions:read',
  'receipts:read',
  'events:read',
  'fees:read',
  'fees:write',
  'settlements:read',
  'settlements:write',
  'exports:read',
  'exports:write',
  'instruments:read',
  'usage:read',
  'audit:read',
  'sandbox:read',
  'sandbox:write',
] as const;

export type ApiScope = (typeof API_SCOPES)[number];

const KNOWN: ReadonlySet<string> = new Set(API_SCOPES);

export const isApiScope = (text: string): text is ApiScope => KNOWN.has(text);

/** True when every needed scope is held. An empty need is allowed: the route only asks for a valid key. */
export const allows = (held: readonly ApiScope[], needed: readonly ApiScope[]): boolean => needed.every((scope) => held.includes(scope));

/** The needed scopes that are not held, for the answer's detail. */
export const missingScopes = (held: readonly ApiScope[], needed: readonly ApiScope[]): ApiScope[] => needed.filter((scope) => !held.includes(scope));

export type ScopeListError = { readonly code: 'unknown_scope'; readonly scope: string } | { readonly code: 'no_scopes' };

/** Reads a list of scope names, in catalogue order and without repeats. A key without any scope is refused: it could do nothing. */
export function parseScopes(names: readonly string[]): Result<ApiScope[], ScopeListError> {
  const unknown = names.find((name) => !isApiScope(name));
  if (unknown !== undefined) return err({ code: 'unknown_scope', scope: unknown });
  if (names.length === 0) return err({ code: 'no_scopes' });
  return ok(API_SCOPES.filter((scope) => names.includes(scope)));
}

/** True when a key holding `giver` may create a key with `wanted`: nobody hands out a right they do not have. */
export const mayGrant = (giver: readonly ApiScope[], wanted: readonly ApiScope[]): boolean => allows(giver, wanted);
