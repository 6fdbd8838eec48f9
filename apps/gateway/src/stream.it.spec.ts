import { CLOSE_CODES } from '@lockstep/delivery';
import { present } from '@lockstep/kernel';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { STREAM_LIMITS } from './stream/limits';
import { startGateway } from './testing/gateway-process';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
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
  refusal,
  subscribe,
} from './testing/stream-client';

let rig: GatewayRig;
beforeAll(async () => {
  rig = await openRig();
}, 300_000);
afterAll(() => rig?.close());
afterEach(endSockets);

const SEED = 20_261_122;
/** A small generator, so that a failing run can be run again. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A client that is cut off at random and resumes from its last event, until it has seen `count`. */
async function readThrough(
  tenant: RigTenant,
  start: Position,
  count: number,
  below: ((most: number) => number) | null,
): Promise<{ seen: number[]; cuts: number }> {
  const seen: number[] = [];
  let at = start;
  let cuts = 0;
  while (seen.length < count) {
    const socket = open(rig.url, tenant.key);
    let left = below === null ? Number.POSITIVE_INFINITY : 1 + below(600);
    subscribe(socket, at);
    await listen(socket, (frame) => {
      if (frame.op === 'subscribed') expect(frame).toMatchObject({ recovered: true, seq: at.seq });
      if (frame.op !== 'event' || left <= 0) return false;
      expect(frame.event?.data.changed).toEqual([tenant.id]);
      seen.push(numberOf(frame));
      at = positionOf(frame);
      left -= 1;
      return left === 0 || seen.length >= count;
    });
    socket.terminate();
    cuts += 1;
  }
  return { seen, cuts };
}

describe('the stream', () => {
  it('brings 10,000 events under random disconnects in order, without gap or repeat, and never a foreign one', async () => {
    console.info(`stream test, seed ${SEED}`);
    const below = numbersFrom(SEED);
    const [tenant, other] = [await rig.tenant('Streaming'), await rig.tenant('Beside it')];
    const [start, otherStart] = [await beginning(rig.url, tenant.key), await beginning(rig.url, other.key)];
    expect(start.seq).toBe('0');
    const writing = (async () => {
      for (let no = 0; no < 10_000; ) {
        const count = Math.min(10_000 - no, 1 + below(250));
        await append(rig, tenant, no, count);
        no += count;
      }
      for (let no = 0; no < 500; no += 50) await append(rig, other, no, 50);
    })();
    const [mine, theirs] = await Promise.all([readThrough(tenant, start, 10_000, below), readThrough(other, otherStart, 500, null), writing]);
    expect(mine.seen).toEqual(Array.from({ length: 10_000 }, (_, no) => no));
    expect(theirs.seen).toEqual(Array.from({ length: 500 }, (_, no) => no));
    expect(mine.cuts).toBeGreaterThan(10);
  }, 600_000);

  it('has the same events and positions by REST', async () => {
    const tenant = await rig.tenant('By REST');
    await append(rig, tenant, 0, 25);
    const first = good(await rig.call(tenant.key, 'get', '/v1/events?limit=10'));
    expect(first.has_more).toBe(true);
    const rest = good(await rig.call(tenant.key, 'get', `/v1/events?after=${first.position}`));
    const numbers = [...first.data, ...rest.data].map(
      (row: { event: { data: { settings_version: number } } }) => row.event.data.settings_version - 1,
    );
    expect(numbers).toEqual(Array.from({ length: 25 }, (_, no) => no));
    expect([rest.position, rest.has_more]).toEqual([rest.top, false]);
    expect((await rig.call(tenant.key, 'get', '/v1/events?after=abc:1')).body).toMatchObject({ status: 410, code: 'gone' });
    expect((await rig.call(tenant.key, 'get', '/v1/events?after=nonsense')).body.code).toBe('invalid_cursor');
  });

  it('says when a position cannot be resumed', async () => {
    const tenant = await rig.tenant('Elsewhere');
    const socket = open(rig.url, tenant.key);
    subscribe(socket, { epoch: 'anotherepoch', seq: '5' });
    let answer: Frame | null = null;
    await listen(socket, (frame) => {
      answer = frame;
      return frame.op === 'subscribed';
    });
    expect(answer).toMatchObject({ op: 'subscribed', recovered: false, seq: '0' });
  });

  it('does not resume another tenant’s position, nor one whose events are no longer kept', async () => {
    const [tenant, other] = [await rig.tenant('Forgetful'), await rig.tenant('Foreign')];
    const [start, foreign] = [await beginning(rig.url, tenant.key), await beginning(rig.url, other.key)];
    await append(rig, tenant, 0, 5);
    await append(rig, other, 0, 5);
    const recovered = async (after: Position): Promise<boolean | undefined> => {
      const socket = open(rig.url, tenant.key);
      subscribe(socket, after);
      let answer: boolean | undefined;
      await listen(socket, (frame) => {
        if (frame.op === 'subscribed') answer = frame.recovered;
        return frame.op === 'subscribed';
      });
      socket.terminate();
      return answer;
    };
    expect([await recovered(start), await recovered({ ...foreign, seq: '2' })]).toEqual([true, false]);
    await rig.forgetEvents(tenant, 3);
    // A gateway gives what it still remembers; it forgets with the last reader.
    await expect.poll(() => recovered({ ...start, seq: '2' }), { timeout: 60_000, interval: 200 }).toBe(false);
    expect(await recovered({ ...start, seq: '3' })).toBe(true);
    expect((await rig.call(tenant.key, 'get', `/v1/events?after=${start.epoch}:2`)).body).toMatchObject({ status: 410, code: 'gone' });
    expect((await rig.call(tenant.key, 'get', `/v1/events?after=${foreign.epoch}:2`)).body).toMatchObject({ status: 410, code: 'gone' });
  });

  it.each([
    ['no key', null, [], 401, 'missing_key'],
    ['a key that is none', 'nonsense', [], 401, 'invalid_key'],
    ['a ticket nobody gave', null, ['copy-events.v1', 'stk_x'], 401, 'ticket_invalid'],
  ])('refuses %s with an HTTP problem', async (_what, key, protocols, status, code) => {
    expect(await refusal(open(rig.url, key, protocols))).toMatchObject({ status, body: { code, status } });
  });

  it('opens with a ticket, once', async () => {
    const tenant = await rig.tenant('Browser');
    const { subprotocols } = good(await rig.call(tenant.key, 'post', '/v1/stream-tickets'));
    const socket = open(rig.url, null, subprotocols);
    await listen(socket, (frame) => frame.op === 'hello');
    expect(socket.protocol).toBe('copy-events.v1');
    expect(await refusal(open(rig.url, null, subprotocols))).toMatchObject({ status: 401, body: { code: 'ticket_invalid' } });
  });

  it('refuses a key without the scope, and closes within two seconds when its key is revoked', async () => {
    const tenant = await rig.tenant('Revoked');
    const make = async (scopes: string[]) => good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'k', scopes }));
    expect(await refusal(open(rig.url, (await make(['copies:read'])).key))).toMatchObject({ status: 403, body: { code: 'missing_scope' } });
    const key = await make(['events:read']);
    const socket = open(rig.url, key.key);
    await listen(socket, (frame) => frame.op === 'hello');
    const ended = closed(socket);
    const before = performance.now();
    good(await rig.call(tenant.key, 'post', `/v1/api-keys/${key.id}/revoke`));
    expect(await ended).toBe(CLOSE_CODES.key_revoked.code);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it.each([
    ['a frame outside the protocol', '{"op":"publish"}', CLOSE_CODES.bad_frame.code],
    ['a frame above the bound', 'x'.repeat(10_000), CLOSE_CODES.frame_too_large.code],
    ['a frame too large to be read', 'x'.repeat(70_000), 1009],
  ])('closes on %s', async (_what, text, code) => {
    const tenant = await rig.tenant('Odd');
    const socket = open(rig.url, tenant.key);
    socket.once('open', () => socket.send(text));
    expect(await closed(socket)).toBe(code);
  });

  it('bounds the connections of a tenant by its plan', async () => {
    const tenant = await rig.tenant('Small plan', 'starter');
    for (let no = 0; no < 5; no += 1) await listen(open(rig.url, tenant.key), (frame) => frame.op === 'hello');
    const { subprotocols } = good(await rig.call(tenant.key, 'post', '/v1/stream-tickets'));
    expect(await refusal(open(rig.url, tenant.key))).toMatchObject({ status: 429, body: { code: 'quota_exceeded' } });
    expect(await closed(open(rig.url, null, subprotocols))).toBe(CLOSE_CODES.connection_limit.code);
  });
});

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
