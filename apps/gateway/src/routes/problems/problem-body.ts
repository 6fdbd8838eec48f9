import { PROBLEM_CODES, type ProblemCode } from '@lockstep/delivery';
import { z } from 'zod';
import { named } from '../../http/documented';

/** What an error code means. */
export const problemKindSchema = named(
  'ProblemKind',
  z
    .object({
      code: z.enum(PROBLEM_CODES as [ProblemCode, ...ProblemCode[]]),
      status: z.int(),
      title: z.string(),
      retryable: z.boolean().describe('The same request may succeed later without a change.'),
    })
    .describe('The meaning of an error code.'),
);
