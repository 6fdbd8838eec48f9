import { describe, expect, it } from 'vitest';
import type { LeaderOrder } from './leader-book';
import { MIRROR_FILL_GRACE_MS, type MirrorTask, type MirrorTerms, mirrorTasks, type StandingMirror } from './mirror-tasks';
import type { MirrorWish } from './mirror-wishes';

const NOW = 100_000;
const order = (part: Partial<LeaderOrder> = {}): LeaderOrder => ({
  orderId: 'a',
  coin: 'BTC',
  buy: true,
  reduceOnly: false,
  price: 90,
  trigger: null,
  ofPosition: false,
  original: 10,
  remaining: 10,
  filled: 0,
  told: 0,
  end: null,
  changedAt: 0,
  unseen: false,
  ...part,
});
const mirror = (part: Partial<StandingMirror> = {}): StandingMirror => ({
  id: 'm',
  leaderOrderId: 'a',
  buy: true,
  reduceOnly: false,
  price: 90,
  trigger: null,
  working: 10,
  placed: 10,
  basis: 10,
  settled: true,
  ...part,
});
interface Case {
  readonly orders?: readonly LeaderOrder[];
  readonly lots?: number;
  readonly exit?: boolean;
  readonly mirrors?: readonly StandingMirror[];
  readonly terms?: Partial<Omit<MirrorTerms, 'room'>>;
  readonly room?: number;
}

const told = (task: MirrorTask<StandingMirror>): string => {
  if (task.kind === 'cancel') return `cancel ${task.mirror.id}: ${task.why}`;
  const { order: of, lots } = task.wish;
  return `${task.kind}${task.kind === 'change' ? ` ${task.mirror.id}` : ''} ${of.orderId} ${lots} at ${of.price}`;
};

function due({ orders = [order()], lots = 10, exit = false, mirrors = [], terms = {}, room = 1_000 }: Case): string {
  const wishes = orders.filter(({ end }) => end === null).map((of): MirrorWish => ({ order: of, entry: !exit, lots, basis: 10 }));
  const all = { leaderLots: exit ? -10 : 0, now: NOW, entries: 'yes' as const, room: () => room, takes: (size: number) => size >= 2, ...terms };
  return mirrorTasks(wishes, mirrors, orders, all).map(told).join(', ') || 'nothing';
}

const EXIT = { exit: true, mirrors: [mirror({ reduceOnly: true })] };
const GONE = order({ end: 'cancelled', changedAt: NOW });

describe('what is due about mirrors', () => {
  it.each<[string, Case, string]>([
    ['a new order of the leader', {}, 'place a 10 at 90'],
    ['no more than the caps have room for', { room: 6 }, 'place a 6 at 90'],
    ['nothing below the venue’s minimum', { room: 1 }, 'nothing'],
    ['nothing new while something is not known', { terms: { entries: 'keep' } }, 'nothing'],
    ['nothing new while the copy may not enter', { terms: { entries: 'no' } }, 'nothing'],
    ['exits whatever keeps entries out', { exit: true, terms: { entries: 'no' } }, 'place a 10 at 90'],
    ['it stands', { mirrors: [mirror()] }, 'nothing'],
    ['it stands while something is not known', { mirrors: [mirror()], terms: { entries: 'keep' } }, 'nothing'],
    ['the copy may not enter any more', { mirrors: [mirror()], terms: { entries: 'no' } }, 'cancel m: not_allowed'],
    ['an action about it is on its way', { mirrors: [mirror({ settled: false, price: 80 })] }, 'nothing'],
    [
      'nothing may enter any more while the one before it is not accounted for',
      { mirrors: [mirror({ settled: false }), mirror({ id: 'n' })], terms: { entries: 'no' } },
      'cancel n: not_allowed',
    ],
    ['two of one order are settled first', { mirrors: [mirror(), mirror({ id: 'n' })] }, 'nothing'],
    ['another price', { mirrors: [mirror({ price: 80 })] }, 'change m a 10 at 90'],
    ['another price, where both do not fit', { mirrors: [mirror({ price: 80 })], room: 5 }, 'cancel m: no_room'],
    ['a little off by a ratio that moved', { mirrors: [mirror({ working: 11, placed: 11 })] }, 'nothing'],
    ['much off', { mirrors: [mirror({ working: 5, placed: 5 })] }, 'change m a 10 at 90'],
    ['larger than the caps admit by now', { mirrors: [mirror()], room: 0, lots: 4 }, 'cancel m: no_room'],
    ['the leader cancelled', { orders: [GONE], mirrors: [mirror()] }, 'cancel m: leader_order_ended'],
    [
      'the leader cancelled, and his next one waits because the like was refused',
      { orders: [GONE, order({ orderId: 'b', price: 85 })], mirrors: [mirror()], terms: { waits: (orderId) => orderId === 'b' } },
      'cancel m: leader_order_ended',
    ],
    ['nobody knows the order', { orders: [], mirrors: [mirror()] }, 'cancel m: leader_order_ended'],
    ['the leader changed his order', { orders: [GONE, order({ orderId: 'b', price: 85 })], mirrors: [mirror()] }, 'change m b 10 at 85'],
    [
      'the leader changed it to the other side',
      { orders: [GONE, order({ orderId: 'b', buy: false, price: 110 })], mirrors: [mirror()] },
      'place b 10 at 110, cancel m: leader_order_ended',
    ],
    [
      'one that filled in part is not put in another’s place',
      { orders: [GONE, order({ orderId: 'b', price: 85 })], mirrors: [mirror({ working: 6 })] },
      'place b 4 at 85, cancel m: leader_order_ended',
    ],
    [
      'nothing while what is going still stands for all of it',
      { orders: [GONE, order({ orderId: 'b', price: 85 })], mirrors: [mirror({ settled: false })] },
      'nothing',
    ],
    [
      'the leader’s order filled a moment ago: it may fill too',
      { orders: [order({ end: 'filled', changedAt: NOW })], mirrors: [mirror()] },
      'nothing',
    ],
    [
      'the leader’s order filled, and it did not',
      { orders: [order({ end: 'filled', changedAt: NOW - MIRROR_FILL_GRACE_MS })], mirrors: [mirror()] },
      'cancel m: leader_order_ended',
    ],
    ['a part of it filled a moment ago', { orders: [order({ filled: 5, told: 5, changedAt: NOW })], mirrors: [mirror()], lots: 5 }, 'nothing'],
    [
      'a part of it filled, and nothing here',
      { orders: [order({ filled: 5, told: 5, changedAt: NOW - MIRROR_FILL_GRACE_MS })], mirrors: [mirror()], lots: 5 },
      'change m a 5 at 90',
    ],
    [
      'an order that went and may be filled is replaced all the same where another came: that is how a change looks',
      { orders: [order({ end: 'unknown', changedAt: NOW }), order({ orderId: 'b', price: 85 })], mirrors: [mirror()] },
      'change m b 10 at 85',
    ],
    [
      'not one that filled',
      { orders: [order({ end: 'filled', changedAt: NOW }), order({ orderId: 'b', price: 85 })], mirrors: [mirror()] },
      'place b 10 at 85',
    ],
    ['an exit does not wait', { ...EXIT, orders: [order({ end: 'filled', changedAt: NOW })] }, 'cancel m: leader_order_ended'],
    ['an exit follows what is held', { ...EXIT, lots: 8 }, 'change m a 8 at 90'],
    ['an exit with nothing left to close', { ...EXIT, lots: 0 }, 'cancel m: not_needed'],
    ['an exit whose order would enter by now', { mirrors: [mirror({ reduceOnly: true })] }, 'cancel m: not_needed'],
    ['an entry whose order would exit by now', { exit: true, mirrors: [mirror()] }, 'cancel m: not_needed'],
  ])('%s', (_what, given, expected) => {
    expect(due(given)).toBe(expected);
  });

  it('several entries of one side share the room, and exits come first', () => {
    const orders = [order(), order({ orderId: 'b', price: 80 }), order({ orderId: 'c', buy: false, price: 110 })];
    const wishes: MirrorWish[] = orders.map((of) => ({ order: of, entry: of.buy, lots: 10, basis: 10 }));
    const terms: MirrorTerms = { leaderLots: 0, now: NOW, entries: 'yes', room: () => 15, takes: () => true };
    expect(mirrorTasks(wishes, [], orders, terms).map(told)).toEqual(['place c 10 at 110', 'place a 10 at 90', 'place b 5 at 80']);
  });

  // What the mirror of `b` filled ahead is taken off the wish of `a`, which is nearer and whose mirror is on its way at its full size.
  it.each([
    ['it stays', false, 'nothing'],
    ['it grows once the other is smaller', true, 'change n b 7 at 80'],
  ])('a mirror that filled a part while another is larger than wished: %s', (_what, settled, expected) => {
    const orders = [order({ buy: false, original: 30 }), order({ orderId: 'b', buy: false, price: 80, original: 20 })];
    const wishes: MirrorWish[] = [8, 7].map((lots, at) => ({ order: orders[at] ?? order(), entry: false, lots, basis: 10 }));
    const mirrors = [
      mirror({ buy: false, reduceOnly: true, working: settled ? 8 : 11, placed: 11, settled }),
      mirror({ id: 'n', leaderOrderId: 'b', buy: false, reduceOnly: true, price: 80, working: 4, placed: 7 }),
    ];
    const terms: MirrorTerms = { leaderLots: 100, now: NOW, entries: 'yes', room: () => 100, takes: () => true };
    expect(mirrorTasks(wishes, mirrors, orders, terms).map(told).join(', ') || 'nothing').toBe(expected);
  });

  it('a trigger that moved is another order', () => {
    const trigger = { price: 70, purpose: 'stop_loss', market: true } as const;
    const orders = [order({ trigger: { ...trigger, price: 75 } })];
    expect(due({ orders, exit: true, mirrors: [mirror({ reduceOnly: true, trigger })] })).toBe('change m a 10 at 90');
  });
});
