import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instrument } from '@lockstep/kernel';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ActionOutcome, OUTCOME, outcomeClass, REJECT_CODES } from '../../port';
import { cancelOutcomes, readActionAnswer, readEnvelope, readOrderAnswer, workingOutcomes } from './exchange-answer';
import { isObject, scaledNumber } from './json';

const ok = (status: unknown) => ({ kind: 'body', body: { status: 'ok', response: { type: 'order', data: { statuses: [status] } } } }) as const;
const NAMES = new Map(Object.entries(OUTCOME).map(([name, code]) => [Number(code), name]));
const inWords = (answer: Parameters<typeof readOrderAnswer>[0]): string => {
  const row = readOrderAnswer(answer, 2);
  return `${NAMES.get(row.outcome)}/${REJECT_CODES[row.rejectCode]} ${row.filledLots}@${row.averagePrice} #${row.orderId}`;
};

describe('the answer to an order', () => {
  it.each([
    ['filled', ok({ filled: { totalSz: '0.02', avgPx: '1891.4', oid: 77738308 } }), 'filled/none 2@189140000000 #77738308'],
    ['partly filled, average with many digits', ok({ filled: { totalSz: '1.0', avgPx: '0.1234567891', oid: 5 } }), 'filled/none 100@12345678 #5'],
    ['resting', ok({ resting: { oid: 496160097503, cloid: '0x00' } }), 'resting/none 0@0 #496160097503'],
    ['waiting for a trigger', ok('waitingForTrigger'), 'resting/none 0@0 #0'],
    ['refused per order', ok({ error: 'Order must have minimum value of $10. asset=173' }), 'rejected/min_notional 0@0 #0'],
    [
      'refused whole',
      { kind: 'body', body: { status: 'err', response: 'L1 error: Invalid nonce: duplicate nonce 7' } },
      'rejected/nonce_duplicate 0@0 #0',
    ],
    ['refused by the front', { kind: 'refused', text: '429 null' }, 'rejected/ip_rate_limited 0@0 #0'],
    ['refused by a full window', { kind: 'refused', text: 'too many pending post requests id=7' }, 'rejected/ip_rate_limited 0@0 #0'],
    ['a server error', { kind: 'refused', text: '502 Bad Gateway' }, 'unknown/none 0@0 #0'],
    ['a text of another kind', { kind: 'refused', text: 'request timed out' }, 'unknown/none 0@0 #0'],
    ['no object', { kind: 'body', body: null }, 'unknown/none 0@0 #0'],
    ['ok without statuses', { kind: 'body', body: { status: 'ok', response: { type: 'default' } } }, 'unknown/none 0@0 #0'],
    ['filled without a price', ok({ filled: { totalSz: '1' } }), 'unknown/none 0@0 #0'],
    ['a status of a new kind', ok({ queued: { oid: 5 } }), 'unknown/none 0@0 #0'],
  ] as const)('%s', (_name, answer, words) => {
    expect(inWords(answer)).toBe(words);
  });
});

describe('the answer to another action', () => {
  it.each([
    ['default', { status: 'ok', response: { type: 'default' } }, 'accepted'],
    ['cancelled', { status: 'ok', response: { type: 'cancel', data: { statuses: ['success'] } } }, 'accepted'],
    [
      'missing order',
      { status: 'ok', response: { type: 'cancel', data: { statuses: [{ error: 'Order was never placed, already canceled, or filled. asset=1' }] } } },
      'missing_order',
    ],
    ['refused', { status: 'err', response: 'Invalid leverage value' }, 'leverage'],
    ['not understood', { response: 1 }, 'unknown'],
  ])('%s', (_name, body, expected) => {
    const outcome = readActionAnswer({ kind: 'body', body });
    expect(outcome.kind === 'rejected' ? outcome.code : outcome.kind).toBe(expected);
  });
});

describe('the answer to several orders', () => {
  const instrument: Instrument = {
    venue: 'hyperliquid',
    dex: '',
    coin: 'X',
    assetId: 0,
    szDecimals: 2,
    maxLeverage: 1,
    onlyIsolated: false,
    delisted: false,
    collateral: 'USDC',
  };
  const several = (statuses: readonly unknown[]) =>
    readEnvelope({ kind: 'body', body: { status: 'ok', response: { type: 'order', data: { statuses } } } });
  const words = (envelope: ActionOutcome, count: number): string =>
    workingOutcomes(envelope, new Array<Instrument>(count).fill(instrument))
      .map((one) => (one.kind === 'rejected' ? one.code : one.kind === 'resting' ? (one.waitsFor ?? 'resting') : one.kind))
      .join();

  it.each<[string, ActionOutcome, string]>([
    [
      'each by its own word',
      several([{ resting: { oid: 5 } }, 'waitingForTrigger', { error: 'Invalid TP/SL price. asset=1' }]),
      'resting,trigger,bad_trigger',
    ],
    [
      'children of an entry',
      several([{ filled: { totalSz: '1.0', avgPx: '2.5', oid: 6 } }, 'waitingForFill', 'waitingForFill']),
      'filled,entry,entry',
    ],
    ['fewer words than orders: the rest is unknown', several([{ resting: { oid: 5 } }]), 'resting,unknown,unknown'],
    ['refused whole', readEnvelope({ kind: 'body', body: { status: 'err', response: 'Action already expired' } }), 'expired,expired,expired'],
    ['a server error', readEnvelope({ kind: 'refused', text: '502 Bad Gateway' }), 'unknown,unknown,unknown'],
    ['the limit of an address of ours', readEnvelope({ kind: 'refused', text: '429 null' }), 'ip_rate_limited,ip_rate_limited,ip_rate_limited'],
  ])('%s', (_name, envelope, expected) => {
    expect(words(envelope, 3)).toBe(expected);
  });

  it('size and average price of a fill come through', () => {
    const [filled] = workingOutcomes(several([{ filled: { totalSz: '1.25', avgPx: '2.5', oid: 6 } }]), [instrument]);
    expect(filled).toEqual({ kind: 'filled', orderId: '6', size: 125_000_000n, averagePrice: 250_000_000n });
  });

  it('cancels are told one by one', () => {
    const envelope = several(['success', { error: 'Order was never placed, already canceled, or filled.' }]);
    expect(cancelOutcomes(envelope, 3).map((one) => (one.kind === 'rejected' ? one.code : one.kind))).toEqual([
      'accepted',
      'missing_order',
      'unknown',
    ]);
  });
});

describe('what an outcome means', () => {
  it.each<[keyof typeof OUTCOME, (typeof REJECT_CODES)[number], string]>([
    ['filled', 'none', 'confirmed'],
    ['resting', 'none', 'confirmed'],
    ['rejected', 'margin', 'rejected'],
    ['rejected', 'nonce_too_low', 'rejected'],
    ['rejected', 'ip_rate_limited', 'rejected'],
    ['rejected', 'not_sent', 'denied'],
    ['rejected', 'nonce_duplicate', 'unknown'],
    ['unknown', 'none', 'unknown'],
  ])('%s with %s is %s', (outcome, code, expected) => {
    expect(outcomeClass(OUTCOME[outcome], code)).toBe(expected);
  });

  it('a code nobody defined is unknown', () => {
    expect(outcomeClass(99, 'none')).toBe('unknown');
  });
});

describe('amounts of answers', () => {
  it.each([
    ['100.0', 2, 10_000],
    ['0.07', 2, 7],
    ['0.079', 2, 7],
    ['12', 0, 12],
    ['-1', 2, null],
    ['1e5', 2, null],
    [5, 2, null],
    ['99999999999999', 8, null],
  ])('%s with %i decimals is %s', (text, decimals, value) => {
    expect(scaledNumber(text, decimals)).toBe(value);
  });
});

describe.skipIf(venueData() === null)('recorded answers (needs VENUE_DATA_DIR)', () => {
  it('every recorded order and cancel answer is understood', () => {
    const file = z.object({ interactions: z.array(z.object({ cassette: z.string(), response: z.object({ body: z.unknown() }) })) });
    const { interactions } = file.parse(JSON.parse(readFileSync(join(venueData()?.dir ?? '', 'http/exchange-orders-cancels.json'), 'utf8')));
    const seen = interactions.map(({ response: { body } }) => {
      const isOrder = isObject(body) && isObject(body.response) && body.response.type === 'order';
      if (isOrder) return NAMES.get(readOrderAnswer({ kind: 'body', body }, 2).outcome);
      return readActionAnswer({ kind: 'body', body }).kind;
    });
    expect(seen).toHaveLength(10);
    expect(new Set(seen)).toEqual(new Set(['resting', 'rejected', 'accepted']));
  });
});
