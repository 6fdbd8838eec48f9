import { z } from 'zod';
import { addressText } from '../parse/amounts';

/** What an address is at the venue (facts §9). Weight 60: not for regular use. */
export const userRoleRequest = (user: string) => ({ type: 'userRole', user });
export const userRoleAnswer = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['missing', 'user', 'vault']) }),
  z.object({ role: z.literal('agent'), data: z.object({ user: addressText }) }),
  z.object({ role: z.literal('subAccount'), data: z.object({ master: addressText }) }),
]);
