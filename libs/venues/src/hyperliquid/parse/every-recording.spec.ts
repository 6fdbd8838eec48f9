import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { READERS } from '../testing/readers';
import { type Message, recordedAnswers, recordedStreams } from '../testing/recordings';

/*
 * Every recorded message, file by file and line by line, is read to domain values or is of a type the adapter has no use for. A file, a type or a channel that is
 * recorded later and is neither fails here.
 */

/** Recorded types and channels that nothing in the adapter asks for or listens to, and what it has instead. */
const NO_USE: { readonly [type: string]: string } = {
  meta: 'metaAndAssetCtxs holds it',
  allMids: 'marks come with the contexts, quotes with bbo',
  l2Book: 'books are streamed',
  candleSnapshot: 'no candles are shown',
  fundingHistory: 'charges are read per account',
  activeAssetData: 'leverage stands in the state of the account',
  openOrders: 'frontendOpenOrders holds more',
  userNonFundingLedgerUpdates: 'flows are not followed yet',
  subAccounts: 'accounts are named by the follower',
  perpsAtOpenInterestCap: 'the refusal tells',
  perpDexLimits: 'the refusal tells',
  perpDexStatus: 'nothing depends on it',
  perpDeployAuctionStatus: 'nothing depends on it',
  '/subscriptionResponse': 'the first frame of the channel is waited for',
  '/pong': 'any frame shows that the socket lives',
  '/user': 'names no user; userFills does',
  '/userFundings': 'charges are read per account',
  '/notification': 'for people',
  '/candle': 'no candles are shown',
  '/allMids': 'marks come with the contexts',
  '/activeAssetCtx': 'the contexts of a whole dex come in one frame',
};

function readOne(type: string, body: unknown): unknown {
  const reader = READERS[type];
  if (reader !== undefined) return reader(body);
  if (NO_USE[type] === undefined) throw new Error(`${type} is neither read nor named as of no use`);
  return null;
}

/** Messages that their source cut down, so that nothing can read them whole. */
const CUT_DOWN: { readonly [name: string]: string } = { 'ws/messages.jsonl:38': 'spotMeta without its tokens' };

const failures = (messages: readonly Message[]): string[] =>
  messages.flatMap(({ name, type, body }) => {
    try {
      readOne(type, body);
      return CUT_DOWN[name] === undefined ? [] : [`${name}: is read, though named as cut down`];
    } catch (error) {
      return CUT_DOWN[name] !== undefined ? [] : [`${name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });

describe.skipIf(venueData() === null)('every recorded message is read or of no use (needs VENUE_DATA_DIR)', () => {
  if (venueData() === null) return;
  const answers = recordedAnswers();
  const streams = recordedStreams();

  it.each(answers.map((message) => [message.name, message] as const))('%s', (_name, message) => expect(failures([message])).toEqual([]));

  it.each(streams.map(({ file, messages }) => [file, messages.length, messages] as const))('%s: %i frames', (_file, count, messages) => {
    expect(count).toBeGreaterThan(25);
    expect(failures(messages)).toEqual([]);
  });

  it('what has no use is never read, and every reader and reason is needed', () => {
    const recorded = new Set([...answers, ...streams.flatMap(({ messages }) => messages)].map(({ type }) => type));
    expect(Object.keys(READERS).filter((type) => NO_USE[type] !== undefined)).toEqual([]);
    expect([...Object.keys(READERS), ...Object.keys(NO_USE)].filter((type) => !recorded.has(type))).toEqual([]);
  });
});
