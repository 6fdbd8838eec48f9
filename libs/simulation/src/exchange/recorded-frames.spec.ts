import { parsePrice, price, unwrap } from '@lockstep/kernel';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { dig, Testbed } from '../builders/testbed';
import type { Json, StreamFrame } from './port';
import { type Answerer, compareAll } from './testing/recorded/compare';
import { CLOID, USER } from './testing/recorded/lived';
import { listOf, recordedFrames } from './testing/recorded/samples';

/** Frames that the door of the venue writes, not its exchange; compared beside it. */
const OF_THE_DOOR: ReadonlySet<string> = new Set(['frame/subscriptionResponse', 'frame/post', 'frame/pong', 'frame/error']);

const SUBSCRIPTIONS: { readonly [channel: string]: Json } = {
  trades: { type: 'trades', coin: 'BTC' },
  bbo: { type: 'bbo', coin: 'BTC' },
  l2Book: { type: 'l2Book', coin: 'BTC' },
  candle: { type: 'candle', coin: 'BTC', interval: '1h' },
  allMids: { type: 'allMids' },
  activeAssetCtx: { type: 'activeAssetCtx', coin: 'BTC' },
  orderUpdates: { type: 'orderUpdates', user: USER },
  user: { type: 'userEvents', user: USER },
  userFills: { type: 'userFills', user: USER },
  userFundings: { type: 'userFundings', user: USER },
  notification: { type: 'notification', user: USER },
};

/** The fills of an account whose long was liquidated, as a late subscription lists them. */
function liquidatedFills(): readonly StreamFrame[] {
  const bed = new Testbed({ makers: true }, { 1: '200' });
  bed.order(1, { p: '66500', s: '0.05', tif: 'Ioc' });
  bed.world.control.movePrice('BTC', price(unwrap(parsePrice('62800'), 'price')));
  bed.block(60);
  return bed.listen({ type: 'userFills', user: USER });
}

describe.skipIf(venueData() === null)('frames (needs VENUE_DATA_DIR)', () => {
  if (venueData() === null) return;
  const bed = new Testbed({ makers: true }, { 1: '100000', 2: '100000' });
  const heard = new Map<string, StreamFrame[]>(Object.entries(SUBSCRIPTIONS).map(([channel, wanted]) => [channel, bed.listen(wanted)]));
  bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc', c: CLOID });
  bed.order(1, { p: '66500', s: '0.1', tif: 'Alo' }, { b: false, p: '66330', s: '0.01', tif: 'Alo' });
  bed.world.control.movePrice('BTC', price(unwrap(parsePrice('66400'), 'price')));
  bed.block(15);
  bed.order(1, { b: false, p: '66500', s: '0.01' });
  bed.world.control.movePrice('BTC', price(unwrap(parsePrice('66900'), 'price')));
  bed.block(15);
  bed.world.control.advanceFunding();
  bed.block();

  const frames = recordedFrames();
  /** What came on the channel, of `user` the fills; the snapshot of a late subscription where one was recorded. */
  const onChannel: Answerer = ({ type, body }) => {
    const channel = type.slice('frame/'.length);
    const told =
      dig(body, 0, 'data', 'isSnapshot') === true
        ? [...bed.listen(SUBSCRIPTIONS[channel] ?? null), ...(channel === 'userFills' ? liquidatedFills() : [])]
        : (heard.get(channel) ?? []);
    return told.filter((frame) => channel !== 'user' || dig(frame.data, 'fills') !== null).map(({ data }): Json => ({ channel, data }));
  };

  compareAll(
    'frames',
    frames.filter(({ type }) => !OF_THE_DOOR.has(type)),
    Object.fromEntries(Object.keys(SUBSCRIPTIONS).map((channel) => [`frame/${channel}`, onChannel])),
  );

  it('there was something to compare on every channel', () => {
    expect([...heard].filter(([, told]) => told.length === 0).map(([channel]) => channel)).toEqual([]);
  });

  it('recorded acknowledgements are repeated key by key', () => {
    const acks = frames.filter(({ type }) => type === 'frame/subscriptionResponse').map(({ body }) => dig(body, 0, 'data', 'subscription'));
    expect(acks.length).toBeGreaterThan(5);
    for (const recorded of acks) {
      // The recorder put a name in place of the user's address; its coin is not listed here.
      const wanted = {
        ...Object(recorded),
        ...(dig(recorded, 'user') === null ? {} : { user: USER }),
        ...(dig(recorded, 'coin') === null ? {} : { coin: 'BTC' }),
      };
      const opened = bed.world.subscribe(wanted, () => undefined);
      expect(opened.ok && opened.value.echo).toEqual(wanted);
    }
  });

  it('lists keep their order: bids fall, asks rise, trades and fills by time', () => {
    const book = heard.get('l2Book')?.at(-1)?.data ?? null;
    const prices = (side: number): number[] => listOf(dig(book, 'levels', side)).map((level) => Number(dig(level, 'px')));
    expect(prices(0)).toEqual([...prices(0)].sort((one, other) => other - one));
    expect(prices(1)).toEqual([...prices(1)].sort((one, other) => one - other));
    expect(prices(0).length).toBeGreaterThan(1);
  });
});
