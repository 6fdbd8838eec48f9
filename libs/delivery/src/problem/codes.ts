/** One kind of error answer. Codes are stable: clients switch on them. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** True when the same request may succeed later without a change. */
  readonly retryable: boolean;
}

const kind = (status: number, title: string, retryable = false): ProblemKind => ({ status, title, retryable });

/** Every `code` an answer may carry, with its status and fixed title. The type URL is the docs page of the code. */
export const PROBLEMS = {
  invalid_request: kind(400, 'The request is not valid'),
  invalid_json: kind(400, 'The body is not JSON'),
  invalid_cursor: kind(400, 'The cursor is not one of ours'),
  version_unknown: kind(400, 'This version of the API does not exist'),
  precondition_invalid: kind(400, 'The condition is not valid'),
  idempotency_key_missing: kind(400, 'This request needs an Idempotency-Key'),
  idempotency_key_invalid: kind(400, 'The Idempotency-Key is not valid'),
  request_too_costly: kind(400, 'The request costs more than the whole quota'),
  missing_key: kind(401, 'An API key is needed'),
  invalid_key: kind(401, 'The API key is not valid'),
  key_expired: kind(401, 'The API key has expired'),
  key_revoked: kind(401, 'The API key was revoked'),
  ticket_invalid: kind(401, 'The stream ticket is unknown, used or expired'),
  signature_missing: kind(401, 'This API key signs its requests'),
  signature_invalid: kind(401, 'The signature does not match the request'),
  signature_expired: kind(401, 'The signature is too old or from the future'),
  signature_replayed: kind(401, 'The signature was used before'),
  missing_scope: kind(403, 'The API key lacks a scope'),
  key_narrowed: kind(403, 'The API key is narrowed to certain objects'),
  missing_role: kind(403, 'The operator key’s role does not allow this'),
  address_not_allowed: kind(403, 'The API key may not be used from here'),
  tenant_suspended: kind(403, 'The tenant is suspended'),
  tenant_offboarding: kind(403, 'The tenant is being offboarded: its keys read and stop only'),
  origin_not_allowed: kind(403, 'The origin is not allowed'),
  test_environment_only: kind(403, 'Only possible in the test environment'),
  not_found: kind(404, 'Nothing here'),
  method_not_allowed: kind(405, 'The method is not allowed here'),
  not_acceptable: kind(406, 'The answer cannot be given in the accepted types'),
  request_timeout: kind(408, 'The request took too long to arrive', true),
  idempotency_key_in_use: kind(409, 'A request with this Idempotency-Key is running', true),
  already_exists: kind(409, 'It exists already'),
  state_conflict: kind(409, 'Its state does not allow this'),
  version_conflict: kind(409, 'It was changed in the meantime', true),
  venue_account_in_use: kind(409, 'The venue account has as many copies as it may'),
  leader_already_copied: kind(409, 'The venue account copies this leader already'),
  copy_loop: kind(409, 'The leader would follow this account, directly or over others'),
  orders_conflict: kind(409, 'A copy that mirrors orders has its venue account for itself'),
  leverage_conflict: kind(409, 'Another copy of the venue account sets another leverage'),
  period_conflict: kind(409, 'The period cannot be closed'),
  money_unsettled: kind(409, 'Its money is not settled yet'),
  not_ready: kind(409, 'It is not ready yet', true),
  gone: kind(410, 'It is no longer kept'),
  version_over: kind(410, 'This version of the API is not served any more'),
  operation_over: kind(410, 'This operation is not served any more'),
  precondition_failed: kind(412, 'It is not as the condition has it'),
  body_too_large: kind(413, 'The body is too large'),
  uri_too_long: kind(414, 'The address is too long'),
  unsupported_media_type: kind(415, 'The body type is not supported'),
  range_not_satisfiable: kind(416, 'The range lies outside the file'),
  idempotency_key_reused: kind(422, 'The Idempotency-Key was used with another request'),
  business_rule: kind(422, 'A rule forbids this'),
  approval_missing: kind(422, 'An approval at the venue is missing'),
  entitlement_missing: kind(422, 'The follower is not entitled to copy this leader'),
  consent_missing: kind(422, 'The follower has to consent to the leader’s terms'),
  terms_unknown: kind(422, 'The leader has no such terms'),
  terms_outdated: kind(422, 'Newer terms are in force'),
  notice_too_short: kind(422, 'A raise needs more notice'),
  upgrade_required: kind(426, 'This address speaks WebSocket'),
  rate_limited: kind(429, 'Too many requests', true),
  quota_exceeded: kind(429, 'The plan’s quota is used up'),
  headers_too_large: kind(431, 'The header fields are too large'),
  internal: kind(500, 'Something went wrong on our side', true),
  venue_unavailable: kind(502, 'The venue did not answer', true),
  unavailable: kind(503, 'Temporarily not available', true),
  timeout: kind(504, 'It took too long', true),
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;
export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[];

/** Registered problem types that say more than a page of ours would. */
const REGISTERED: Partial<Record<ProblemCode, string>> = { rate_limited: 'quota-exceeded', unavailable: 'temporary-reduced-capacity' };
const REGISTRY = 'https://iana.org/assignments/http-problem-types#';

/** The problem's type: a path of our docs that resolves, or the registered URL. `docsBase` has no slash at its end; empty gives a relative path. */
export function problemType(code: ProblemCode, docsBase: string): string {
  const registered = REGISTERED[code];
  return registered === undefined ? `${docsBase}/problems/${code.replaceAll('_', '-')}` : REGISTRY + registered;
}
