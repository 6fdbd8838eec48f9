import { describe, expect, it } from 'vitest';
import type { CopyBooks, CrashBooks, ScopeBooks } from './books';
import { judge } from './judge';
import { DEFAULT_CRASH, parseCrashOptions } from './options';
import { STAGES, WHOLE_PLAN } from './plan';

const ONE = 100_000_000n;

/** One brand, one copy, a leader at 10 ETH of which a tenth is copied by one filled order; everything agrees. */
function healthy(): { books: CrashBooks; copy: CopyBooks; scope: ScopeBooks } {
  const copy: CopyBooks = {
    name: 'North cpy_1',
    scope: 'North',
    copyId: 'cpy_1',
    copyNo: 1,
    ratio: 100_000_000_000n,
    venueOrders: [{ orderId: '70', clientOrderId: '0xa', coin: 'ETH', status: 'filled', size: ONE }],
    venueFills: [{ key: '1 ETH 5 900 70', coin: 'ETH', clientOrderId: '0xa', buy: true, size: ONE, price: 2_000n * ONE, fee: ONE, closedPnl: 0n }],
    venuePositions: new Map([['ETH', ONE]]),
    shown: new Map([['ETH', ONE]]),
    kept: [{ coin: 'ETH', position: ONE, targetMicro: 10_000_000_000n, forfeitedMicro: 0n, forfeitReason: null, userClosed: false, dust: false }],
  };
  const scope: ScopeBooks = {
    name: 'North',
    leaderId: 'ldr_1',
    journal: [{ clientOrderId: '0xa', copyNo: 1, coin: 'ETH', wave: 4, leg: 3, attempt: 0, exit: false, size: ONE }],
    openRows: 0,
    orders: [{ id: 'ord_1', copyId: 'cpy_1', clientOrderId: '0xa', status: 'filled', filled: ONE }],
    fills: [{ id: 'fil_1', key: '1 ETH 5 900 70', copyId: 'cpy_1', size: ONE, fee: ONE }],
    ledger: [
      { copyId: 'cpy_1', account: 'trading_fee', sum: ONE },
      { copyId: 'cpy_1', account: 'venue_cash', sum: -ONE },
    ],
    brokenLink: null,
    topSeq: 2n,
    events: [
      { seq: 1n, type: 'leader.move', subject: '4' },
      { seq: 2n, type: 'fill.created', subject: 'fil_1' },
    ],
  };
  const books: CrashBooks = {
    copies: [copy],
    scopes: [scope],
    moves: [{ id: 4n, coin: 'ETH', status: 'done', seen: true }],
    leader: new Map([['ETH', 10n * ONE]]),
    markets: new Map([['ETH', { szDecimals: 4, price: 2_000n * ONE }]]),
  };
  return { books, copy, scope };
}

const rules = (books: CrashBooks): readonly string[] => [...new Set(judge(books).violations.map((violation) => violation.rule))].sort();
const withCopy = (part: Partial<CopyBooks>): CrashBooks => ({ ...healthy().books, copies: [{ ...healthy().copy, ...part }] });
const withScope = (part: Partial<ScopeBooks>): CrashBooks => ({ ...healthy().books, scopes: [{ ...healthy().scope, ...part }] });

describe('the judge of a crash run', () => {
  it('finds nothing where the venue and our books agree, and says how much it looked at', () => {
    expect(judge(healthy().books)).toEqual({ violations: [], copies: 1, venueOrders: 1, venueFills: 1, journaledOrders: 1, givenUp: {} });
  });

  it('a doubled order: a second one at the venue for the same intent, with its fill, position and books in step', () => {
    const { books, copy, scope } = healthy();
    const doubled: CrashBooks = {
      ...books,
      copies: [
        {
          ...copy,
          venueOrders: [...copy.venueOrders, { orderId: '71', clientOrderId: '0xb', coin: 'ETH', status: 'filled', size: ONE }],
          venueFills: [...copy.venueFills, { ...copy.venueFills[0], key: '1 ETH 6 901 71', clientOrderId: '0xb' } as CopyBooks['venueFills'][number]],
          venuePositions: new Map([['ETH', 2n * ONE]]),
          shown: new Map([['ETH', 2n * ONE]]),
          kept: copy.kept.map((kept) => ({ ...kept, position: 2n * ONE })),
        },
      ],
      scopes: [
        {
          ...scope,
          journal: [...scope.journal, { ...scope.journal[0], clientOrderId: '0xb' } as ScopeBooks['journal'][number]],
          orders: [...scope.orders, { id: 'ord_2', copyId: 'cpy_1', clientOrderId: '0xb', status: 'filled', filled: ONE }],
          fills: [...scope.fills, { id: 'fil_2', key: '1 ETH 6 901 71', copyId: 'cpy_1', size: ONE, fee: ONE }],
          ledger: scope.ledger.map((fact) => ({ ...fact, sum: fact.sum * 2n })),
          topSeq: 3n,
          events: [...scope.events, { seq: 3n, type: 'fill.created', subject: 'fil_2' }],
        },
      ],
    };
    expect(rules(doubled)).toEqual(['every gap has a reason', 'one venue order per intent']);
  });

  it('a doubled order hidden by a later exit: attempts that filled more than was wanted', () => {
    const { copy, scope, books } = healthy();
    const fill = copy.venueFills[0];
    const again = scope.journal[0];
    if (!fill || !again) throw new Error('the healthy books have a fill');
    const found = rules({
      ...books,
      copies: [{ ...copy, venueFills: [fill, { ...fill, key: '1 ETH 6 901 71', clientOrderId: '0xb' }] }],
      scopes: [{ ...scope, journal: [again, { ...again, clientOrderId: '0xb', attempt: 1 }] }],
    });
    expect(found).toContain('attempts of one wave never fill more than it wanted');
  });

  it('an entry of a flip may close what its exit left standing, and no more', () => {
    const { books, scope, copy } = healthy();
    const [order] = scope.journal;
    const [fill] = copy.venueFills;
    if (order === undefined || fill === undefined) throw new Error('the healthy books hold an order');
    const half = (name: string, attempt: number, exit: boolean) => ({ ...order, clientOrderId: name, attempt, exit });
    const journal = [half('0xe', 0, true), half('0xa', 0, false), half('0xb', 1, false), half('0xc', 2, false)];
    const filledBy = (name: string) => ({ ...fill, key: `1 ETH 6 ${name} 71`, clientOrderId: name });
    const broken = (...names: readonly string[]) =>
      rules({ ...books, copies: [{ ...copy, venueFills: names.map(filledBy) }], scopes: [{ ...scope, journal }] }).includes(
        'attempts of one wave never fill more than it wanted',
      );
    expect([broken('0xa', '0xb'), broken('0xe', '0xa'), broken('0xe', '0xa', '0xb'), broken('0xa', '0xb', '0xc')]).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it('a lost order: the leader moved, the move is told, nothing was copied and nothing says why', () => {
    const { copy } = healthy();
    const nothing = { venueOrders: [], venueFills: [], venuePositions: new Map(), shown: new Map() };
    const lost = { ...withCopy({ ...nothing, kept: copy.kept.map((kept) => ({ ...kept, position: 0n })) }) };
    const found = rules({ ...lost, scopes: [{ ...healthy().scope, journal: [], orders: [], fills: [], ledger: [] }] });
    expect(found).toEqual(['every gap has a reason']);
  });

  it('a lost move: no target was ever set for it', () => {
    const { copy } = healthy();
    const kept = copy.kept.map((one) => ({ ...one, position: 0n, targetMicro: 0n }));
    const found = rules(withCopy({ venueOrders: [], venueFills: [], venuePositions: new Map(), shown: new Map(), kept }));
    expect(found).toContain('the target follows the leader');
  });

  it('a gap with a recorded reason is no violation and is counted', () => {
    const { copy, books } = healthy();
    const kept = copy.kept.map((one) => ({ ...one, targetMicro: 5_000_000_000n, forfeitedMicro: 5_000_000_000n, forfeitReason: 'stale_move' }));
    const judged = judge({ ...books, copies: [{ ...copy, kept, venuePositions: new Map([['ETH', ONE]]) }] });
    expect([judged.violations, judged.givenUp]).toEqual([[], { stale_move: 1 }]);
  });

  const [order] = healthy().copy.venueOrders;
  const [journaled] = healthy().scope.journal;
  const [kept] = healthy().copy.kept;
  if (!order || !journaled || !kept) throw new Error('the healthy books have an order');
  it.each<[string, CrashBooks, string]>([
    ['an orphan', withCopy({ venueOrders: [{ ...order, clientOrderId: '0xf' }] }), 'every order at the venue was journaled before'],
    [
      'an order of no client order id',
      withCopy({ venueOrders: [{ ...order, clientOrderId: null }] }),
      'every order at the venue was journaled before',
    ],
    ['another copy’s order', withScope({ journal: [{ ...journaled, copyNo: 2 }] }), 'every order at the venue was journaled before'],
    ['one client order id twice', withCopy({ venueOrders: [order, { ...order, orderId: '71' }] }), 'one venue order per client order id'],
    ['a larger order', withCopy({ venueOrders: [{ ...order, size: 2n * ONE }] }), 'no order is larger than journaled'],
    ['a journal row nobody closed', withScope({ openRows: 1 }), 'every journal row is closed'],
    ['a journaled order without its row', withScope({ orders: [] }), 'every journaled order has its row'],
    [
      'an order without an end',
      withScope({ orders: [{ id: 'ord_1', copyId: 'cpy_1', clientOrderId: '0xa', status: 'unknown', filled: 0n }] }),
      'every order has an end',
    ],
    [
      'an order row that tells less than the venue filled',
      withScope({ orders: [{ id: 'ord_1', copyId: 'cpy_1', clientOrderId: '0xa', status: 'cancelled', filled: 0n }] }),
      'an order row tells what the venue filled',
    ],
    ['a position the API shows otherwise', withCopy({ shown: new Map([['ETH', 2n * ONE]]) }), 'positions agree'],
    ['a position nobody keeps', withCopy({ kept: [] }), 'positions agree'],
    ['a fill not booked', withScope({ fills: [] }), 'every fill of the venue is booked'],
    ['a fill booked without the venue', withCopy({ venueFills: [] }), 'no fill is booked that the venue does not know'],
    ['a ledger that does not balance', withScope({ ledger: [{ copyId: 'cpy_1', account: 'trading_fee', sum: ONE }] }), 'the ledger sums to zero'],
    ['fees booked twice', withScope({ ledger: [{ copyId: 'cpy_1', account: 'trading_fee', sum: 2n * ONE }] }), 'ledger fees equal the venue’s'],
    ['profit from nowhere', withScope({ ledger: [{ copyId: 'cpy_1', account: 'realised_pnl', sum: -ONE }] }), 'ledger profit equals the venue’s'],
    ['a broken chain', withScope({ brokenLink: 3n }), 'the ledger is one chain'],
    ['a hole in the stream', withScope({ events: [{ seq: 2n, type: 'fill.created', subject: 'fil_1' }] }), 'the event stream has no gap'],
    ['a move told twice', withScope({ events: [1n, 2n].map((seq) => ({ seq, type: 'leader.move', subject: '4' })) }), 'every move is told once'],
    ['a fill not told', withScope({ events: [], topSeq: 0n }), 'every fill is told once'],
    [
      'a move left open',
      { ...healthy().books, moves: [{ id: 4n, coin: 'ETH', status: 'recorded', seen: true }] },
      'every move is planned to its end',
    ],
  ])('finds %s', (_name, books, rule) => {
    expect(rules(books)).toContain(rule);
  });
});

describe('the plan of deaths', () => {
  it('passes at least two points of every stage, and only points that stand in a stage', () => {
    const planned = new Set(WHOLE_PLAN.map((death) => death.point));
    for (const [stage, points] of Object.entries(STAGES)) if (stage !== 'answered') expect(points.length, stage).toBeGreaterThanOrEqual(2);
    expect([...planned].sort()).toEqual(Object.values(STAGES).flat().sort());
  });
});

describe('the command line', () => {
  const known = ['received_frame', 'answered_all'];
  it.each<[readonly string[], unknown]>([
    [[], DEFAULT_CRASH],
    [['--point', 'answered_all', '--point', 'received_frame'], { ...DEFAULT_CRASH, points: ['answered_all', 'received_frame'] }],
    [['--point', 'none', '--random', '3', '--json'], { ...DEFAULT_CRASH, points: [], random: 3, json: true }],
    [['--seed', '9', '--followers', '12', '--open-rows', '20'], { ...DEFAULT_CRASH, seed: 9, followers: 12, openRows: 20 }],
  ])('%j', (args, options) => {
    expect(parseCrashOptions(args, known, DEFAULT_CRASH)).toEqual({ ok: true, value: options });
  });

  it.each([[['--point', 'lunch']], [['--random', '-1']], [['--followers', '1']], [['--nonsense', '1']], [['--seed']]])('refuses %j', (args) => {
    expect(parseCrashOptions(args, known, DEFAULT_CRASH).ok).toBe(false);
  });
});
