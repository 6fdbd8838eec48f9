import { CLOSE_CODES } from '@lockstep/delivery';
import { present } from '@lockstep/kernel';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { STREAM_LIMITS } from './stream/limits';
import { startGateway } from './testing/gateway-process';
import { type GatewayRig, openRig } from './testing/rig';
import {
  append,
  beginning,
  closed,
  endSockets,
  type Frame,
  listen,
  numberOf,
  open,
  type Position,
  positionOf,
  range,
  readFrom,
  subscribe,
} from './testing/stream-client';

let rig: GatewayRig;
beforeAll(async () => {
  rig = await openRig();
}, 300_000);
afterEach(endSockets);
afterAll(() => rig?.close());

describe('SIGTERM', () => {
  it('tells every stream to go away with its own delay inside the spread, closes it with the code, and a reconnect elsewhere misses nothing', async () => {
    const [readers, count] = [6, 40];
    const tenant = await rig.tenant('Draining');
    const gateway = await startGateway(rig);
    const begin = await beginning(gateway.url, tenant.key);
    const streams = Array.from({ length: readers }, () => {
      const socket = open(gateway.url, tenant.key);
      const frames: Frame[] = [];
      subscribe(socket, begin);
      const half = listen(socket, (frame) => {
        frames.push(frame);
        return frame.op === 'event' && numberOf(frame) === count / 2 - 1;
      });
      return { frames, half, ended: closed(socket) };
    });
    await append(rig, tenant, 0, count / 2);
    await Promise.all(streams.map((stream) => stream.half));

    const ended = gateway.stop();
    const writing = append(rig, tenant, count / 2, count / 2);
    expect(await Promise.all(streams.map((stream) => stream.ended))).toEqual(streams.map(() => CLOSE_CODES.going_away.code));
    expect(await ended).toBe(0);
    await writing;
    for (const { frames } of streams) {
      const last = present(frames.at(-1), 'a frame');
      expect(last).toMatchObject({ op: 'going_away', reconnect_after_ms: expect.any(Number) });
      expect(last.reconnect_after_ms).toBeGreaterThanOrEqual(0);
      expect(last.reconnect_after_ms).toBeLessThan(STREAM_LIMITS.drainSpreadMs);
      const events = frames.filter((frame) => frame.op === 'event');
      const before = events.map(numberOf);
      const at: Position = positionOf(present(events.at(-1), 'an event'));
      const after = before.length === count ? [] : await readFrom(rig.url, tenant.key, at, count - before.length);
      expect([...before, ...after]).toEqual(range(0, count));
    }
  });
});
