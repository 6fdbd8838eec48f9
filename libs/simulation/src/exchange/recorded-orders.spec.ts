import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { dig, orderAction, Testbed } from '../builders/testbed';
import type { Json } from './port';
import { type Answerer, compareAll } from './testing/recorded/compare';
import { CLOID, livedWorld, USER } from './testing/recorded/lived';
import { recordedAnswers } from './testing/recorded/samples';
import { ORDER_TYPES } from './testing/recorded/subjects';

describe.skipIf(venueData() === null)('answers about orders (needs VENUE_DATA_DIR)', () => {
  if (venueData() === null) return;
  const bed = livedWorld();
  const fresh = (): Testbed => new Testbed({}, { 1: '1000' });
  const act = (venue: Testbed, action: Json): Json => ({ ...venue.act(USER, action) });

  /** The recorded order on a coin of a tenth of a cent, below the minimum where the recorded one was. */
  const order: Answerer = ({ request, body }) => {
    const cloid = dig(request, 'action', 'orders', 0, 'c');
    if (dig(body, 'status') === 'err') return { ...fresh().act(`0x${'2'.repeat(40)}`, orderAction({ p: '60000', s: '0.01' })) };
    const small = dig(body, 'response', 'data', 'statuses', 0, 'error') !== null;
    return act(fresh(), orderAction({ a: 4, p: '0.0036', s: small ? '4' : '4000', ...(typeof cloid === 'string' ? { c: cloid } : {}) }));
  };

  /** A cancel of an order that rests, or of one that never was. */
  const cancel: Answerer = ({ type, body }) => {
    const venue = fresh();
    const missing = dig(body, 'response', 'data', 'statuses', 0, 'error') !== null;
    const oid = dig(venue.order(1, { a: 4, p: '0.0036', s: '4000', c: CLOID }), 0, 'resting', 'oid');
    return act(venue, { type, cancels: [type === 'cancel' ? { a: 4, o: missing ? 1 : oid } : { asset: 4, cloid: CLOID }] });
  };

  it('refusals have the recorded texts', () => {
    const error = (body: Json): string => String(dig(body, 'response', 'data', 'statuses', 0, 'error'));
    const answers: { readonly [type: string]: Answerer } = { order, cancel };
    for (const sample of recordedAnswers()) {
      const answer = answers[sample.type];
      if (answer === undefined || dig(sample.body, 'response', 'data', 'statuses', 0, 'error') === null) continue;
      expect(error(answer(sample)), sample.name).toBe(error(sample.body).replace('asset=173', 'asset=4'));
    }
  });

  compareAll(
    'answers about orders',
    recordedAnswers().filter(({ type }) => ORDER_TYPES.has(type)),
    {
      order,
      cancel,
      cancelByCloid: cancel,
      updateLeverage: ({ type }) => act(fresh(), { type, asset: 0, isCross: true, leverage: 5 }),
      openOrders: ({ type }) => bed.info(type, { user: USER }),
      frontendOpenOrders: ({ type }) => bed.info(type, { user: USER }),
      orderStatus: ({ type, body }) => bed.info(type, { user: USER, oid: dig(body, 'status') === 'unknownOid' ? 1 : CLOID }),
    },
  );
});
