import { describe, expect, it } from 'vitest';
import type { CalmSnapshot, CopyFigures } from './calm';
import type { OrderHanded } from './observations';
import { COPY, History, units } from './testing/history';
import type { ViolationKind } from './violation';

/** A copy of another brand beside the first. */
const withNeighbour = () => {
  const history = new History();
  const copy = { ...COPY, scope: 'brand-b', copyId: 'c2', account: '0xf2', leaderId: 'l2' };
  history.tell({ kind: 'copy_terms', at: history.now, copy, settings: history.settings, allocation: units('10000') });
  return history.tell({ kind: 'copy_state', at: history.now, copyId: 'c2', state: 'active' });
};

describe('the life of an order (product §2.9)', () => {
  it.each<[string, (history: History, sent: OrderHanded) => void, readonly ViolationKind[]]>([
    ['is journaled, then sent', () => {}, []],
    ['leaves without a journal row', (history, sent) => send(history, { ...sent, cloid: 'kx', nonce: 99, size: units('0.01') }), ['not_journaled']],
    ['has the client order id of another', (history, sent) => history.journal({ ...sent, nonce: 99 }), ['duplicate_client_order_id']],
    ['has the nonce of another', (history, sent) => history.journal({ ...sent, cloid: 'kx' }), ['duplicate_nonce']],
    ['has the nonce of another signer’s', (history, sent) => history.journal({ ...sent, cloid: 'kx', signer: 'agent-9' }), []],
    ['is sent again as it was', (history, sent) => send(history, sent), []],
    ['is sent again at another price', (history, sent) => send(history, { ...sent, price: units('100.4') }), ['duplicate_client_order_id']],
    ['is sent again with another nonce', (history, sent) => send(history, { ...sent, nonce: 98 }), ['duplicate_client_order_id']],
    ['is repeated under a new name while unknown', (history) => void history.order('1', { cause: 'repair' }), ['double_order']],
    ['is repeated after it was made void', (history, sent) => voided(history, sent), []],
    ['is repeated after it expired on its way', (history) => void history.wait(3_000).mark('100').order('1', { cause: 'repair' }), []],
    [
      'rests, and is not repeated because the same action sent again was refused',
      (history, sent) => {
        history.end(sent.cloid, 'resting').answer(sent.cloid, 'rejected').order('1', { cause: 'repair' });
      },
      ['double_order'],
    ],
    ['is sent again after it was made void', (history, sent) => history.tell(voiding(history, sent)) && send(history, sent), ['order_end_wrong']],
    ['is at the venue without having been sent', (history) => history.end('stray', 'resting'), ['orphan_order']],
    ['fills without having been sent', (history) => history.trade('stray', true, '1'), ['orphan_order']],
  ])('an order that %s', (_what, act, found) => {
    const history = new History().leader('10');
    history.order('1', { cloid: 'k', nonce: 7 });
    act(history, history.orderOf('k'));
    expect(history.found()).toEqual(found);
  });

  const send = (history: History, order: OrderHanded) => history.tell({ kind: 'order_handed', at: history.now, order });
  const voiding = (history: History, sent: OrderHanded) =>
    ({ kind: 'nonce_voided', at: history.now, signer: sent.signer, nonce: sent.nonce }) as const;
  const voided = (history: History, sent: OrderHanded) => {
    history.wait(500).tell(voiding(history, sent));
    history.order('1', { cause: 'repair' });
  };

  it('an order whose nonce the venue took for something else before cannot land, and is none beside the next', () => {
    for (const [nonce, found] of [
      [7, []],
      [8, ['double_order']],
    ] as const) {
      const history = new History().leader('10');
      history.tell({ kind: 'nonce_voided', at: history.now, signer: 'agent-1', nonce });
      history.order('1', { nonce: 7 });
      history.wait(500).order('1', { cause: 'repair' });
      expect(history.found()).toEqual(found);
    }
  });

  it.each<[string, boolean, 'halt' | 'limit' | 'stale' | 'rate' | 'superseded', readonly ViolationKind[]]>([
    ['an entry by a halt', false, 'halt', []],
    ['an exit by a newer move', true, 'superseded', []],
    ['an exit by a halt', true, 'halt', ['exit_refused']],
    ['an exit by a cap', true, 'limit', ['exit_refused']],
    ['an exit by staleness', true, 'stale', ['exit_refused']],
    ['an exit by the venue’s budget', true, 'rate', ['exit_refused']],
  ])('withholds %s', (_what, reduceOnly, rule, found) => {
    const history = new History();
    const named = { process: 'p1', scope: COPY.scope, copyId: COPY.copyId, wave: 'w', cloid: 'k', signer: 's', nonce: 1 };
    history.tell({ ...named, kind: 'order_journaled', at: history.now, journaledAt: history.now, reduceOnly });
    history.tell({ kind: 'order_withheld', at: history.now, cloid: 'k', reason: rule, rule });
    expect(history.found()).toEqual(found);
  });

  it('a row of an order of which the journal knows nothing', () => {
    const history = new History();
    const row = { scope: COPY.scope, copyId: COPY.copyId, cloid: 'never', end: 'filled', filled: units('1') } as const;
    history.calm({ ...history.snapshot(), orders: [row] });
    expect(history.found()).toEqual(['order_end_wrong']);
  });
});

describe('ends of orders and fills in a calm', () => {
  const partly = () => {
    const history = new History().leader('10');
    history.fill(history.order('1', { cloid: 'k' }), '0.4');
    history.order('0.6', { cloid: 'r', cause: 'repair' });
    return history.end('r', 'rejected').answer('r', 'rejected').wait(60_000);
  };
  const target = { target: units('0.4'), reasons: ['rejected', 'forfeited'] } as const;

  it.each<[string, (snapshot: CalmSnapshot) => Partial<CalmSnapshot>, readonly ViolationKind[]]>([
    ['all is well', () => ({}), []],
    ['an order has no row', ({ orders }) => ({ orders: orders.slice(1) }), ['order_without_end']],
    ['an order has no end', ({ orders }) => ({ orders: orders.map((row) => ({ ...row, end: 'open' as const })) }), ['order_without_end']],
    ['an order has two rows', ({ orders }) => ({ orders: [...orders, ...orders.slice(1)] }), ['order_end_wrong']],
    [
      'a filled order is booked as rejected',
      ({ orders }) => ({ orders: orders.map((row) => ({ ...row, end: 'rejected' as const })) }),
      ['order_end_wrong'],
    ],
    [
      'an order is booked as filled by more',
      ({ orders }) => ({ orders: orders.map((row) => ({ ...row, filled: row.filled * 2n })) }),
      ['order_end_wrong'],
    ],
    [
      'an order that was sent is booked as denied',
      ({ orders }) => ({ orders: orders.map((row) => (row.filled === 0n ? { ...row, end: 'denied' as const } : row)) }),
      ['order_end_wrong'],
    ],
    ['a fill is lost', () => ({ fills: [] }), ['fill_lost']],
    ['a fill is booked twice', ({ fills }) => ({ fills: [...fills, ...fills] }), ['fill_booked_twice']],
    ['a fill is invented', ({ fills }) => ({ fills: [...fills, ...fills.map((row) => ({ ...row, tradeId: 'tx' }))] }), ['fill_invented']],
    ['a fill is booked for less', ({ fills }) => ({ fills: fills.map((row) => ({ ...row, size: row.size - 1n })) }), ['money_wrong']],
    ['a fee is booked with another sign', ({ fills }) => ({ fills: fills.map((row) => ({ ...row, fee: -row.fee })) }), ['money_wrong']],
    [
      'the position is another',
      ({ positions }) => ({ positions: positions.map((row) => (row.address === COPY.account ? { ...row, positions: [] } : row)) }),
      ['position_wrong'],
    ],
  ])('%s', (_what, change, found) => {
    const history = partly();
    const snapshot = history.snapshot(target);
    history.calm({ ...snapshot, ...change(snapshot) });
    expect(history.found()).toEqual(found);
  });

  it('a withheld order ends as denied', () => {
    const history = new History().leader('10');
    const order = { ...history.orderOf(history.order('0.1', { cloid: 'first' })), cloid: 'w', nonce: 50 };
    history.end('first', 'done').answer('first', 'rejected').journal(order);
    history.tell({ kind: 'order_withheld', at: history.now, cloid: 'w', reason: 'kill_switch' }).wait(60_000);
    const snapshot = history.snapshot({ reasons: ['rejected', 'denied'] });
    const row = { scope: COPY.scope, copyId: COPY.copyId, cloid: 'w', end: 'denied', filled: 0n } as const;
    history.calm({ ...snapshot, orders: [...snapshot.orders, row] });
    expect(history.found()).toEqual([]);
  });

  it('the engine believes in another position', () => {
    const history = partly();
    history.calm(history.snapshot({ ...target, position: units('0.5') }));
    expect(history.found()).toEqual(['position_wrong']);
  });

  it('the follower’s own trades are not booked twice for a copy', () => {
    const history = new History().follow('10').wait(100).trade(null, false, '2', '100').wait(60_000);
    const snapshot = history.snapshot({ target: 0n, position: 0n, reasons: ['user_closed'] });
    const tradeId = history.lastTrade();
    const row = { scope: COPY.scope, copyId: COPY.copyId, account: COPY.account, tradeId, coin: 'X', size: units('1'), price: units('100'), fee: 0n };
    history.calm({ ...snapshot, fills: [...snapshot.fills, row] });
    expect(history.found()).toEqual([]);
    history.calm({ ...snapshot, fills: [...snapshot.fills, row, row] });
    expect(history.found()).toEqual(['fill_booked_twice']);
  });
});

describe('money in a calm (product §5)', () => {
  const postings = (amount: string) => [
    { account: 'cash', asset: 'USDC', amount: units(amount) },
    { account: 'pnl', asset: 'USDC', amount: -units('5') },
  ];

  it.each<[string, (snapshot: CalmSnapshot) => Partial<CalmSnapshot>, readonly ViolationKind[]]>([
    ['a balanced transaction', () => ({ transactions: [{ scope: 'brand-a', id: 't1', source: 's1', postings: postings('5') }] }), []],
    [
      'an unbalanced one',
      () => ({ transactions: [{ scope: 'brand-a', id: 't1', source: 's1', postings: postings('5.00000001') }] }),
      ['ledger_unbalanced'],
    ],
    [
      'a balance over two assets only',
      () => ({
        transactions: [{ scope: 'brand-a', id: 't1', source: 's1', postings: postings('5').map((row, index) => ({ ...row, asset: `A${index}` })) }],
      }),
      ['ledger_unbalanced'],
    ],
    [
      'a source booked twice',
      () => ({ transactions: ['t1', 't2'].map((id) => ({ scope: 'brand-a', id, source: 's1', postings: postings('5') })) }),
      ['ledger_source_twice'],
    ],
    [
      'one source in two scopes',
      () => ({ transactions: ['a', 'b'].map((scope) => ({ scope, id: scope, source: 's1', postings: postings('5') })) }),
      [],
    ],
    ['fees one unit off', (snapshot) => booked(snapshot, { fees: 1n }), ['money_wrong']],
    ['funding one unit off', (snapshot) => booked(snapshot, { funding: -1n }), ['money_wrong']],
    ['profit that was not made', (snapshot) => booked(snapshot, { realised: units('1') }), ['money_wrong']],
    ['positions that keep what is booked', (snapshot) => keeping(snapshot, {}), []],
    ['positions that keep other fees', (snapshot) => keeping(snapshot, { fees: 0n }), ['money_wrong']],
    ['positions that keep other funding', (snapshot) => keeping(snapshot, { funding: 0n }), ['money_wrong']],
    ['positions that keep another profit', (snapshot) => keeping(snapshot, { realised: units('1') }), ['money_wrong']],
  ])('%s', (_what, change, found) => {
    const history = new History().follow('10').charge('-0.25').wait(60_000);
    const snapshot = history.snapshot();
    history.calm({ ...snapshot, ...change(snapshot) });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, number, string, readonly ViolationKind[]]>([
    ['of the last moments that is not booked yet', 9_000, '-0.5', []],
    ['of the last moments that is booked in part', 9_000, '-0.2', ['money_wrong']],
    ['that is older and not booked', 11_000, '-0.5', ['money_wrong']],
    ['before it that is missing too', 9_000, '-0.75', ['money_wrong']],
  ])('a charge %s', (_what, agoMs, off, found) => {
    const history = new History().follow('10').charge('-0.25').wait(60_000).charge('-0.5', 0).wait(agoMs);
    const snapshot = history.snapshot();
    history.calm({ ...snapshot, ...booked(snapshot, { funding: -units(off) }) });
    expect(history.found()).toEqual(found);
  });

  /** Positions that keep what is booked, but for this. */
  function keeping(snapshot: CalmSnapshot, other: Partial<CopyFigures>): Partial<CalmSnapshot> {
    return { copies: snapshot.copies.map((copy) => ({ ...copy, kept: { ...copy.booked, ...other } })) };
  }

  function booked(
    snapshot: CalmSnapshot,
    off: { readonly realised?: bigint; readonly fees?: bigint; readonly funding?: bigint },
  ): Partial<CalmSnapshot> {
    return {
      copies: snapshot.copies.map((copy) => {
        const { realised, fees, funding } = copy.booked;
        return {
          ...copy,
          booked: { realised: realised + (off.realised ?? 0n), fees: fees + (off.fees ?? 0n), funding: funding + (off.funding ?? 0n) },
        };
      }),
    };
  }
});

describe('tenants and waves (product §1, §2.8)', () => {
  it.each<[string, Partial<OrderHanded>, readonly ViolationKind[]]>([
    ['its own account', {}, []],
    ['another account', { account: '0xf2' }, ['other_account']],
    ['another brand', { scope: 'brand-b' }, ['other_scope']],
    ['nobody’s copy', { copyId: 'c9' }, ['orphan_order']],
  ])('an order for %s', (_what, changed, found) => {
    const history = withNeighbour().leader('10');
    history.order('1', changed);
    expect(history.found()).toEqual(found);
  });

  it('an order by the signer of another account', () => {
    const history = withNeighbour().leader('10');
    history.order('0.5');
    history.order('0.5', { copyId: 'c2', account: '0xf2', scope: 'brand-b' });
    expect(history.found()).toEqual(['other_account']);
  });

  it('an event of one brand that names a copy of another', () => {
    const history = withNeighbour();
    const mention = (scope: string) => ({ ...history.snapshot(), mentions: [{ what: 'event copy.state', scope, copyId: 'c2' }] });
    history.calm(mention('brand-b'));
    expect(history.found()).toEqual([]);
    history.calm(mention('brand-a'));
    expect(history.found()).toEqual(['other_scope']);
  });

  it.each<[string, boolean, Partial<OrderHanded>, readonly ViolationKind[]]>([
    ['before the entries of its wave', false, {}, []],
    ['after an entry of its wave', true, {}, ['wave_order']],
    ['after an entry of another wave', true, { wave: 'other' }, []],
    ['after an entry, as a repair', true, { cause: 'repair' }, []],
  ])('an exit %s', (_what, entryFirst, changed, found) => {
    const history = withNeighbour();
    const second = { copyId: 'c2', account: '0xf2', scope: 'brand-b', signer: 'agent-2' };
    history.follow('10').wait(100).leader('-10');
    const decidedAt = history.now;
    const entry = () => history.order('-1', { ...second, wave: 'w', decidedAt });
    if (entryFirst) entry();
    history.exit('-1', { wave: 'w', decidedAt, ...changed });
    if (!entryFirst) entry();
    expect(history.found()).toEqual(found);
  });
});

describe('counts', () => {
  it('tell how much was judged', () => {
    const history = new History().follow('10').wait(100);
    history.exit('-1');
    history.mark('101').wait(1).mark('102').calm();
    expect(history.auditor.counts()).toMatchObject({ orders: 2, riskIncreasing: 1, marks: 3, calms: 1 });
    expect(history.auditor.counts().valuations).toBeGreaterThanOrEqual(2);
  });

  it('keep on where violations are too many to keep', () => {
    const history = new History();
    for (let index = 0; index < 1_200; index += 1) history.end(`stray${index}`, 'resting');
    expect(history.auditor.violations()).toHaveLength(1_000);
    expect(history.auditor.counts().violations).toBe(1_200);
  });

  it('leave out what is not to be told', () => {
    const history = new History({}, { untold: ['orphan_order'] }).end('stray', 'resting');
    expect(history.found()).toEqual([]);
  });

  it('name copy, order, numbers and limit', () => {
    const history = new History().leader('10');
    history.order('1.5', { cloid: 'k' });
    expect(history.auditor.violations()[0]?.text).toBe('entry k of copy c1: buy 1.5 X at 100.5: makes 1.5, the target is at most 1');
  });
});
