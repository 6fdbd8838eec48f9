import { readsOnly, type VerifiedKey } from '@lockstep/tenancy';

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * What a key of a tenant that is being offboarded may do beside reading: stop. A list of its own, not everything that counts as a stop: some of that rotates keys, or
 * answers for a copy that goes on.
 */
const STOPS: ReadonlySet<string> = new Set([
  'tenant.closeAll',
  'copies.stop',
  'followers.closeAll',
  'leaders.close',
  'leaders.closeAll',
  'killSwitches.engage',
]);

/** Whether the offboarding of a key's tenant lets it do this. */
export const mayWhileOffboarding = (key: Pick<VerifiedKey, 'tenantStatus'>, method: string, operation: string): boolean =>
  !readsOnly(key) || READING.has(method) || STOPS.has(operation);
