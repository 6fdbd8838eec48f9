import { PROBLEM_CODES, PROBLEMS, type ProblemCode } from '@lockstep/delivery';
import type { ContractCheck } from '../testing/contract-check';
import { isSchema } from './arbitraries';
import type { FuzzedOperation } from './operations';

export interface FuzzAnswer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

/** What was sent, as far as an answer is judged by it. */
export type Expectation = 'accepted_or_refused' | 'refused' | 'unauthenticated' | 'foreign';

/** Kinds of faults of the API that a run counts. Closed set. */
export const FAULTS = ['server_errors', 'undocumented', 'accepted_negative', 'foreign_visible', 'not_repeated'] as const;
export type Fault = (typeof FAULTS)[number];

export interface Found {
  readonly fault: Fault;
  readonly why: string;
}

/** What is wrong with one answer; empty where it is as the document says and as the request deserves. `foreign`: ids the answer must not show. */
export function judge(
  operation: FuzzedOperation,
  path: string,
  answer: FuzzAnswer,
  contract: ContractCheck,
  expected: Expectation,
  foreign: readonly string[],
): readonly Found[] {
  const found: Found[] = [];
  const tell = (fault: Fault, why: string): void => void found.push({ fault, why });
  if (answer.status >= 500 && !(operation.id === 'health.ready' && answer.status === 503)) tell('server_errors', `${answer.status}`);
  const odd = undocumented(operation, path, answer, contract);
  if (odd !== null) tell('undocumented', odd);
  const accepted = answer.status < 400;
  if (expected === 'refused' && accepted) tell('accepted_negative', `${answer.status}`);
  if (expected === 'unauthenticated' && answer.status !== 401 && !isRefusedAtTheDoor(answer))
    tell('accepted_negative', `${answer.status} without a key`);
  if (expected === 'foreign' && operation.pathParameters.length > 0 && accepted)
    tell('foreign_visible', `${answer.status} for another tenant’s object`);
  const shown = foreign.find((id) => answer.text.includes(id));
  if (shown !== undefined && accepted) tell('foreign_visible', `shows ${shown.slice(0, 4)}…`);
  return found;
}

function undocumented(operation: FuzzedOperation, path: string, answer: FuzzAnswer, contract: ContractCheck): string | null {
  try {
    contract.check(operation.method, path, { ...answer, headers: Object.fromEntries(answer.headers) });
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 500) : String(error);
  }
  if (answer.status < 400) return operation.isLimited && !isLimited(answer) ? 'no RateLimit fields' : null;
  const code = isSchema(answer.body) ? answer.body.code : undefined;
  if (!isCode(code)) return `a problem without a known code: ${String(code)}`;
  return PROBLEMS[code].status === answer.status ? null : `${code} with the status ${answer.status}`;
}

const isLimited = ({ headers }: FuzzAnswer): boolean =>
  /^"[^"]+";r=\d+;t=\d+/.test(headers.get('ratelimit') ?? '') && headers.has('ratelimit-policy');

const isCode = (code: unknown): code is ProblemCode => PROBLEM_CODES.some((known) => known === code);

/** Whether a body was refused for what no body may be, before anybody asked whose it is. */
function isRefusedAtTheDoor({ status, body }: FuzzAnswer): boolean {
  const errors: unknown = isSchema(body) ? body.errors : undefined;
  const codes: unknown[] = Array.isArray(errors) ? errors.map((error: unknown) => (isSchema(error) ? error.code : undefined)) : [];
  return status === 400 && codes.some((code) => code === 'zero_character' || code === 'too_deep');
}
