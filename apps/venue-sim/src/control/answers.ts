import type { ServerResponse } from 'node:http';

/** Answers of the control port. */
export interface ControlReply {
  readonly status: number;
  readonly body: unknown;
}

export const done = (body: unknown = { ok: true }): ControlReply => ({ status: 200, body });
export const created = (body: unknown): ControlReply => ({ status: 201, body });
export const refused = (status: number, error: string): ControlReply => ({ status, body: { error } });

export function sendControl(response: ServerResponse, { status, body }: ControlReply): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
