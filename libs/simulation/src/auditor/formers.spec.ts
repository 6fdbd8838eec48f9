import { describe, expect, it } from 'vitest';
import { History } from './testing/history';

/** The first process loses its lock, and the next one begins beside it a second later: the history goes on with that one. */
function beside(history: History, certainMs: number): History {
  history.tell({ kind: 'lock_lost', at: history.now, process: 'p1', certainUntil: history.now + certainMs });
  history.wait(1_000).start('p2');
  history.tell({ kind: 'term_begun', at: history.now, process: 'p2' });
  return history.wait(500).mark('100').wait(100);
}

describe('a process that lost its lock', () => {
  it.each([
    ['may send while it goes by it', 9_000, []],
    ['sends nothing afterwards', 10_001, ['sent_without_lock']],
  ])('%s', (_what, after, found) => {
    const history = beside(new History(), 10_000);
    history.tell({ kind: 'former_sent', at: history.now - 1_600 + after, process: 'p1', about: 'noop' });
    expect(history.found()).toEqual(found);
  });

  it('writes until the next one begins, and not a transaction longer', () => {
    const history = new History();
    history.tell({ kind: 'lock_lost', at: history.now, process: 'p1', certainUntil: history.now + 10_000 });
    history.tell({ kind: 'former_wrote', at: history.now, process: 'p1' });
    expect(history.found()).toEqual([]);
    history.start('p2').tell({ kind: 'term_begun', at: history.now, process: 'p2' });
    history.tell({ kind: 'former_wrote', at: history.now, process: 'p1' });
    expect(history.found()).toEqual(['written_after_term']);
  });

  it('is told from the one that has it', () => {
    const history = beside(new History(), 10_000);
    history.tell({ kind: 'former_wrote', at: history.now, process: 'p2' });
    expect(history.found()).toEqual([]);
  });

  /** An order written down by the first process, of which the next one spent the nonce before the first sent it. */
  function spent(history: History): void {
    history.leader('10');
    const order = { ...history.orderOf(history.order('0.1')), cloid: 'late', nonce: 77 };
    history.end('k2', 'done').answer('k2', 'rejected').journal(order);
    beside(history, 10_000);
    history.tell({ kind: 'nonce_voided', at: history.now, signer: order.signer, nonce: 77 });
  }

  it.each([
    ['sends what cannot land any more, to no harm', 'p1', []],
    ['is no excuse for the one that leads', 'p2', ['order_end_wrong']],
  ])('%s', (_what, process, found) => {
    const history = new History();
    spent(history);
    const order = { ...history.orderOf('k2'), cloid: 'late', nonce: 77, process, sentAt: history.now };
    history.tell({ kind: 'order_handed', at: history.now, order });
    expect(history.found().filter((kind) => kind === 'order_end_wrong')).toEqual(found);
  });

  it.each<[string, 'rejected' | 'resting', readonly string[]]>([
    ['and the venue refuses it, whatever it says', 'rejected', []],
    ['but must not find it standing', 'resting', ['orphan_order']],
  ])('sends what cannot land any more, %s', (_what, status, found) => {
    const history = new History();
    spent(history);
    const order = { ...history.orderOf('k2'), cloid: 'late', nonce: 77, process: 'p1', sentAt: history.now };
    history.tell({ kind: 'order_handed', at: history.now, order });
    history.tell({ kind: 'world_order', at: history.now, account: order.account, coin: '', cloid: 'late', status });
    expect(history.found().filter((kind) => kind === 'orphan_order')).toEqual(found);
  });

  it('knows for itself alone: a move only it was told of is none the one that leads could follow', () => {
    const history = beside(new History().leader('10'), 10_000);
    history.process = 'p1';
    history.leader('0');
    history.process = 'p2';
    history.wait(50).order('1', { cause: 'repair' });
    expect(history.found()).toEqual([]);
  });
});
