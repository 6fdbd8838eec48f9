/** Why a stream was closed. `reconnect`: trying again may help; `resume`: the last position may be sent again. */
export interface CloseReason {
  readonly code: number;
  readonly name: string;
  readonly reconnect: boolean;
  readonly resume: boolean;
  readonly meaning: string;
}

const reason = (code: number, name: string, reconnect: boolean, resume: boolean, meaning: string): CloseReason => ({
  code,
  name,
  reconnect,
  resume,
  meaning,
});

/** Codes below 4500 invite a reconnect, codes from 4500 on do not: the client must change something first. */
export const CLOSE_CODES = {
  going_away: reason(4000, 'going_away', true, true, 'The server drains; reconnect after the delay of the last frame.'),
  slow_consumer: reason(4001, 'slow_consumer', true, true, 'The outgoing queue passed its bound in bytes; read faster, then resume.'),
  idle_timeout: reason(4002, 'idle_timeout', true, true, 'No answer to pings within the deadline.'),
  subscribe_timeout: reason(4003, 'subscribe_timeout', true, true, 'No subscribe frame within the deadline.'),
  insufficient_state: reason(4004, 'insufficient_state', true, false, 'The position cannot be resumed; reload by REST, then subscribe anew.'),
  server_error: reason(4005, 'server_error', true, true, 'A defect on our side.'),
  connection_limit: reason(4006, 'connection_limit', true, true, 'More connections than the plan allows; close one first.'),
  message_rate: reason(4007, 'message_rate', true, true, 'Too many messages from the client.'),
  bad_frame: reason(4500, 'bad_frame', false, true, 'A frame that is not in the protocol.'),
  frame_too_large: reason(4501, 'frame_too_large', false, true, 'A frame above the size bound.'),
  key_revoked: reason(4502, 'key_revoked', false, true, 'The key or ticket was revoked.'),
  key_expired: reason(4503, 'key_expired', false, true, 'The key or ticket expired; connect with a new one.'),
  tenant_suspended: reason(4504, 'tenant_suspended', false, true, 'The tenant is suspended.'),
  missing_scope: reason(4505, 'missing_scope', false, true, 'The key lacks the scope for this stream.'),
  address_not_allowed: reason(4506, 'address_not_allowed', false, true, 'The key may not be used from this address any more.'),
} as const satisfies Record<string, CloseReason>;

export type CloseName = keyof typeof CLOSE_CODES;

/** The reason behind a code; undefined for a code that is not ours. */
export const closeReason = (code: number): CloseReason | undefined => Object.values(CLOSE_CODES).find((one) => one.code === code);
