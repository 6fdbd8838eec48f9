import type { AbstractHttpAdapter } from '@nestjs/core';

/** An answer with its own status and headers; a plain return value is a 200 with that body. */
export class Answer<T = unknown> {
  constructor(
    readonly status: number,
    readonly body: T,
    readonly headers: Readonly<Record<string, string>> = {},
    /** The body's JSON text where it is there already: it is sent as it is, not written a second time. */
    readonly json: string | null = null,
  ) {}
}

/** 304: the caller has it. */
export class NotModified {
  readonly status = 304;
  constructor(readonly headers: Readonly<Record<string, string>>) {}
}

/**
 * Has an adapter write status and headers of answers that have their own. Not an interceptor: with any of them each request goes through observables, and its
 * handler's promise with it.
 */
export function writeAnswers(adapter: AbstractHttpAdapter): void {
  const reply = adapter.reply.bind(adapter);
  adapter.reply = (response: unknown, body: unknown, status?: number): unknown => {
    if (!(body instanceof Answer) && !(body instanceof NotModified)) return reply(response, body, status);
    for (const [name, text] of Object.entries(body.headers)) adapter.setHeader(response, name, text);
    if (!(body instanceof Answer)) return reply(response, undefined, body.status);
    if (body.json === null) return reply(response, body.body, body.status);
    adapter.setHeader(response, 'Content-Type', 'application/json; charset=utf-8');
    return reply(response, body.json, body.status);
  };
}
