import { CLOSE_CODES } from '@lockstep/delivery';
import { present } from '@lockstep/kernel';
import { KID_LENGTH } from '@lockstep/tenancy';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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
  positionOf,
  range,
  readFrom,
  subscribe,
} from './testing/stream-client';

/** Small bounds, so that nothing has to be waited for. */
const LIMITS = { heartbeatMs: 100, queueMaxBytes: 65_536, stallTimeoutMs: 500, drainPollMs: 5, readBatchEvents: 50, cacheEvents: 100 };
const PATIENCE = { timeout: 120_000, interval: 50 };

let rig: GatewayRig;
beforeAll(async () => {
  rig = await openRig(LIMITS);
}, 300_000);
afterAll(() => rig?.close());
afterEach(endSockets);

const linesOf = (kid: string) =>
  rig.logged.filter((line) => line.includes('its reader is too slow') && line.includes(kid)).map((line) => Number(JSON.parse(line).waitingBytes));

describe('a client that does not read', () => {
  it('is closed as a slow consumer with no more than the bound waiting for it, and resumes from its position without a gap', async () => {
    // More than the sockets of both sides take up by themselves.
    const [count, padding] = [1_500, 20_000];
    const tenant = await rig.tenant('Slow');
    const kid = tenant.key.split('_')[2]?.slice(0, KID_LENGTH) ?? '';
    const start = await beginning(rig.url, tenant.key);
    const socket = open(rig.url, tenant.key);
    const seen: number[] = [];
    let at = start;
    subscribe(socket, start);
    await listen(socket, (frame) => {
      if (frame.op === 'event') {
        seen.push(numberOf(frame));
        at = positionOf(frame);
      }
      return frame.op === 'subscribed';
    });
    socket.pause();
    for (let no = 0; no < count; no += 100) await append(rig, tenant, no, 100, padding);
    await expect.poll(() => linesOf(kid).length, PATIENCE).toBe(1);
    // A queue above its bound takes no further frame: what is beyond it is the last frame alone.
    expect(present(linesOf(kid)[0], 'the line')).toBeLessThan(LIMITS.queueMaxBytes + 2 * padding);

    const ended = closed(socket);
    socket.resume();
    expect(await ended).toBe(CLOSE_CODES.slow_consumer.code);
    expect(seen).toEqual(range(0, seen.length));
    expect(seen.length).toBeLessThan(count);
    expect(await readFrom(rig.url, tenant.key, at, count - seen.length)).toEqual(range(seen.length, count));
  });

  it('does not hold up another reader of the same log', async () => {
    const [count, padding] = [600, 20_000];
    const tenant = await rig.tenant('Slow beside quick');
    const start = await beginning(rig.url, tenant.key);
    const slow = open(rig.url, tenant.key);
    subscribe(slow, start);
    await listen(slow, (frame) => frame.op === 'subscribed');
    slow.pause();
    const reading = readFrom(rig.url, tenant.key, start, count);
    for (let no = 0; no < count; no += 100) await append(rig, tenant, no, 100, padding);
    expect(await reading).toEqual(range(0, count));
  });
});

describe('a heartbeat', () => {
  it('comes as often as hello says and carries the top, also to a reader whom no event reaches', async () => {
    const tenant = await rig.tenant('Beating');
    const start = await beginning(rig.url, tenant.key);
    const socket = open(rig.url, tenant.key);
    subscribe(socket, start, ['order.filled']);
    const frames: Frame[] = [];
    const topSeen = listen(socket, (frame) => {
      frames.push(frame);
      return frame.op === 'heartbeat' && frame.seq === '3';
    });
    await append(rig, tenant, 0, 3);
    await topSeen;
    expect(frames[0]).toMatchObject({ op: 'hello', heartbeat_ms: LIMITS.heartbeatMs });
    expect(frames.at(-1)).toMatchObject({ op: 'heartbeat', ...start, seq: '3', time: expect.any(String) });
    expect(frames.map((frame) => frame.op)).not.toContain('event');
  });
});
