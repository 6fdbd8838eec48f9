import { Socket } from 'node:net';

/** Ends a connection that gives no sign; whoever waits for it is told that it is lost. */
export function hangUp(client: object): void {
  const connection: unknown = Reflect.get(client, 'connection');
  const stream: unknown = typeof connection === 'object' && connection !== null ? Reflect.get(connection, 'stream') : null;
  if (stream instanceof Socket) stream.destroy(new Error('the database gave no answer'));
}

/** A server that is told of the end of a connection closes it at once; one that does not is not waited for longer, in ms. */
const PARTING_MAX_MS = 1_000;

/** Hangs up on a connection that was told to end and does not. */
export function partWith(client: object): void {
  // The connection itself keeps the process alive for as long as there is one to hang up on.
  setTimeout(() => hangUp(client), PARTING_MAX_MS).unref();
}
