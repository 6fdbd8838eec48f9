import { z } from 'zod';
import { PROBLEM_CODES, PROBLEMS, type ProblemCode, problemType } from './codes';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** What is wrong with one field. Never holds the value sent: it may be a secret. */
export const fieldProblemSchema = z
  .object({
    pointer: z.string().describe('JSON pointer into the body, or `query/<name>`, `header/<name>`, `path/<name>`.'),
    code: z.string().describe('Machine-readable reason.'),
    detail: z.string().describe('What is expected, for people.'),
  })
  .meta({ id: 'FieldProblem' });

/** RFC 9457 body of every error answer. */
export const problemSchema = z
  .object({
    type: z.string().describe('Page that explains the code.'),
    status: z.int().min(400).max(599),
    title: z.string(),
    detail: z.string().optional().describe('This occurrence, for people.'),
    instance: z.string().optional(),
    code: z.enum(PROBLEM_CODES as [ProblemCode, ...ProblemCode[]]).describe('Stable: switch on this.'),
    retryable: z.boolean().describe('The same request may succeed later.'),
    request_id: z.string().describe('Quote it when you ask for help.'),
    errors: z.array(fieldProblemSchema).optional(),
    'violated-policies': z.array(z.string()).optional(),
  })
  .meta({ id: 'Problem' });

export type FieldProblem = z.infer<typeof fieldProblemSchema>;
export type Problem = z.infer<typeof problemSchema>;

export interface ProblemDetails {
  readonly requestId: string;
  readonly detail?: string;
  readonly errors?: readonly FieldProblem[];
  readonly violatedPolicies?: readonly string[];
  readonly docsBase?: string;
}

/** The body for a code; status and title come from the table alone. */
export function problem(code: ProblemCode, details: ProblemDetails): Problem {
  const { status, title, retryable } = PROBLEMS[code];
  return {
    type: problemType(code, details.docsBase ?? ''),
    status,
    title,
    ...(details.detail === undefined ? {} : { detail: details.detail }),
    code,
    retryable,
    request_id: details.requestId,
    ...(details.errors === undefined ? {} : { errors: [...details.errors] }),
    ...(details.violatedPolicies === undefined ? {} : { 'violated-policies': [...details.violatedPolicies] }),
  };
}
