import type { FieldProblem, ProblemCode } from '@lockstep/delivery';

export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly FieldProblem[];
  readonly violatedPolicies?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Carries a refusal out of Nest's pipeline to the problem filter. Business code returns refusals as values; only the edge throws them. */
export class ProblemException extends Error {
  override readonly name = 'ProblemException';

  constructor(
    readonly code: ProblemCode,
    readonly options: ProblemOptions = {},
  ) {
    super(code);
  }
}

/** A refusal as a value: what services return. */
export interface Refusal {
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly errors?: readonly FieldProblem[];
  readonly violatedPolicies?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal on its way to the problem filter. */
export const problemOf = ({ code, ...options }: Refusal): ProblemException => new ProblemException(code, options);

export const refusal = (code: ProblemCode, detail?: string): Refusal => (detail === undefined ? { code } : { code, detail });
/** Another tenant's object and none at all are the same answer. */
export const NOT_FOUND: Refusal = { code: 'not_found' };
