import { z } from 'zod';
import { addressText } from '../parse/amounts';

/** What an address is to the venue (facts §9); the dearest read, weight 60. */
export const userRoleRequest = (user: string) => ({ type: 'userRole', user });

export const userRoleAnswer = z.discriminatedUnion('role', [
  z.object({ role: z.literal('missing') }),
  z.object({ role: z.literal('user') }),
  z.object({ role: z.literal('vault') }),
  z.object({ role: z.literal('agent'), data: z.object({ user: addressText }) }),
  z.object({ role: z.literal('subAccount'), data: z.object({ master: addressText }) }),
]);
