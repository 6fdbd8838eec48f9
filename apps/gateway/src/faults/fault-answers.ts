import type { PolicyStanding, ProblemCode } from '@lockstep/delivery';
import type { SandboxFaultRow } from '@lockstep/storage';
import { ProblemException, type Refusal } from '../http/problem-exception';
import { tooMany } from '../http/too-many';

/** The field that says of an answer that a fault of the caller's own sandbox made it, or held it up. */
export const SANDBOX_FAULT = 'Sandbox-Fault';

/** What the field says: the kind and the id of the fault, as a token with a parameter (RFC 8941). */
export const faultMark = ({ kind, id }: Pick<SandboxFaultRow, 'kind' | 'id'>): string => `${kind};id=${id}`;

/** Statuses a fault of the kind `server_error` may answer, and what is said with each. */
export const SERVER_ERRORS = { 500: 'internal', 502: 'venue_unavailable', 503: 'unavailable', 504: 'timeout' } as const satisfies Record<
  number,
  ProblemCode
>;
export type ServerErrorStatus = keyof typeof SERVER_ERRORS;
/** The status of a `server_error` that names none. */
export const SERVER_ERROR_DEFAULT = 503;

const isServerError = (status: number): status is ServerErrorStatus => Object.hasOwn(SERVER_ERRORS, status);

/** A refusal that a fault made: it is none of the gateway's own, and counted and logged as none. */
export class FaultProblem extends ProblemException {}

/** The connection was closed by a fault: nobody is there to be answered. */
export class ConnectionDropped extends Error {
  override readonly name = 'ConnectionDropped';
}

/** What a fault refuses a request with; null: its kind refuses none. `standings`: what is left of the caller's quotas. */
export function faultRefusal(
  fault: Pick<SandboxFaultRow, 'kind' | 'httpStatus' | 'retryAfterS'>,
  standings: readonly PolicyStanding[],
): Refusal | null {
  const seconds = fault.retryAfterS ?? 1;
  if (fault.kind === 'too_many_requests') return tooManyOf(standings, seconds * 1_000);
  if (fault.kind !== 'server_error') return null;
  const status = fault.httpStatus ?? SERVER_ERROR_DEFAULT;
  const code = isServerError(status) ? SERVER_ERRORS[status] : SERVER_ERRORS[SERVER_ERROR_DEFAULT];
  return code === 'unavailable' ? { code, headers: { 'Retry-After': String(seconds) } } : { code };
}

/** The 429 of a caller that has used up the policy with the shortest window. */
function tooManyOf(standings: readonly PolicyStanding[], waitMs: number): Refusal {
  const [violated] = standings.filter(({ windowMs }) => windowMs !== null).toSorted((a, b) => (a.windowMs ?? 0) - (b.windowMs ?? 0));
  const usedUp = standings.map((one) => (one === violated ? { ...one, remaining: 0, moreAfterMs: waitMs } : one));
  return tooMany({ kind: 'limit', standings: usedUp, violated: violated === undefined ? [] : [violated.name], waitMs });
}
