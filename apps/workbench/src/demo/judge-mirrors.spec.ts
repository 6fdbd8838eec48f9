import { describe, expect, it } from 'vitest';
import { judgeMirrors, type StandingOrder } from './judge-mirrors';

const order = (part: Partial<StandingOrder> = {}): StandingOrder => ({
  coin: 'BTC',
  side: 'B',
  limitPx: '60000',
  sz: '0.5',
  reduceOnly: false,
  ...part,
});
const mirror = (part: Partial<StandingOrder> = {}): StandingOrder => order({ sz: '0.005', ...part });

describe('mirrors as the venue tells them', () => {
  it.each<[string, readonly StandingOrder[], readonly StandingOrder[], string]>([
    [
      'as they should be',
      [order(), order({ side: 'A', limitPx: '70000', reduceOnly: true })],
      [mirror({ side: 'A', limitPx: '70000.0', reduceOnly: true }), mirror()],
      '',
    ],
    ['nothing for nothing', [], [], ''],
    ['none', [order()], [], 'wanted buy 0.005 BTC at 60000, stands nothing'],
    ['an orphan', [], [mirror()], 'wanted nothing, stands buy 0.005 BTC at 60000'],
    ['two of one', [order()], [mirror(), mirror()], 'wanted buy 0.005 BTC at 60000, stands buy 0.005 BTC at 60000; buy 0.005 BTC at 60000'],
    ['another size', [order()], [mirror({ sz: '0.006' })], 'wanted buy 0.005 BTC at 60000, stands buy 0.006 BTC at 60000'],
    ['another price', [order()], [mirror({ limitPx: '59000' })], 'wanted buy 0.005 BTC at 60000, stands buy 0.005 BTC at 59000'],
    ['the other side', [order()], [mirror({ side: 'A' })], 'wanted buy 0.005 BTC at 60000, stands sell 0.005 BTC at 60000'],
    ['one that may enter', [order({ reduceOnly: true })], [mirror()], 'wanted buy 0.005 BTC at 60000, only reduces, stands buy 0.005 BTC at 60000'],
  ])('%s', (_what, leader, follower, fault) => {
    expect(judgeMirrors('a copy', leader, follower, 0.01).map(({ detail }) => detail)).toEqual(fault === '' ? [] : [`a copy: ${fault}`]);
  });
});
