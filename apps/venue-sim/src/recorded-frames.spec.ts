import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readClientFrame } from './client-frame';
import { jsonAnswer } from './reply';
import { acknowledgement, errorFrame, PONG, postFrame } from './socket-frames';

const lineSchema = z.object({
  direction: z.enum(['client', 'server']),
  frame: z.looseObject({ channel: z.string().optional(), data: z.unknown().optional() }),
});
const posted = z.object({
  id: z.number(),
  response: z.discriminatedUnion('type', [
    z.object({ type: z.literal('action'), payload: z.unknown() }),
    z.object({ type: z.literal('info'), payload: z.object({ type: z.string(), data: z.unknown() }) }),
  ]),
});
const acknowledged = z.object({ method: z.enum(['subscribe', 'unsubscribe']), subscription: z.unknown() });

/** What the door writes on each of its channels, from the parts of a recorded frame. */
const WRITERS: { readonly [channel: string]: (data: unknown) => string } = {
  pong: () => PONG,
  error: (data) => errorFrame(z.string().parse(data)),
  subscriptionResponse: (data) => {
    const { method, subscription } = acknowledged.parse(data);
    return acknowledgement(method, subscription);
  },
  post: (data) => {
    const { id, response } = posted.parse(data);
    const [name, body] = response.type === 'info' ? [response.payload.type, response.payload.data] : ['', response.payload];
    return postFrame(id, { type: response.type, name }, jsonAnswer(JSON.stringify(body)));
  },
};

describe.skipIf(venueData() === null)('recorded frames of a socket (needs VENUE_DATA_DIR)', () => {
  const lines =
    venueData() === null
      ? []
      : readFileSync(join(venueData()?.dir ?? '', 'ws/messages.jsonl'), 'utf8')
          .trim()
          .split('\n')
          .map((line) => lineSchema.parse(JSON.parse(line)));

  it('of the client are read', () => {
    const said = lines.filter(({ direction }) => direction === 'client').map(({ frame }) => frame);
    expect(said.length).toBeGreaterThan(5);
    for (const frame of said) expect(readClientFrame(JSON.stringify(frame))).toEqual({ method: frame.method, subscription: frame.subscription });
  });

  it('of the door are written as recorded, key by key', () => {
    const of = Object.keys(WRITERS);
    const written = lines.filter(({ direction, frame }) => direction === 'server' && of.includes(frame.channel ?? ''));
    expect(new Set(written.map(({ frame }) => frame.channel))).toEqual(new Set(of));
    for (const { frame } of written) expect(JSON.parse(WRITERS[frame.channel ?? '']?.(frame.data) ?? 'null')).toEqual(frame);
  });
});
