import { describe, expect, it } from 'vitest';
import { CLOSE_CODES, closeReason } from './close-codes';
import {
  errorFrame,
  eventFrame,
  goingAwayFrame,
  heartbeatFrame,
  helloFrame,
  parseClientFrame,
  parsePositionText,
  pongFrame,
  positionText,
  subscribedFrame,
} from './frames';

const at = { epoch: 'e1', seq: 9_007_199_254_740_993n };

describe('stream frames', () => {
  it.each([
    [{ op: 'subscribe' }, true],
    [{ op: 'subscribe', after: { epoch: 'e1', seq: '12' } }, true],
    [{ op: 'subscribe', after: { epoch: 'e1', seq: 12 } }, false],
    [{ op: 'subscribe', after: { epoch: 'e1', seq: '-1' } }, false],
    [{ op: 'subscribe', types: ['order.filled'] }, true],
    [{ op: 'subscribe', types: [] }, false],
    [{ op: 'subscribe', tenant_id: 'ten_x' }, false],
    [{ op: 'ack', seq: '3' }, true],
    [{ op: 'ping' }, true],
    [{ op: 'publish' }, false],
    [null, false],
  ])('client frame %j is read: %s', (frame, good) => {
    const parsed = parseClientFrame(JSON.stringify(frame));
    expect(parsed).toEqual(good ? { ok: true, value: frame } : { ok: false, error: 'bad_frame' });
  });

  it('what is not JSON is a bad frame', () => {
    expect(parseClientFrame('{')).toEqual({ ok: false, error: 'bad_frame' });
  });

  it('server frames keep seqs beyond the safe integers exact', () => {
    expect(JSON.parse(eventFrame(at, '{"id":"evt_1"}'))).toEqual({ op: 'event', epoch: 'e1', seq: '9007199254740993', event: { id: 'evt_1' } });
    expect(JSON.parse(helloFrame('c1', at, 5_000))).toMatchObject({
      op: 'hello',
      connection_id: 'c1',
      epoch: 'e1',
      seq: '9007199254740993',
      heartbeat_ms: 5_000,
    });
    expect(JSON.parse(subscribedFrame({ epoch: 'e1', seq: 3n }, at, true))).toEqual({
      op: 'subscribed',
      epoch: 'e1',
      seq: '3',
      top_seq: '9007199254740993',
      recovered: true,
    });
    expect(JSON.parse(heartbeatFrame(at, 't'))).toEqual({ op: 'heartbeat', epoch: 'e1', seq: '9007199254740993', time: 't' });
    expect(JSON.parse(pongFrame('x'))).toEqual({ op: 'pong', id: 'x' });
    expect(JSON.parse(pongFrame(undefined))).toEqual({ op: 'pong' });
    expect(JSON.parse(goingAwayFrame(10))).toEqual({ op: 'going_away', reconnect_after_ms: 10 });
    expect(JSON.parse(errorFrame('bad', 'x'))).toEqual({ op: 'error', code: 'bad', detail: 'x' });
  });

  it.each(['e1:0', 'e1:9007199254740993'])('position %s reads back', (text) => {
    const parsed = parsePositionText(text);
    expect(parsed.ok && positionText(parsed.value)).toBe(text);
  });
  it.each(['', 'e1', 'e1:', 'e1:01', 'e1:-1', 'e1:1:2', 'E:1', 'e1:1e3'])('position %j is refused', (text) => {
    expect(parsePositionText(text)).toEqual({ ok: false, error: 'bad_position' });
  });
});

describe('close codes', () => {
  it('are unique, named by their key, in the private range, and final ones are 4500 and above', () => {
    const all = Object.entries(CLOSE_CODES);
    expect(new Set(all.map(([, one]) => one.code)).size).toBe(all.length);
    for (const [name, one] of all) {
      expect(one.name).toBe(name);
      expect(one.code >= 4000 && one.code <= 4999).toBe(true);
      expect(one.reconnect).toBe(one.code < 4500);
      expect(closeReason(one.code)).toBe(one);
    }
    expect(closeReason(1000)).toBeUndefined();
  });
});
