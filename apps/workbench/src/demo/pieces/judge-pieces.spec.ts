import { describe, expect, it } from 'vitest';
import { type BreakerStory, judgeBreaker } from './judge-breaker';
import { judgeNetting, type NettingStory } from './judge-netting';
import { judgeStops, type StopsStory } from './judge-stops';
import { PIECES } from './piece';
import type { Positions } from './positions';
import type { Seen } from './stage';

const seen = (held: Positions = {}, state = 'active', reason: string | null = 'prepared'): Seen => ({ state, reason, told: held, venue: held });
/** Told of as flat, at the venue not. */
const hidden = (of: Seen, venue: Positions): Seen => ({ ...of, venue });

describe('a drawdown breaker is shown', () => {
  const closed = seen({}, 'breaker_closed', 'breaker_from_start');
  const fired = { limit: 'from_start', threshold: '0.1', measured: '0.141421', action: 'close' };
  const story: BreakerStory = {
    limit: '0.1',
    fired: [fired],
    before: seen({ UNI: '770', ZEC: '5' }),
    closed,
    addDecision: 'breaker',
    afterAdd: closed,
    others: seen({ UNI: '1155', ZEC: '5' }),
    othersExpected: { UNI: '1155', ZEC: '5' },
    followed: seen({ ZEC: '5' }, 'active', 're_enabled'),
    reopened: 'ZEC',
    end: [seen(), seen()],
  };
  const broken = (changed: Partial<BreakerStory>): readonly string[] => judgeBreaker({ ...story, ...changed }).map(({ rule }) => rule);

  it('where everything is as it must be', () => expect(broken({})).toEqual([]));

  it.each<[string, Partial<BreakerStory>, string]>([
    ['it did not fire', { fired: [{ ...fired, action: 'alert' }] }, 'a loss limit that is met fires once'],
    ['it fired twice', { fired: [fired, fired] }, 'a loss limit that is met fires once'],
    ['another limit fired', { fired: [{ ...fired, limit: 'daily' }] }, 'a loss limit that is met fires once'],
    ['it fired too early', { fired: [{ ...fired, measured: '0.0999' }] }, 'a loss limit fires at its threshold'],
    ['it fired at another threshold', { fired: [{ ...fired, threshold: '0.09' }] }, 'a loss limit fires at its threshold'],
    ['there was one position alone', { before: seen({ UNI: '770' }) }, 'several positions were open'],
    ['its state says nothing', { closed: seen() }, 'a fired breaker shows as the copy’s state'],
    ['one position is left at the venue', { closed: hidden(closed, { ZEC: '5' }) }, 'a fired breaker closes everything copied from the leader'],
    ['the add was followed', { afterAdd: hidden(closed, { UNI: '385' }) }, 'a closed copy stays closed'],
    ['it opened itself again', { afterAdd: seen() }, 'a closed copy stays closed'],
    ['the add has no reason', { addDecision: 'no_change' }, 'a closed copy enters nothing, with the reason'],
    ['somebody else was closed too', { others: seen() }, 'a copy without the limit goes on'],
    ['enabled again it does not follow', { followed: seen() }, 'enabled again a copy follows from the next open'],
    ['enabled again it takes on what is open', { followed: seen({ UNI: '1155', ZEC: '5' }) }, 'enabled again a copy follows from the next open'],
    ['something is left in the end', { end: [seen(), hidden(seen(), { UNI: '1' })] }, 'leader flat: copy flat or dust_pending'],
  ])('not where %s', (_what, changed, rule) => {
    expect(broken(changed)).toContain(rule);
  });
});

describe('two leaders on one follower are shown', () => {
  const leg = { side: 'sell', size: '0.31', reduce_only: true } as const;
  const rest = { side: 'sell', size: '0.21', reduce_only: false } as const;
  const cross = { buyer_copy_id: 'cpy_b', seller_copy_id: 'cpy_a', size: '0.002', price: '1919.35', bid: '1919.2', ask: '1919.5' };
  const fill = { copy_id: 'cpy_a', side: 'sell', size: '0.002', price: '1919.35', fee: '0' };
  const story: NettingStory = {
    long: 'cpy_a',
    short: 'cpy_b',
    opened: ['0.31', '-0.52', '-0.21'],
    legs: [leg, rest],
    remnant: '0.002',
    crosses: [cross],
    fills: [fill, { ...fill, copy_id: 'cpy_b', side: 'buy' }],
    venueFills: [5, 5],
    end: ['0', '0', '0'],
  };
  const broken = (changed: Partial<NettingStory>): readonly string[] => judgeNetting({ ...story, ...changed }).map(({ rule }) => rule);
  const SPLIT = 'an order across the account’s net is split, reduce-only leg first';
  const ONCE = 'opposite desires of one follower cross inside, once';

  it('where everything is as it must be', () => expect(broken({})).toEqual([]));

  it.each<[string, Partial<NettingStory>, string]>([
    ['both stand on one side', { opened: ['0.31', '0.52', '0.83'] }, 'the leaders stand on opposite sides'],
    ['the venue holds something else', { opened: ['0.31', '-0.52', '-0.2'] }, 'the account holds the sum of its copies'],
    ['the order was one', { legs: [{ ...leg, size: '0.52', reduce_only: false }] }, SPLIT],
    ['the plain leg came first', { legs: [rest, leg] }, SPLIT],
    ['no leg was reduce-only', { legs: [{ ...leg, reduce_only: false }, rest] }, SPLIT],
    ['nothing crossed', { crosses: [], fills: [] }, ONCE],
    ['they crossed twice', { crosses: [cross, cross] }, ONCE],
    ['they crossed the wrong way', { crosses: [{ ...cross, buyer_copy_id: 'cpy_a', seller_copy_id: 'cpy_b' }] }, ONCE],
    ['the cross was not at the middle', { crosses: [{ ...cross, price: '1919.2' }] }, 'a cross is at the middle of the book'],
    ['one of the fills bore a fee', { fills: [fill, { ...fill, fee: '0.01' }] }, 'a cross is a fill of both copies without a fee'],
    ['one copy has no fill of it', { fills: [fill] }, 'a cross is a fill of both copies without a fee'],
    ['an order left for it', { venueFills: [5, 6] }, 'no order leaves for a cross'],
    ['the account holds something in the end', { end: ['0', '0', '0.002'] }, 'the venue is flat when no copy holds anything'],
  ])('not where %s', (_what, changed, rule) => {
    expect(broken(changed)).toContain(rule);
  });
});

describe('each way of stopping is shown', () => {
  const proof = { flat: true, dust_pending: [], handed_over: [] };
  const given = { flat: false, dust_pending: [], handed_over: [{ coin: 'SOL', size: '9' }] };
  const stopped = seen({}, 'stopped', 'user');
  const over = hidden(stopped, { SOL: '9' });
  const slices = [5_400, 10_700, 16_100].map((time, index) => ({ time, left: BigInt(6 - 3 * index) * 100_000_000n }));
  const story: StopsStory = {
    coin: 'SOL',
    held: '9',
    half: '4.5',
    closed: { end: stopped, proofs: [proof] },
    followed: {
      end: stopped,
      proofs: [proof],
      addDecision: 'winding_down',
      afterAdd: seen({ SOL: '9' }, 'winding_down'),
      halved: seen({ SOL: '4.5' }, 'winding_down'),
    },
    handed: { end: over, proofs: [given], later: over },
    unwound: { end: stopped, proofs: [proof], from: 0, by: 16_000, slices },
  };
  const broken = (changed: Partial<StopsStory>): readonly string[] => judgeStops({ ...story, ...changed }).map(({ rule }) => rule);
  const PROOF = 'a stop ends with one flatness proof';
  const SO = 'what a flatness proof says is so at the venue';
  const LISTED = 'what is handed over is listed';
  const OWN = 'what is handed over stays as it is, and is the follower’s own';
  const SLICES = 'an unwinding closes in slices';
  const { closed, followed, handed, unwound } = story;

  it('where everything is as it must be', () => expect(broken({})).toEqual([]));

  it.each<[string, Partial<StopsStory>, string]>([
    ['a stop has no proof', { closed: { ...closed, proofs: [] } }, PROOF],
    ['a stop has two', { unwound: { ...unwound, proofs: [proof, proof] } }, PROOF],
    ['a stop did not end', { followed: { ...followed, end: seen({}, 'winding_down') } }, PROOF],
    ['a proof is not so', { closed: { ...closed, end: hidden(stopped, { SOL: '0.01' }) } }, SO],
    ['a proof says that something is left', { unwound: { ...unwound, proofs: [{ ...proof, flat: false }] } }, SO],
    ['a proof of a close hands over', { closed: { ...closed, proofs: [given] } }, SO],
    ['an add was followed', { followed: { ...followed, afterAdd: seen({ SOL: '13.5' }) } }, 'a copy that follows to the close enters nothing'],
    ['an add has another reason', { followed: { ...followed, addDecision: 'planned' } }, 'a copy that follows to the close enters nothing'],
    [
      'an exit was not followed',
      { followed: { ...followed, halved: seen({ SOL: '9' }, 'winding_down') } },
      'a copy that follows to the close exits with its leader',
    ],
    ['nothing is listed', { handed: { ...handed, proofs: [proof] } }, LISTED],
    ['less is listed', { handed: { ...handed, proofs: [{ ...given, handed_over: [{ coin: 'SOL', size: '8' }] }] } }, LISTED],
    ['it was closed', { handed: { ...handed, end: stopped } }, OWN],
    ['the leader’s close took it along', { handed: { ...handed, later: stopped } }, OWN],
    ['the copy still claims it', { handed: { ...handed, end: seen({ SOL: '9' }, 'stopped') } }, OWN],
    ['it unwound at once', { unwound: { ...unwound, slices: slices.slice(-1) } }, SLICES],
    ['it did not unwind to the end', { unwound: { ...unwound, slices: slices.slice(0, 2) } }, SLICES],
    ['it never began', { unwound: { ...unwound, slices: [] } }, SLICES],
    [
      'it was too fast',
      { unwound: { ...unwound, slices: slices.map((slice) => ({ ...slice, time: slice.time / 4 })) } },
      'an unwinding is no faster than the straight line',
    ],
    ['it was late', { unwound: { ...unwound, by: 1_000 } }, 'an unwinding ends by its deadline'],
  ])('not where %s', (_what, changed, rule) => {
    expect(broken(changed)).toContain(rule);
  });
});

describe('the pieces', () => {
  it('are all played on the main dex and on builder dexes; an account of perps.studio carries one copy', () => {
    const left = (['hyperliquid', 'hip3', 'perps-studio'] as const).map((venue) =>
      PIECES.filter((piece) => piece.leftOut(venue) !== null).map(({ name }) => name),
    );
    expect(left).toEqual([[], [], ['netting']]);
  });
});
