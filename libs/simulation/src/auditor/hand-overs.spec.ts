import { describe, expect, it } from 'vitest';
import type { CopyAtCalm, HandedSeen } from './calm';
import type { CopyStateSeen } from './terms';
import { COIN, units } from './testing/history';
import { SharingHistory } from './testing/sharing-history';

const HANDED: HandedSeen = { coin: COIN, size: units('3'), price: units('100') };

/** Copy a holds 3 bought at 100 and is handed over, b holds 2 beside it. */
const handing = (): SharingHistory => {
  const history = new SharingHistory().opens('a', '30').opens('b', '20');
  return history.tell({ kind: 'copy_state', at: history.now, copyId: 'a', state: 'handing_over' });
};
const handedOver = (history = handing()): SharingHistory =>
  history.wait(1_000).tell({ kind: 'copy_state', at: history.now, copyId: 'a', state: 'stopped' }).wait(60_000);

/** The calm with copy a as said, its books closed where nothing is said of them. */
function calm(
  history: SharingHistory,
  handed: readonly HandedSeen[],
  changed: Partial<CopyAtCalm> = {},
  state: CopyStateSeen = 'stopped',
): readonly string[] {
  const instruments = [{ coin: COIN, target: 0n, position: 0n, reasons: [] }];
  const snapshot = history.snapshot((copy) =>
    copy.copyId === 'a' ? { ...copy, state, instruments, proof: { dust: [], handedOver: handed }, ...changed } : copy,
  );
  return history.calm(snapshot).found();
}

describe('a copy that was handed over (product §2.11)', () => {
  it.each<[string, readonly HandedSeen[], Partial<CopyAtCalm>, readonly string[]]>([
    ['lists what it had', [HANDED], {}, []],
    ['lists less than it had', [{ ...HANDED, size: units('2.99') }], {}, ['hand_over_wrong', 'money_wrong']],
    ['lists nothing', [], {}, ['hand_over_wrong']],
    ['has said nothing', [], { proof: undefined }, ['hand_over_wrong']],
    ['lists what it did not have', [HANDED, { ...HANDED, coin: 'Y' }], {}, ['hand_over_wrong', 'money_wrong']],
    ['lists it at no mark of that moment', [{ ...HANDED, price: units('101') }], {}, ['hand_over_wrong', 'money_wrong']],
    ['has it in its books still', [HANDED], { instruments: [{ coin: COIN, target: 0n, position: units('3'), reasons: [] }] }, ['hand_over_wrong']],
    ['wants something still', [HANDED], { instruments: [{ coin: COIN, target: units('1'), position: 0n, reasons: [] }] }, ['hand_over_wrong']],
  ])('that %s', (_what, handed, changed, found) => {
    expect(calm(handedOver(), handed, changed)).toEqual(found);
  });

  it('has its books closed at a mark: the profit of it is its own', () => {
    const gained = { ...HANDED, price: units('102') };
    const history = handing();
    history.tell({ kind: 'mark_delivered', at: history.now, process: 'p1', coin: COIN, price: units('102') });
    history.tell({ kind: 'copy_state', at: history.now, copyId: 'a', state: 'stopped' }).wait(60_000);
    const booked = { realised: units('6'), fees: units('0.01'), funding: 0n };
    expect(calm(history, [gained], { booked })).toEqual([]);
    expect(calm(history, [gained])).toEqual(['money_wrong']);
  });

  it.each<[string, boolean, readonly string[]]>([
    ['an exit', true, ['hand_over_wrong']],
    ['an entry', false, ['hand_over_wrong']],
  ])('has nothing traded for it any more: %s', (_what, exit, found) => {
    const history = handing().wait(200);
    if (exit) history.leader('a', '0');
    else history.leader('a', '40');
    history.order('a', exit ? '-3' : '1', exit, exit);
    expect(history.found().filter((kind) => kind === 'hand_over_wrong')).toEqual(found);
  });

  it('may have what left before', () => {
    const history = handing().leader('a', '0');
    history.fill(history.order('a', '-3', true, true));
    expect(history.found()).toEqual([]);
    expect(calm(handedOver(history), [])).toEqual([]);
  });

  it('is being closed where that is asked for meanwhile', () => {
    const asked = handing().wait(500);
    asked.tell({ kind: 'halt', at: asked.now, thing: { kind: 'copy', copyId: 'a' }, cause: 'stop' });
    asked.order('a', '-3', true, true);
    expect(asked.found()).toEqual([]);
    const history = handing().wait(500);
    history.tell({ kind: 'copy_state', at: history.now, copyId: 'a', state: 'stopping' }).wait(200);
    history.order('a', '-3', true, true);
    expect(history.found()).toEqual([]);
  });

  it('has ended in the calm', () => {
    const still = { instruments: [{ coin: COIN, target: 0n, position: units('3'), reasons: [] }] };
    expect(calm(handing().wait(20_000), [], still, 'handing_over')).toEqual([]);
    expect(calm(handing().wait(40_000), [], still, 'handing_over')).toEqual(['hand_over_wrong']);
  });

  it('leaves its account’s net to the follower: another copy closes its own part, which closes the account by as much', () => {
    const history = handedOver().leader('b', '0');
    history.fill(history.order('b', '-2', true, true));
    expect(calm(history, [HANDED])).toEqual([]);
  });
});
