import { describe, expect, it } from 'vitest';
import type { Network } from '../state/networks';
import { ASK, type AskRank, asksNow, type DueAsk } from './ask-order';
import type { StandingStop } from './standing-stops';

const NETWORKS: Readonly<Record<string, Network>> = { main: {} as Network, other: {} as Network };

/** "a met 5": a stop of brand a, of that rank, due since then; its network may follow. */
function due(text: string): DueAsk {
  const [brand = '', rank = '', askAt = '0', network = 'main'] = text.split(' ');
  const stop = {
    clientOrderId: text,
    scope: { tenantId: brand, environment: 'live' },
    askAt: Number(askAt),
    account: { network: NETWORKS[network] },
  };
  return { stop: stop as unknown as StandingStop, rank: ASK[rank as keyof typeof ASK] satisfies AskRank };
}

const chosen = (most: number, waiting: readonly string[], under: readonly string[] = []): readonly string[] =>
  asksNow(waiting.map(due), under.map(due), most).map(({ stop }) => stop.clientOrderId);

const many = (count: number, text: string): string[] => Array.from({ length: count }, (_, index) => `${text} ${index}`);

describe('standing orders that are asked for now', () => {
  it.each<[string, number, readonly string[], readonly string[], readonly string[]]>([
    ['all where there is room', 4, ['a routine 2', 'a met 9'], [], ['a met 9', 'a routine 2']],
    ['what the market has come to, before what waits longer', 2, ['a waits 0', 'a routine 1', 'a met 9'], [], ['a met 9', 'a waits 0']],
    ['of equally urgent ones who waits longest', 2, ['a met 3', 'a met 1', 'a met 2'], [], ['a met 1', 'a met 2']],
    ['one of each brand, however many one of them has', 2, [...many(50, 'a met'), 'b met 99'], [], ['a met 0', 'b met 99']],
    ['less of a brand that is asked for already', 4, [...many(5, 'a met'), 'b met 98', 'b met 99'], ['a met 0', 'a met 0'], ['b met 98', 'b met 99']],
    [
      'one of each lesser kind beside any number of urgent ones',
      4,
      [...many(50, 'a met'), 'b waits 0', 'b routine 1', 'b routine 2'],
      [],
      ['a met 0', 'a met 1', 'b waits 0', 'b routine 1'],
    ],
    ['no more of a lesser kind than that', 4, [...many(50, 'a met'), 'b routine 1'], ['a met 0', 'b routine 0', 'a met 0'], ['a met 0']],
    ['only urgent ones where few may be asked for', 1, ['a met 9', 'b routine 1'], [], ['a met 9']],
    ['nothing where enough is under way', 2, ['a met 1'], ['b routine 1', 'b routine 2'], []],
    ['on each network as many', 1, ['a met 1', 'a met 2 other'], ['a routine 0'], ['a met 2 other']],
  ])('%s', (_what, most, waiting, under, expected) => {
    expect(chosen(most, waiting, under)).toEqual(expected);
  });
});
