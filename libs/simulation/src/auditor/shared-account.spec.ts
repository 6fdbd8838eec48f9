import { describe, expect, it } from 'vitest';
import type { CopyAtCalm, LedgerTransactionRow } from './calm';
import { COIN, rate, units } from './testing/history';
import { SharingHistory } from './testing/sharing-history';
import type { ViolationKind } from './violation';

/** Copy a holds 3 bought at 100, copy b nothing. */
const aHolds = (): SharingHistory => new SharingHistory().opens('a', '30');
/** Copy a holds 3, b −5, the account −2. */
const opposed = (): SharingHistory => {
  const history = aHolds().leader('b', '-50');
  const closing = history.order('b', '-3', false, true, 'w');
  const opening = history.order('b', '-2', false, false, 'w');
  return history.fill(closing).fill(opening);
};

const NO_MARGIN = 'Insufficient margin to place order. asset=1';

/** Copy a holds 3, b −2.8, and a closes all of it by one order at a limit: 0.2 of it closes the account, the rest opens it. */
const closesALittle = (limit: string): SharingHistory => {
  const history = aHolds().leader('b', '-28');
  history.fill(history.order('b', '-2.8', false, true)).leader('a', '0');
  history.order('a', '-3', true, false, 'w', limit);
  return history;
};

describe('two copies on one account that are as they should be', () => {
  it.each<[string, () => SharingHistory]>([
    ['open on one side', () => aHolds().opens('b', '20')],
    ['open against each other, split at flat', opposed],
    [
      'an exit that opens the account is not reduce-only',
      () => {
        const history = opposed().leader('a', '0');
        return history.fill(history.order('a', '-3', true, false));
      },
    ],
    [
      'an exit of what the account has is',
      () => {
        const history = opposed().leader('b', '-30');
        return history.fill(history.order('b', '2', true, true));
      },
    ],
    ['both enter against each other', () => new SharingHistory().leader('a', '30').leader('b', '-30').cross('a', '3')],
  ])('%s', (_what, history) => {
    expect(history().calm().found()).toEqual([]);
  });
});

describe('a cross in a delisted instrument', () => {
  it.each<[string, boolean, number, string, readonly ViolationKind[]]>([
    ['at the last mark', true, 40_000, '100', []],
    ['at the last mark, however new the last book is', true, 6_000, '100', []],
    ['at no other price', true, 40_000, '100.01', ['cross_wrong']],
    ['and not where it is listed, though no book was told for long', false, 40_000, '100', ['cross_wrong']],
  ])('closes what both hold against each other %s', (_what, delisted, waitMs, price, kinds) => {
    const history = opposed().leader('a', '0').leader('b', '0');
    if (delisted) history.tell({ kind: 'world_delisted', at: history.now, coin: COIN });
    history.wait(waitMs);
    expect(
      history
        .cross('b', '3', price)
        .auditor.violations()
        .map(({ kind }) => kind),
    ).toEqual(kinds);
  });
});

describe('reduce-only is set exactly where an order moves the account towards zero', () => {
  it.each<[string, () => SharingHistory, readonly ViolationKind[]]>([
    [
      'an exit that opens the account must not be: the venue would refuse it',
      () => {
        const history = opposed().leader('a', '0');
        history.order('a', '-3', true, true);
        return history;
      },
      ['reduce_only_wrong'],
    ],
    [
      'an entry that only closes what the account has must be',
      () => {
        const history = aHolds().leader('b', '-20');
        history.order('b', '-2', false, false);
        return history;
      },
      ['reduce_only_wrong'],
    ],
    [
      'an entry beside a mirror that may close all of it need not be',
      () => {
        const history = aHolds().mirror('b', '-3').leader('b', '-20');
        history.order('b', '-2', false, false);
        return history;
      },
      [],
    ],
    [
      'one that crosses flat is split',
      () => {
        const history = aHolds().leader('b', '-50');
        history.order('b', '-5', false, false);
        return history;
      },
      ['reduce_only_wrong'],
    ],
    [
      'the closing part leaves first',
      () => {
        const history = aHolds().leader('b', '-50');
        history.order('b', '-2', false, false, 'w');
        history.order('b', '-3', false, true, 'w');
        return history;
      },
      ['reduce_only_wrong'],
    ],
    [
      'an exit is one of its own copy alone',
      () => {
        const history = aHolds();
        history.order('b', '-3', true, true);
        return history;
      },
      ['exit_beyond_position'],
    ],
    ['a part to close that is worth less than the minimum at its limit cannot go alone', () => closesALittle('45'), []],
    ['one that is worth it can', () => closesALittle('99.6'), ['reduce_only_wrong']],
    [
      'what is on its way counts as filled',
      () => {
        const history = aHolds().leader('b', '-20');
        history.order('b', '-2', false, true);
        history.wait(1).leader('a', '0');
        // 1 of 3 is left to close for certain: what is beyond that opens, if b's order fills.
        history.order('a', '-1', true, true, 'w');
        history.order('a', '-2', true, false, 'w');
        return history;
      },
      [],
    ],
  ])('%s', (_what, make, kinds) => {
    const history = make();
    // What another copy may have had planned is known by then.
    history.wait(30_000).auditor.calm({ ...history.snapshot(), copies: [], fills: [], orders: [] });
    expect(history.found().filter((kind) => kind === 'reduce_only_wrong' || kind === 'exit_beyond_position')).toEqual(kinds);
  });
});

describe('a cross', () => {
  const both = (settings = {}) => new SharingHistory(settings).leader('a', '30').leader('b', '-30');
  it.each<[string, () => SharingHistory, readonly ViolationKind[]]>([
    ['away from the middle', () => both().cross('a', '3', '100.05'), ['cross_wrong']],
    ['at the middle of an old book', () => both().wait(9_000).leader('a', '40').leader('b', '-40').cross('a', '4'), ['cross_wrong']],
    [
      'outside of a bound',
      () =>
        both({ entryBound: rate('0.005') })
          .quote('101', '103')
          .cross('a', '3', '102'),
      ['price_bound'],
    ],
    ['of one copy with itself', () => both().cross('a', '3', '100', { sellerId: 'a' }), ['cross_wrong']],
    ['that enters more than the target', () => both().cross('a', '4'), ['beyond_target']],
    ['that enters without a cause', () => aHolds().leader('a', '0').cross('b', '3'), ['entry_without_cause']],
    [
      'beyond a limit',
      () => both({ caps: { maxPositionSize: units('2'), maxPositionNotional: null, maxPositionShare: null, maxLeverage: null } }).cross('a', '3'),
      ['cap_position_size'],
    ],
    [
      'after a pause',
      () => {
        const history = both();
        history.tell({ kind: 'halt', at: history.now - 500, thing: { kind: 'copy', copyId: 'a' }, cause: 'pause' });
        return history.cross('a', '3');
      },
      ['halt_ignored'],
    ],
  ])('%s is told', (_what, history, kinds) => {
    expect(history().found()).toEqual(kinds);
  });

  it.each<[string, string, readonly ViolationKind[]]>([
    ['at the middle', '100', []],
    ['away from it', '100.05', ['cross_wrong']],
  ])('of a process that died as it stood is judged by what that was told: %s', (_where, price, kinds) => {
    const history = both();
    history.tell({ kind: 'process_died', at: history.now, process: 'p1' });
    expect(history.cross('a', '3', price).found()).toEqual(kinds);
  });
});

describe('funding of an account with two copies', () => {
  const proportional = { mode: { kind: 'proportional', multiplier: rate('1'), compounding: 'reinvest' } } as const;
  /** What is told where copy a, whose leader doubles, doubles its 10 by so much. */
  const adds = (history: SharingHistory, size: string): readonly ViolationKind[] => {
    history.leader('a', '200');
    return history.fill(history.order('a', size, false, false)).found();
  };
  /** a 10, b −5, and what b sells as the account is charged leaves next to no net. */
  const charged = (): SharingHistory => {
    const history = new SharingHistory(proportional).opens('a', '100').leader('b', '-50');
    history.fill(history.order('b', '-5', false, true)).leader('b', '-99.8');
    return history.fill(history.order('b', '-4.98', false, true), () => history.charge('-0.5'));
  };

  it('is shared out by what was held before it, not by what filled in its block', () => {
    expect(adds(charged(), '9.98')).toEqual([]);
    expect(adds(charged(), '10.5')).toEqual(['beyond_target']);
  });

  it.each<[string, string, string, boolean, readonly ViolationKind[]]>([
    ['by its own quantity', '-1', '0.5', false, []],
    ['not the whole of it', '-0.5', '0', false, ['money_wrong']],
    ['not the whole of it, whatever another charge leaves open', '-0.5', '0', true, ['money_wrong']],
  ])('is each copy’s %s', (_what, ofA, ofB, doubted, kinds) => {
    const history = new SharingHistory(proportional).opens('a', '100').leader('b', '-50');
    history
      .fill(history.order('b', '-5', false, true))
      .wait(10_000)
      .charge('-0.5');
    const part = (copyId: 'a' | 'b', amount: string): LedgerTransactionRow => {
      const charge = { copyId, coin: COIN, time: history.chargedAt, amount: units(amount) };
      return { scope: 'brand-a', id: copyId, source: `charge of ${copyId}`, postings: [], charge };
    };
    const transactions = [part('a', ofA), part('b', ofB)];
    if (doubted) history.fill(history.order('b', '-1', false, true), () => history.charge('-0.1'));
    history.wait(60_000).calm({ ...history.snapshot(), transactions });
    const parts = history.auditor.violations().filter(({ text }) => text.startsWith('part of copy'));
    expect([...new Set(parts.map(({ kind }) => kind))]).toEqual(kinds);
  });

  it('may be either copy’s where that is not known: its equity is what it may be at most', () => {
    const unsure = (): SharingHistory => {
      const history = new SharingHistory(proportional).opens('a', '100').leader('b', '-100');
      history.fill(history.order('b', '-10', false, true)).charge('-400');
      return history.wait(1_000);
    };
    expect(adds(unsure(), '10.35')).toEqual([]);
    expect(adds(unsure(), '11')).toEqual(['beyond_target']);
  });
});

describe('what a follower withdrew from an account with two copies of 10000 each', () => {
  const proportional = { mode: { kind: 'proportional', multiplier: rate('1'), compounding: 'reinvest' } } as const;
  it.each<[string, string, CopyAtCalm['state'], string, readonly ViolationKind[]]>([
    // what, what the account really has, state of the other copy, what one opens behind a leader of 100000 who opened 100
    ['scales each by its share', '10000', 'active', '5', []],
    ['and by no more', '10000', 'active', '4.5', ['target_too_low']],
    ['scales nothing where it covers both', '20000', 'active', '9', ['target_too_low']],
    ['scales each beside one that takes no new risk', '10000', 'paused', '5', []],
    ['and nothing where it covers the one that is left', '10000', 'stopped', '5', ['target_too_low']],
  ])('%s', (_what, has, other, size, kinds) => {
    const history = new SharingHistory(proportional);
    history.tell({ kind: 'copy_state', at: history.now, copyId: 'b', state: other });
    history.wait(40_000).tell({ kind: 'account_state_delivered', at: history.now, process: 'p1', account: '0xf1', equity: units(has) });
    history.wait(1_000).quote('99.9', '100.1').leader('a', '100');
    history.fill(history.order('a', size, false, false)).wait(60_000);
    history.calm(history.snapshot((copy) => (copy.copyId === 'b' ? { ...copy, state: other } : copy)));
    expect(history.found().filter((kind) => kind.startsWith('target'))).toEqual(kinds);
  });
});

describe('in a calm', () => {
  const crossed = () => new SharingHistory().leader('a', '30').leader('b', '-30').cross('a', '3');
  const off =
    (by: Partial<CopyAtCalm['booked']>) =>
    (copy: CopyAtCalm): CopyAtCalm =>
      copy.copyId === 'a' ? { ...copy, booked: { ...copy.booked, ...by } } : { ...copy, booked: { ...copy.booked } };

  it('each cross has two fills, each of its copy', () => {
    const swapped = crossed();
    const rows = swapped.fills().map((row) => ({ ...row, copyId: row.copyId === 'a' ? 'b' : 'a' }));
    expect(swapped.calm(swapped.snapshot(undefined, rows)).found()).toEqual(['other_scope']);
    const lost = crossed();
    expect(lost.calm(lost.snapshot(undefined, lost.fills().slice(1))).found()).toEqual(['fill_lost']);
    const invented = aHolds();
    const [row] = crossed().fills();
    expect(invented.calm(invented.snapshot(undefined, [...invented.fills(), ...(row === undefined ? [] : [row])])).found()).toEqual([
      'fill_invented',
    ]);
  });

  it('a remnant beside what another copy has may stay, and says so', () => {
    const remnant = (reasons: CopyAtCalm['instruments'][number]['reasons']): readonly ViolationKind[] => {
      const history = aHolds().opens('b', '0.9').leader('b', '0').wait(60_000);
      const snapshot = history.snapshot((copy) =>
        copy.copyId === 'b' ? { ...copy, instruments: copy.instruments.map((one) => ({ ...one, target: 0n, reasons })) } : copy,
      );
      return history.calm(snapshot).found();
    };
    expect(remnant(['dust'])).toEqual([]);
    expect(remnant([])).toEqual(['exit_not_followed']);
  });

  it('a stopped copy has what its proof lists', () => {
    const stopped = (size: string | null): readonly ViolationKind[] => {
      const history = aHolds().opens('b', '0.9').wait(60_000);
      history.tell({ kind: 'copy_state', at: history.now, copyId: 'b', state: 'stopped' });
      const dust = size === null ? [] : [{ coin: COIN, size: units(size) }];
      const snapshot = history.snapshot((copy) => (copy.copyId === 'b' ? { ...copy, state: 'stopped', proof: { dust, handedOver: [] } } : copy));
      return history.calm(snapshot).found();
    };
    expect(stopped('0.09')).toEqual([]);
    expect(stopped('0.08')).toEqual(['stop_not_flat']);
    expect(stopped(null)).toEqual(['stop_not_flat']);
  });

  it.each<[string, string, string, number, CopyAtCalm['state'], readonly ViolationKind[]]>([
    ['may not be: the account has not the margin of what it adds to', NO_MARGIN, '-3', 8_000, 'active', []],
    ['may not be of a copy that is to end either', NO_MARGIN, '-3', 8_000, 'breaker_closed', []],
    ['but has to be where a copy ended', NO_MARGIN, '-3', 8_000, 'stopped', ['stop_not_flat']],
    ['is tried again and again', NO_MARGIN, '-3', 20_000, 'active', ['exit_not_followed']],
    ['is asked for whole', NO_MARGIN, '-2', 8_000, 'active', ['exit_not_followed']],
    ['has to be where the venue refuses it for anything else', 'Order could not immediately match.', '-3', 8_000, 'active', ['exit_not_followed']],
  ])('what a copy closes against what the account holds beside it %s', (_what, reason, size, waitMs, state, kinds) => {
    const history = opposed().leader('a', '0');
    history.refuse(history.order('a', size, true, false), reason);
    if (state !== 'active') history.tell({ kind: 'copy_state', at: history.now, copyId: 'a', state });
    history.wait(waitMs);
    const snapshot = history.snapshot((copy) =>
      copy.copyId === 'a' ? { ...copy, state, instruments: copy.instruments.map((one) => ({ ...one, target: 0n })) } : copy,
    );
    expect(history.calm(snapshot).found()).toEqual(kinds);
  });

  it('what crossed is rounded as a fill is', () => {
    const rounded = crossed();
    expect(rounded.calm(rounded.snapshot(off({ realised: 1n }))).found()).toEqual([]);
    const wrong = crossed();
    expect(wrong.calm(wrong.snapshot(off({ realised: 1_000n }))).found()).toEqual(['money_wrong']);
  });

  it('profit and fees are each copy’s own, though the sum is right', () => {
    const history = aHolds().opens('b', '20');
    const move = units('0.01');
    const snapshot = history.snapshot((copy) => {
      const fees = copy.booked.fees + (copy.copyId === 'a' ? move : -move);
      return { ...copy, booked: { ...copy.booked, fees } };
    });
    expect(history.calm(snapshot).found()).toEqual(['money_wrong']);
    const moved = aHolds();
    expect(moved.calm(moved.snapshot(off({ realised: units('1') }))).found()).toEqual(['money_wrong']);
  });
});
