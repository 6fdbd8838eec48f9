import { z } from 'zod';
import type { AgentApproval } from '../../port';
import { addressText, timeMs } from '../parse/amounts';

/** Named agents of an account (facts §6). */
export const extraAgentsRequest = (user: string) => ({ type: 'extraAgents', user });
export const extraAgentsAnswer = z.array(
  z
    .object({ name: z.string(), address: addressText, validUntil: timeMs.nullish() })
    .transform(({ name, address, validUntil }): AgentApproval => ({ name, address, validUntil: validUntil ?? null })),
);
