import { describe, expect, it } from 'vitest';
import { readClientFrame } from './client-frame';
import { jsonAnswer, statusAnswer, unreadable } from './reply';
import { createFrameText, postFrame } from './socket-frames';
import { readVenuePath } from './venue-path';

describe('client frames', () => {
  it.each([
    ['{"method":"ping"}', { method: 'ping' }],
    ['{"method":"subscribe","subscription":{"type":"bbo","coin":"BTC"}}', { method: 'subscribe', subscription: { type: 'bbo', coin: 'BTC' } }],
    [
      '{"method":"post","id":3,"request":{"type":"info","payload":{"type":"meta"}}}',
      { method: 'post', id: 3, type: 'info', payload: { type: 'meta' } },
    ],
  ])('reads %s', (text, frame) => expect(readClientFrame(text)).toEqual(frame));

  it.each([
    '',
    'x',
    '[]',
    '{}',
    '{"method":"post","id":"1","request":{"type":"info"}}',
    '{"method":"post","id":1}',
    '{"method":"subscribe"}',
    '{"method":"subscribe","subscription":{"coin":"BTC"}}',
  ])('refuses %s', (text) => expect(readClientFrame(text)).toBeNull());
});

describe('post answers', () => {
  const read = (text: string): unknown => JSON.parse(text).data;

  it('carry an action body as it is', () => {
    expect(read(postFrame(7, { type: 'action', name: '' }, jsonAnswer('{"status":"ok","response":{"type":"default"}}')))).toEqual({
      id: 7,
      response: { type: 'action', payload: { status: 'ok', response: { type: 'default' } } },
    });
  });

  it('carry a read under its type', () => {
    expect(read(postFrame(8, { type: 'info', name: 'l2Book' }, jsonAnswer('null')))).toEqual({
      id: 8,
      response: { type: 'info', payload: { type: 'l2Book', data: null } },
    });
  });

  it.each([
    [statusAnswer(429), '429 Too Many Requests'],
    [statusAnswer(502), '502 Bad Gateway'],
    [unreadable(), '422 Unprocessable Entity: Failed to deserialize the JSON body into the target type'],
  ])('turn a status into an error line (%#)', (answer, payload) => {
    expect(read(postFrame(9, { type: 'action', name: '' }, answer))).toEqual({ id: 9, response: { type: 'error', payload } });
  });

  it('write a shared frame once', () => {
    const frameText = createFrameText();
    let reads = 0;
    const frame = {
      channel: 'trades',
      get data() {
        reads += 1;
        return [];
      },
    };
    expect([frameText(frame), frameText(frame)]).toEqual(['{"channel":"trades","data":[]}', '{"channel":"trades","data":[]}']);
    expect(reads).toBe(1);
  });
});

describe('paths', () => {
  it.each([
    ['/info', 'main', '/info'],
    ['/ws?x=1', 'main', '/ws'],
    ['/info/', 'main', '/info'],
    ['/w/one/exchange', 'one', '/exchange'],
    ['/w/one/', 'one', '/'],
    ['/', 'main', '/'],
    ['/w/one', 'main', '/w/one'],
  ])('%s is world %s, route %s', (url, world, route) => expect(readVenuePath(url)).toEqual({ world, route }));
});
