import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { Network } from '../state/networks';
import type { CopyRecord } from '../state/registry';
import type { StandingStop } from '../stops/standing-stops';
import type { StopTask } from '../stops/stop-tasks';
import { TestClocks } from '../test-clocks';
import type { Actions, MirrorActions } from './mirror-actions';
import { MirrorTurns } from './mirror-turns';

const ACTION: readonly StopTask[] = [{ kind: 'cancel', standing: {} as StandingStop, why: 'not_needed' }];
const actions = (count: number): Actions => Array.from({ length: count }, () => ACTION);

/** Turns on one network that takes 8 actions a second, 4 of them of cancels alone; the clock stands until it is told to go on. */
function begin() {
  const time = { now: 0 };
  const ctx = {
    clocks: new TestClocks(),
    clock: { monotonic: () => time.now },
    limits: { mirrorActionsPerSecond: 8, mirrorCancelReserve: 4 },
  } as unknown as EngineContext;
  const turns = new MirrorTurns(ctx);
  const network = {} as Network;
  const copies = new Map<number, CopyRecord>();
  const copyOf = (no: number): CopyRecord => {
    const copy = copies.get(no) ?? ({ no, account: { network } } as unknown as CopyRecord);
    copies.set(no, copy);
    return copy;
  };
  const due = (no: number, cancels: number, exits = 0, entries = 0): MirrorActions => ({
    copy: copyOf(no),
    cancels: actions(cancels),
    exits: actions(exits),
    entries: actions(entries),
  });
  const share = (...all: readonly MirrorActions[]): string =>
    turns
      .share(all)
      .map(({ copy, actions: granted }) => `${copy.no}:${granted.length}`)
      .join(' ');
  return { time, due, share };
}

describe('actions of a second about mirrors', () => {
  it.each<[string, (due: ReturnType<typeof begin>['due']) => readonly MirrorActions[], string]>([
    ['all leave where there is room', (due) => [due(1, 1, 1, 1), due(2, 0, 0, 1)], '1:3 2:1'],
    [
      'cancels of all copies come before places of the first',
      (due) => [due(1, 0, 0, 9), due(2, 1), due(3, 1), due(4, 1), due(5, 1)],
      '2:1 3:1 4:1 5:1',
    ],
    ['what takes risk off comes before entries', (due) => [due(1, 0, 0, 3), due(2, 0, 3)], '2:3 1:1'],
    ['places leave a reserve', (due) => [due(1, 0, 0, 9)], '1:4'],
    ['cancels take all there is', (due) => [due(1, 9)], '1:8'],
  ])('%s', (_what, given, expected) => {
    const { due, share } = begin();
    expect(share(...given(due))).toBe(expected);
  });

  it('of which places left nothing but the reserve are still there for the cancels of the same moment', () => {
    const { due, share } = begin();
    expect([share(due(1, 0, 0, 9)), share(due(1, 0, 0, 9)), share(due(2, 6))]).toEqual(['1:4', '', '2:4']);
  });

  it('go round: who lacked some is first the next time', () => {
    const { due, share, time } = begin();
    const all = [due(1, 0, 0, 2), due(2, 0, 0, 2), due(3, 0, 0, 2), due(4, 0, 0, 2)];
    const looks: string[] = [];
    for (let look = 0; look < 4; look += 1) {
      looks.push(share(...all));
      time.now += 250;
    }
    expect(looks).toEqual(['1:2 2:2', '3:2', '4:2', '1:2']);
  });
});
