import { systemTimers } from '@lockstep/platform';
import { entryOf, instrumentOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { IMPACT_DEFAULTS } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { Quotes } from '../quotes';
import { QuoteFollower } from './quote-follower';

/** A network that streams at most `most` coins, and what it was last asked to. */
function networkOf(most: number) {
  const network = {
    quotes: new Quotes(),
    asked: [] as readonly string[],
    deep: [] as readonly string[],
    quoteWatch: {
      follow: (coins: readonly string[], deep: readonly string[]) => {
        network.asked = coins;
        network.deep = deep;
        return coins.slice(0, most);
      },
    },
  };
  return network;
}

const followerOf = (...watched: readonly { readonly network: unknown; readonly book: unknown }[]): QuoteFollower =>
  new QuoteFollower({
    registry: { watched: new Map(watched.entries()) },
    limits: { quoteFollowMs: 1_000 },
    timers: systemTimers,
  } as unknown as EngineContext);

describe('the coins whose books are followed', () => {
  it('are those copies hold or want, then those a leader stands in; no others, and each once', () => {
    const network = networkOf(10);
    const [held, other] = [new Stage(instrumentOf('BTC')), new Stage(instrumentOf('BTC'))];
    held.add(entryOf(1, settingsOf('1')));
    held.book.sheet(instrumentOf('OLD'));
    held.book.sheet(instrumentOf('LED')).leaderLots = 5;
    held.book.sheet(instrumentOf('OWED')).rows.pendingSell[0] = 1;
    held.follow('10');
    other.add(entryOf(1, settingsOf('1')));
    other.follow('3');
    followerOf({ network, book: held.book }, { network, book: other.book }).look();
    expect(network.asked).toEqual(['BTC', 'OWED', 'LED']);
  });

  it('are known whole where waves may be spread, though nobody is in them yet', () => {
    const network = networkOf(10);
    const stage = new Stage(instrumentOf('BTC'));
    const row = stage.add(entryOf(1, settingsOf('1')));
    stage.book.sheet(instrumentOf('OLD'));
    const follower = followerOf({ network, book: stage.book });
    follower.look();
    expect([network.asked, network.deep]).toEqual([[], []]);
    stage.book.setImpact(row, IMPACT_DEFAULTS);
    follower.look();
    expect([network.asked, network.deep]).toEqual([
      ['BTC', 'OLD'],
      ['BTC', 'OLD'],
    ]);
    stage.book.setImpact(row, { ...IMPACT_DEFAULTS, withinMs: 0 });
    follower.look();
    expect([network.asked, network.deep]).toEqual([[], []]);
  });

  it('are asked of their own network, and forgotten when they are no longer followed', () => {
    const [network, elsewhere] = [networkOf(1), networkOf(1)];
    const stage = new Stage(instrumentOf('BTC'));
    stage.add(entryOf(1, settingsOf('1')));
    const follower = followerOf({ network, book: stage.book }, { network: elsewhere, book: new Stage(instrumentOf('ETH')).book });
    stage.follow('10');
    network.quotes.take({ coin: 'BTC', bid: null, ask: null, receivedAt: 1 });
    network.quotes.take({ coin: 'ETH', bid: null, ask: null, receivedAt: 1 });
    follower.look();
    expect([network.asked, elsewhere.asked]).toEqual([['BTC'], []]);
    expect([network.quotes.get('BTC')?.receivedAt, network.quotes.get('ETH')]).toEqual([1, undefined]);
    stage.follow('0');
    follower.look();
    expect([network.asked, network.quotes.get('BTC')]).toEqual([[], undefined]);
  });
});
