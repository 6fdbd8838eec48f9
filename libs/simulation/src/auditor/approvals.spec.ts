import { describe, expect, it } from 'vitest';
import { COIN, COPY, History, SETTINGS, units } from './testing/history';

const WITHIN_MS = 30_000;

/** A copy at a tenth whose increases wait; its leader opened 10 a moment ago. */
function asking(): History {
  return new History({ approveWithinMs: WITHIN_MS }).wait(1_000).mark('100').leader('10');
}

const approve = (history: History, size: string, no = '1', endsAt = history.now + WITHIN_MS - 50, buy = true): History =>
  history.tell({ kind: 'approved', at: history.now, approval: { copyId: COPY.copyId, no, coin: COIN, buy, size: units(size), endsAt } });
const enter = (history: History, size: string): string => {
  history.wait(1_000).mark('100');
  return history.order(size, { cause: 'repair' });
};
/** What was approved is asked about anew in its last second, and entered some time after that. */
const askedAnew = (history: History, waitMs: number): string => {
  approve(history, '1', '1', history.now + 20_000)
    .wait(19_000)
    .tell({ kind: 'rebased', at: history.now, copyId: COPY.copyId });
  return enter(history.wait(waitMs), '1');
};
const found = (history: History): boolean => history.found().includes('not_approved');

describe('increases that wait for approval (product §3)', () => {
  it('are nothing the auditor asks for: in the calm nothing is missing', () => {
    const history = asking().wait(60_000);
    history.calm(history.snapshot({ target: 0n, position: 0n }));
    expect(history.found()).toEqual([]);
  });

  it.each<[string, (history: History) => void, boolean]>([
    ['without any', (history) => void enter(history, '1'), true],
    ['of as much', (history) => void enter(approve(history, '1'), '1'), false],
    ['of less', (history) => void enter(approve(history, '0.9'), '1'), true],
    ['of a lot less is rounding', (history) => void enter(approve(history, '0.995'), '1'), false],
    ['of two parts', (history) => void enter(approve(approve(history, '0.4'), '0.6', '2'), '1'), false],
    ['of the other side', (history) => void enter(approve(history, '1', '1', history.now + WITHIN_MS, false), '1'), true],
    [
      'that came after the decision',
      (history) => {
        history.wait(1_000).mark('100');
        approve(history, '1').order('1', { cause: 'repair', decidedAt: history.now - 500 });
      },
      true,
    ],
    [
      'that was refused',
      (history) => {
        approve(history, '1').tell({ kind: 'approval_refused', at: history.now, copyId: COPY.copyId, no: '1' });
        enter(history, '1');
      },
      true,
    ],
    [
      'whose proposal ended',
      (history) => {
        approve(history, '1', '1', history.now + 20_000).wait(WITHIN_MS + 1_000);
        enter(history, '1');
      },
      true,
    ],
    [
      'whose proposal was moved on by a newer increase',
      (history) => {
        approve(history, '1', '1', history.now + 20_000)
          .wait(18_000)
          .leader('11');
        history.wait(10_000);
        enter(history, '1');
      },
      false,
    ],
    [
      'whose proposal newer increases moved on one after another',
      (history) => {
        approve(history, '1', '1', history.now + 20_000)
          .wait(18_000)
          .leader('11');
        history.wait(25_000).leader('12').wait(25_000);
        enter(history, '1');
      },
      false,
    ],
    [
      'whose proposal had ended before a newer increase',
      (history) => {
        approve(history, '1')
          .wait(WITHIN_MS + 1_000)
          .leader('11');
        enter(history, '1');
      },
      true,
    ],
    ['whose proposal a wish of the follower asked about anew', (history) => askedAnew(history, 20_000), false],
    ['whose proposal ended as it was asked about anew', (history) => askedAnew(history, WITHIN_MS), true],
    [
      'that was entered before',
      (history) => {
        history.fill(enter(approve(history, '0.5'), '0.5'), '0.5');
        enter(history, '0.5');
      },
      true,
    ],
    [
      'of which an order closed what was held on the other side',
      (history) => {
        approve(history, '1', '2', history.now + WITHIN_MS - 50, false);
        history.fill(history.order('-0.5', { cause: 'repair', decidedAt: history.now + 10 }), '0.5');
        approve(history, '1');
        history.fill(enter(history, '0.5'), '0.5');
        enter(history, '1');
      },
      false,
    ],
    [
      'beside which a remnant of the other side rides',
      (history) => {
        approve(history, '1', '2', history.now + WITHIN_MS - 50, false);
        history.fill(history.order('-0.05', { cause: 'repair', decidedAt: history.now + 10 }), '0.05');
        enter(approve(history, '1'), '1.05');
      },
      false,
    ],
    [
      'whose order may still fill',
      (history) => {
        enter(approve(history, '0.5'), '0.5');
        enter(history, '0.5');
      },
      true,
    ],
    [
      'whose order failed',
      (history) => {
        const failed = enter(approve(history, '0.5'), '0.5');
        history.end(failed, 'rejected').answer(failed, 'rejected');
        enter(history, '0.5');
      },
      false,
    ],
  ])('leave on an approval %s', (_what, act, isFound) => {
    const history = asking();
    act(history);
    expect(found(history)).toBe(isFound);
  });

  it.each<[string, boolean, readonly string[]]>([
    ['on what was approved before they were decided, whatever is approved until they leave', true, []],
    ['on nothing that was', false, ['entry_too_old']],
  ])('leave behind the window of the leader’s increase %s', (_what, isApproved, expected) => {
    const history = asking().wait(14_000).mark('100');
    if (isApproved) approve(history, '1');
    const decidedAt = history.wait(100).now;
    approve(history.wait(70), '1', '2');
    history.order('1', { cause: 'repair', decidedAt, journaledAt: history.now, sentAt: history.now });
    expect(history.found().filter((kind) => kind !== 'not_approved')).toEqual(expected);
  });

  it.each<[string, readonly string[]]>([
    ['107', []],
    ['111', ['price_bound']],
  ])('keep the price they came at while an exit has more to take off, bought at %s', (price, expected) => {
    const history = asking();
    history.fill(enter(approve(history, '1'), '1'), '1');
    history.wait(1_000).mark('100').leader('2');
    const exit = history.exit('-0.8');
    // What is held stands for none of these but by what the exit leaves.
    history.wait(500).leader('6', '110').wait(500).leader('8', '100');
    history.fill(exit, '0.8').wait(6_000).mark('100');
    approve(history, '0.6', '2').order('0.6', { cause: 'repair', price: units(price) });
    expect(history.found()).toEqual(expected);
  });

  it.each<[string, readonly string[]]>([
    ['106', []],
    ['111', ['price_bound']],
  ])('keep the price they came at also where a part of them that was approved before filled whole, bought at %s', (price, expected) => {
    const history = new History({ approveWithinMs: WITHIN_MS, maxAgeMs: 2_000, catchUpMs: 5_000 }).wait(1_000).mark('100').leader('10', '110');
    for (const [leader, at] of [
      ['12', '100'],
      ['14', '100'],
      ['16', '100'],
    ] as const)
      history.wait(25_000).leader(leader, at);
    history.fill(enter(approve(history, '0.8'), '0.8'), '0.8');
    approve(history.wait(12_000), '0.8', '2').mark('100').wait(100);
    history.order('0.8', { cause: 'repair', price: units(price) });
    expect(history.found()).toEqual(expected);
  });

  it.each<[string, string, number, string, readonly string[]]>([
    ['keep their price beside newer ones where a part of them was approved and filled', '0.4', 20_000, '105.5', []],
    ['are bound by the highest of them', '0.4', 20_000, '110.6', ['price_bound']],
    ['are copied where all of them was', '1', 20_000, '105.5', ['price_bound']],
    ['are asked about no more where the newer ones came behind the end', '0.4', 60_000, '105.5', ['price_bound']],
  ])('%s', (_what, approved, everyMs, price, expected) => {
    const history = new History({ approveWithinMs: WITHIN_MS }).leader('10', '110').wait(12_000).mark('100');
    history.fill(
      approve(history, approved).order(approved, { cause: 'repair', decidedAt: history.now + 10, price: units('110.5') }),
      approved,
      '110',
    );
    for (const position of ['20', '30', '40']) history.wait(everyMs).mark('100').leader(position, '100');
    approve(history, '1', '2').order('1', { cause: 'repair', decidedAt: history.now + 10, price: units(price) });
    expect(history.found()).toEqual(expected);
  });

  it('are copied by the entry of all of them, also where newer ones come before its fill', () => {
    const history = new History({ approveWithinMs: WITHIN_MS }).leader('10', '110').wait(12_000).mark('100');
    const entry = approve(history, '1').order('1', { cause: 'repair', decidedAt: history.now + 10, price: units('110.5') });
    history.wait(50).leader('20', '100').fill(entry, '1', '110');
    for (const position of ['30', '40', '50']) history.wait(20_000).mark('100').leader(position, '100');
    approve(history, '1', '2').order('1', { cause: 'repair', decidedAt: history.now + 10, price: units('105.5') });
    expect(history.found()).toEqual(['price_bound']);
  });

  it.each<[string, string, readonly string[]]>([
    ['keep their price', '105.5', []],
    ['are bound by the highest of them', '110.6', ['price_bound']],
  ])('%s where a limit on what is held trimmed the copy meanwhile', (_what, price, expected) => {
    const caps = { ...SETTINGS.caps, maxPositionNotional: units('1100') };
    const stateLimits = { position_notional: 'trim', position_share: 'alert', leverage: 'alert', gross_exposure: 'alert' } as const;
    const history = new History({ approveWithinMs: WITHIN_MS, caps, stateLimits }).leader('200', '110');
    const approved = (size: string, no: string, limit = '105.5'): string => {
      history.wait(12_000).mark('100');
      return approve(history, size, no).order(size, { cause: 'repair', decidedAt: history.now + 10, price: units(limit) });
    };
    history.fill(approved('10', '1'), '10', '105').wait(1_000).mark('120').wait(100);
    history.fill(history.exit('-1.3', { cause: 'repair', price: units('119') }), '1.3', '120');
    history.wait(1_000).mark('100').fill(approved('0.5', '2'), '0.5');
    history.wait(2_000).leader('210', '100');
    for (const position of ['220', '230']) history.wait(20_000).mark('100').leader(position, '100');
    approved('0.5', '3', price);
    expect(history.found()).toEqual(expected);
  });

  it('leave without one where none is needed, before the terms or with those asked for', () => {
    const free = new History().wait(1_000).mark('100').leader('10');
    free.order('1');
    expect(free.found()).toEqual([]);
    const loosened = asking();
    const { approveWithinMs: _none, ...settings } = loosened.settings;
    loosened.tell({ kind: 'terms_asked', at: loosened.now, copyId: COPY.copyId, settings, allocation: units('10000') });
    enter(loosened, '1');
    expect(found(loosened)).toBe(false);
  });

  it('have a price of each increment that was asked for, also while more was held than all of them', () => {
    const history = asking();
    history.fill(enter(approve(history, '1'), '1'), '1');
    history.wait(1_000).mark('100').leader('2');
    const exit = history.exit('-0.8');
    history.wait(200).leader('4', '101').wait(200).leader('5').fill(exit, '0.8');
    approve(history.wait(1_000).mark('100'), '0.3', '2').wait(10);
    history.order('0.3', { cause: 'repair', price: units('101.1') });
    history.wait(100).order('0.01', { cause: 'repair', price: units('101.6') });
    expect(history.found()).toContain('price_bound');
    expect(history.auditor.violations().filter(({ kind }) => kind === 'price_bound')).toHaveLength(1);
  });

  it('never hold up an exit', () => {
    const history = asking();
    history.fill(enter(approve(history, '1'), '1'), '1');
    history.wait(1_000).mark('100').leader('5').exit('-0.5');
    expect(history.found()).toEqual([]);
  });
});
