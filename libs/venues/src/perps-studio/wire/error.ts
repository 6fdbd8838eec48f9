import { z } from 'zod';

/** The envelope of every failure (facts §4). */
export const errorBody = z.object({ error: z.object({ code: z.string(), message: z.string().default('') }) });
export type ErrorBody = z.infer<typeof errorBody>['error'];
