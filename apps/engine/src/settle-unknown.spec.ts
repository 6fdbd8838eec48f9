import { err, ok, type Result, size } from '@lockstep/kernel';
import type { ActionOutcome, OrderStanding, RejectCode, Venue, VenueReadError } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import { type OpenQuestion, pastLanding, settleUnknown } from './settle-unknown';
import { scriptedVenue } from './testing/scripted-venue';

type Answer = Result<OrderStanding, VenueReadError>;

/** A venue that gives the scripted standings and one answer to noop, and writes down what it was asked. */
function scripted(standings: readonly Answer[], noop: ActionOutcome, asked: string[]): Venue {
  const left = [...standings];
  const venue = scriptedVenue();
  return {
    ...venue,
    truth: {
      ...venue.truth,
      orderStatus: async () => {
        asked.push('standing');
        return left.shift() ?? err({ code: 'unreachable', detail: 'script ended' });
      },
    },
    orders: {
      ...venue.orders,
      noop: async (_signer, nonce) => {
        asked.push(`noop ${nonce}`);
        return noop;
      },
    },
  };
}

const absent: Answer = ok({ kind: 'unknown_order' });
const filled: Answer = ok({ kind: 'closed', orderId: '7', status: 'filled', remaining: size(0n), original: size(5n), statusTime: 9 });
const NOW = 200_000;
const question = { address: '0xa', signers: [1], nonce: 77, clientOrderId: '0xc', expiresAfter: 0, now: NOW };
/** An order old enough for every answer about it to count. */
const OLD_MS = 60_000;
const rejected = (code: RejectCode): ActionOutcome => ({
  kind: 'rejected',
  code,
  text: code,
});

describe('an unknown order', () => {
  it.each<[string, number, readonly Answer[], ActionOutcome, string, readonly string[]]>([
    ['known to the venue: no noop is sent', OLD_MS, [filled], { kind: 'accepted', response: null }, 'known', ['standing']],
    [
      'absent and its nonce still free: voided for good',
      OLD_MS,
      [absent],
      { kind: 'accepted', response: null },
      'never_landed',
      ['standing', 'noop 77'],
    ],
    ['processed between question and noop', OLD_MS, [absent, filled], rejected('nonce_duplicate'), 'known', ['standing', 'noop 77', 'standing']],
    [
      'processed and refused on arrival',
      OLD_MS,
      [absent, absent],
      rejected('nonce_duplicate'),
      'refused_unseen',
      ['standing', 'noop 77', 'standing'],
    ],
    ['below the venue’s window', OLD_MS, [absent, absent], rejected('nonce_too_low'), 'never_landed', ['standing', 'noop 77', 'standing']],
    ['signer gone', OLD_MS, [absent, absent], rejected('unknown_signer'), 'never_landed', ['standing', 'noop 77', 'standing']],
    ['noop refused for another reason proves nothing', OLD_MS, [absent], rejected('ip_rate_limited'), 'still_unknown', ['standing', 'noop 77']],
    ['noop unanswered proves nothing', OLD_MS, [absent], { kind: 'unknown', detail: 'timeout' }, 'still_unknown', ['standing', 'noop 77']],
    [
      'question unanswered proves nothing',
      OLD_MS,
      [err({ code: 'unreachable', detail: 'x' })],
      rejected('nonce_duplicate'),
      'still_unknown',
      ['standing'],
    ],
    ['may still be on its way: its nonce is left to it', 1_000, [absent], { kind: 'accepted', response: null }, 'still_unknown', ['standing']],
    [
      'spent and not shown yet: the venue may show it later',
      3_000,
      [absent, absent],
      rejected('nonce_duplicate'),
      'still_unknown',
      ['standing', 'noop 77', 'standing'],
    ],
    ['spent and shown late', 3_000, [absent, filled], rejected('nonce_duplicate'), 'known', ['standing', 'noop 77', 'standing']],
    [
      'spent by a noop whose record died: refused once it is old',
      7_000,
      [absent, absent],
      rejected('nonce_duplicate'),
      'refused_unseen',
      ['standing', 'noop 77', 'standing'],
    ],
    ['past the window and young', 3_000, [absent, absent], rejected('nonce_too_low'), 'still_unknown', ['standing', 'noop 77', 'standing']],
  ])('%s', async (_name, ageMs, standings, noop, kind, expected) => {
    const asked: string[] = [];
    const settled = await settleUnknown(scripted(standings, noop, asked), { ...question, ageMs }, () => undefined);
    expect(settled.kind).toBe(kind);
    expect(asked).toEqual(expected);
  });
});

describe('an unknown order that was given up before its way out told of it', () => {
  it.each<[string, number | undefined, RejectCode, string]>([
    ['is not taken for refused when its nonce is found spent: it may have left just before', 0, 'nonce_duplicate', 'still_unknown'],
    ['nor while the venue may still show it', 5_000, 'nonce_duplicate', 'still_unknown'],
    ['nor is it where the nonce is past', 0, 'nonce_too_low', 'still_unknown'],
    ['is refused once its nonce was spent for so long', 6_000, 'nonce_duplicate', 'refused_unseen'],
    ['whose time is known is refused at once', undefined, 'nonce_duplicate', 'refused_unseen'],
  ])('%s', async (_name, spentMs, code, kind) => {
    const venue = scripted([absent, absent], rejected(code), []);
    const terms = spentMs === undefined ? {} : { spentMs };
    const settled = await settleUnknown(venue, { ...question, ageMs: OLD_MS, ...terms }, () => undefined);
    expect(settled.kind).toBe(kind);
    expect('spent' in settled).toBe(kind === 'still_unknown');
  });
});

/** An account that withdrew everything has even its noops refused. */
describe('an unknown order whose nonce cannot be spent', () => {
  it.each<[string, Partial<OpenQuestion>, readonly Answer[], string]>([
    ['is asked for again while it could still execute', { expiresAfter: NOW + 1_000 }, [absent], 'still_unknown'],
    ['is asked for again while clocks may differ about its expiry', { expiresAfter: NOW - 30_000 }, [absent], 'still_unknown'],
    ['never landed once its expiry is past', { expiresAfter: NOW - 61_000 }, [absent, absent], 'never_landed'],
    ['is what the venue shows of it, expired or not', { expiresAfter: NOW - 61_000 }, [absent, filled], 'known'],
    ['is not judged before the venue must show it', { expiresAfter: NOW - 61_000, ageMs: 3_000 }, [absent, absent], 'still_unknown'],
    ['is asked for again without an expiry', {}, [absent], 'still_unknown'],
    ['never landed once the venue takes its nonce no more', { now: question.nonce + 2 * 86_400_000 + 61_000 }, [absent, absent], 'never_landed'],
  ])('%s', async (_name, terms, standings, kind) => {
    const venue = scripted(standings, rejected('no_deposit'), []);
    const settled = await settleUnknown(venue, { ...question, ageMs: OLD_MS, ...terms }, () => undefined);
    expect(settled.kind).toBe(kind);
  });

  it('is never closed by an expiry the venue does not know of', async () => {
    const venue = scripted([absent, absent], rejected('no_deposit'), []);
    const unexpiring = { ...venue, capabilities: { ...venue.capabilities, actionExpiry: false } };
    const settled = await settleUnknown(unexpiring, { ...question, ageMs: OLD_MS, expiresAfter: NOW - 61_000 }, () => undefined);
    expect(settled.kind).toBe('still_unknown');
  });
});

describe('an unknown order that one of two keys signed, its agent renewed meanwhile', () => {
  const ACCEPTED: ActionOutcome = { kind: 'accepted', response: null };
  it.each<[string, readonly ActionOutcome[], readonly Answer[], string]>([
    ['voided with both', [ACCEPTED, ACCEPTED], [absent], 'never_landed'],
    ['voided with the present key, processed with the former one', [ACCEPTED, rejected('nonce_duplicate')], [absent, filled], 'known'],
    ['voided with the present key, the former one gone from the venue', [ACCEPTED, rejected('unknown_signer')], [absent, absent], 'never_landed'],
    ['the former key gives no answer: nothing is proven', [ACCEPTED, { kind: 'unknown', detail: 'timeout' }], [absent], 'still_unknown'],
  ])('%s', async (_name, noops, standings, kind) => {
    const asked: string[] = [];
    const venue = scripted(standings, ACCEPTED, asked);
    const noop = async (signer: number) => noops[signer] ?? ACCEPTED;
    const both = { ...venue, orders: { ...venue.orders, noop } };
    const settled = await settleUnknown(both, { ...question, signers: [0, 1], ageMs: OLD_MS }, () => undefined);
    expect(settled.kind).toBe(kind);
  });
});

describe('an action of an earlier process', () => {
  it.each<[string, readonly ActionOutcome[], string]>([
    ['whose nonce could be spent with every key cannot land', [{ kind: 'accepted', response: null }], 'cannot_land'],
    ['whose nonce was spent may have landed', [rejected('nonce_duplicate')], 'perhaps_landed'],
    ['whose nonce is past may have landed', [rejected('nonce_too_low')], 'perhaps_landed'],
    ['of a key that is gone may have landed before', [rejected('unknown_signer')], 'perhaps_landed'],
    ['is not settled while the venue does not answer', [{ kind: 'unknown', detail: 'no answer' }], 'unknown'],
    ['is not settled by a refusal that leaves the nonce free', [rejected('no_deposit')], 'unknown'],
  ])('%s', async (_what, [noop], found) => {
    const asked: string[] = [];
    expect(await pastLanding(scripted([], noop ?? { kind: 'accepted', response: null }, asked), [1, 2], 77)).toBe(found);
    expect(asked.every((one) => one === 'noop 77')).toBe(true);
  });
});
