import { EventEmitter } from 'node:events';
import type { Clock } from '@lockstep/kernel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ReadLog, StreamConnection, type StreamSocket } from './connection';
import { STREAM_LIMITS } from './limits';
import type { LogFrame } from './scope-log';

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

describe('while a fault strikes its events', () => {
  /** A subscribed connection that was sent events 1 to `count`, of which every second is of another type; `fates` by the events it is shown. */
  async function read(count: number, fates: string, types?: readonly string[]) {
    const sent: string[] = [];
    const socket = Object.assign(new EventEmitter(), {
      bufferedAmount: 0,
      send: (text: string) => void sent.push(text),
      close: () => void socket.emit('close'),
      terminate: () => {
        sent.push('cut');
        socket.emit('close');
      },
    });
    const frames: LogFrame[] = Array.from({ length: count }, (_, index) => ({
      seq: BigInt(index + 1),
      text: String(index + 1),
      type: index % 2 === 0 ? 'odd' : 'even',
    }));
    const top = { epoch: 'epoch', seq: BigInt(count) };
    const log: ReadLog = {
      top,
      refresh: async () => undefined,
      holds: async () => true,
      after: async (seq) => frames.filter((frame) => frame.seq > seq),
      grown: () => new Promise(() => undefined),
    };
    let told = 0;
    const left = [...fates];
    const faults = {
      pending: () => true,
      ahead: async (many: number) => {
        const all = left.splice(0, many).map((fate) => ({ twice: fate === '2', cut: fate === 'x' }));
        const cut = all.findIndex((fate) => fate.cut);
        return cut === -1 ? all : all.slice(0, cut + 1);
      },
    };
    const counting = {
      ...observer,
      sent: (frames: readonly LogFrame[]) => {
        told += frames.length;
      },
    };
    new StreamConnection(socket as unknown as StreamSocket, log, clock, STREAM_LIMITS, 'id', counting, null, faults).start();
    const subscribe = { op: 'subscribe', after: { epoch: 'epoch', seq: '0' }, ...(types === undefined ? {} : { types }) };
    socket.emit('message', JSON.stringify(subscribe), false);
    await vi.advanceTimersByTimeAsync(0);
    return { events: sent.filter((text) => !text.startsWith('{')).join(' '), told };
  }

  it.each<[string, number, string, readonly string[] | undefined, string, number]>([
    ['one goes twice, in its place', 5, '12111', undefined, '1 2 2 3 4 5', 5],
    ['the stream is cut behind one, and nothing follows', 5, '11x11', undefined, '1 2 3 cut', 3],
    ['those it is not shown are not met', 6, '121', ['odd'], '1 3 3 5', 3],
    [
      'more than are asked about at a time go on in order',
      60,
      `${'1'.repeat(54)}2${'1'.repeat(5)}`,
      undefined,
      `${[...Array(55).keys()].map((n) => n + 1).join(' ')} 55 56 57 58 59 60`,
      60,
    ],
  ])('%s', async (_what, count, fates, types, events, told) => {
    expect(await read(count, fates, types)).toEqual({ events, told });
  });
});
