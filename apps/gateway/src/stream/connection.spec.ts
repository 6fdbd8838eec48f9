import { EventEmitter } from 'node:events';
import type { Clock } from '@lockstep/kernel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ReadLog, StreamConnection, type StreamSocket } from './connection';
import { STREAM_LIMITS } from './limits';

const TOP = { epoch: 'epoch', seq: 7n };
const clock: Clock = { now: () => 0, monotonic: () => 0 };
const fails = (): never => {
  throw new Error('not asked in these tests');
};

const observer = { slow: fails, closed: () => undefined, sent: fails };

/** A connection whose log is looked up for as long as the test likes. */
function connect() {
  const sent: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    bufferedAmount: 0,
    send: (text: string) => void sent.push(JSON.parse(text).op),
    close: () => void socket.emit('close'),
    terminate: () => void socket.emit('close'),
  });
  let found = (): void => undefined;
  const look = new Promise<void>((resolve) => {
    found = resolve;
  });
  const log: ReadLog = { top: TOP, refresh: () => look, holds: fails, after: fails, grown: () => new Promise(() => undefined) };
  new StreamConnection(socket as unknown as StreamSocket, log, clock, STREAM_LIMITS, 'id', observer).start();
  return { sent, socket, found: () => found() };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('while the top of the stream is looked up', () => {
  it('nothing comes before the hello, however long it takes and whatever the client sends', async () => {
    const { sent, socket, found } = connect();
    socket.emit('message', JSON.stringify({ op: 'ping' }), false);
    await vi.advanceTimersByTimeAsync(STREAM_LIMITS.subscribeTimeoutMs - 1);
    expect(sent).toEqual([]);
    found();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toEqual(['hello', 'pong']);
  });

  it('a heartbeat waits for the hello, then comes at its interval', async () => {
    const { sent, socket, found } = connect();
    // Or it would be closed for want of a subscription.
    socket.emit('message', JSON.stringify({ op: 'subscribe' }), false);
    await vi.advanceTimersByTimeAsync(STREAM_LIMITS.heartbeatMs * 3);
    expect(sent).toEqual([]);
    found();
    await vi.advanceTimersByTimeAsync(STREAM_LIMITS.heartbeatMs);
    expect(sent.filter((op) => op !== 'subscribed')).toEqual(['hello', 'heartbeat']);
  });

  it('a connection that ends meanwhile is sent nothing', async () => {
    const { sent, socket, found } = connect();
    socket.emit('close');
    found();
    await vi.advanceTimersByTimeAsync(STREAM_LIMITS.heartbeatMs * 2);
    expect(sent).toEqual([]);
  });
});
