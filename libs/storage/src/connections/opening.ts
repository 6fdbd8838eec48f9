import { isId, must, type TenantScope } from '@lockstep/kernel';
import type { UnitOptions } from '../unit-options';

/** Bound of one statement of a unit that reads a whole scope. */
export const WHOLE_SCOPE_TIMEOUT_MS = 120_000;

/** The statements that open a transaction of these options, without its scope. */
export function openingOf(options: UnitOptions): readonly string[] {
  const isolation = `begin isolation level ${options.isolation ?? 'read committed'}${options.readOnly === true ? ' read only' : ''}`;
  const whole = options.wholeScope === true ? ['set local enable_nestloop = off', `set local statement_timeout = ${WHOLE_SCOPE_TIMEOUT_MS}`] : [];
  return [isolation, ...inTerm(options), ...whole];
}

/** A snapshot taken before the term was asked for would not show a newer one. */
function inTerm({ term, readOnly, isolation }: UnitOptions): readonly string[] {
  if (term === undefined || readOnly === true) return [];
  must(Number.isSafeInteger(term), 'a term is a whole number');
  must(isolation === undefined || isolation === 'read committed', 'a unit of a term reads what is committed');
  return [`select engine_term_holds(${term})`];
}

/** Asserts that a scope's values are of their closed grammar, whichever way they travel. */
export function checkScope({ tenantId, environment }: TenantScope): void {
  must(isId('tenant', tenantId), 'a scope names a well-formed tenant id');
  must(environment === 'live' || environment === 'test', 'a scope names a known environment');
}
