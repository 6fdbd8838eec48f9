import { STATUS } from '@lockstep/replication';
import type { LeaderAccess } from '@lockstep/roster';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { StopVersion } from '../context';
import { type CopyRecord, Registry } from '../state/registry';
import { Rights } from '../state/rights';
import { StopWishes } from './stop-wishes';

const NOW = 1_000;
const SCOPE = scopeFromPlatformList('ten_01j000000000000000000000a1' as never, 'live');
const OTHER = scopeFromPlatformList('ten_01j000000000000000000000a2' as never, 'live');

/** Copies `cpy_0`… of leader `ldr_a`; copy 0 and 1 belong to follower `flw_a`, 2 to `flw_b`. */
function standing(states: readonly string[] = ['active', 'active', 'active'], access: LeaderAccess = 'everyone') {
  const registry = new Registry();
  const status = states.map((state) => STATUS.active | (state === 'paused' ? STATUS.paused : 0));
  const book = {
    setStatus: (row: number, bits: number, on: boolean) => {
      const before = status[row] ?? 0;
      status[row] = on ? before | bits : before & ~bits;
    },
  };
  const copies = states.map((state, row) => {
    const group = { scope: SCOPE, leaderId: 'ldr_a', access };
    const copy = {
      no: row,
      id: `cpy_${row}`,
      row,
      state,
      followerId: row < 2 ? 'flw_a' : 'flw_b',
      group,
      watched: { book },
    } as unknown as CopyRecord;
    registry.copies.set(row, copy);
    return copy;
  });
  const [stops, rights] = [new StopVersion(), new Rights()];
  const paused = (): number[] => status.flatMap((bits, row) => ((bits & STATUS.paused) === 0 ? [] : [row]));
  return {
    wishes: new StopWishes(
      registry,
      () => stops.changed(),
      rights,
      () => NOW,
    ),
    stops,
    rights,
    paused,
    copies,
  };
}

const command = (no: number, kind: string, targetId: string) => ({ no: BigInt(no), kind, targetId }) as never;

describe('stops that are read and not carried out', () => {
  it.each([
    ['copy.pause', 'cpy_1', [1]],
    ['copy.stop', 'cpy_2', [2]],
    ['leader.pause', 'ldr_a', [0, 1, 2]],
    ['leader.close', 'ldr_a', [0, 1, 2]],
    ['leader.close_all', 'ldr_a', [0, 1, 2]],
    ['follower.close_all', 'flw_a', [0, 1]],
    ['tenant.close_all', SCOPE.tenantId, [0, 1, 2]],
    ['leader.pause', 'ldr_b', []],
    ['copy.settings', 'cpy_1', []],
    ['copy.resume', 'cpy_1', []],
  ])('%s of %s keeps entries of copies %j', (kind, target, rows) => {
    const { wishes, paused, stops } = standing();
    const before = stops.current;
    wishes.read(SCOPE, command(1, kind, target));
    expect(paused()).toEqual(rows);
    if (rows.length > 0) expect(stops.current).toBeGreaterThan(before);
  });

  it('of another tenant keep nothing', () => {
    const { wishes, paused } = standing();
    wishes.read(OTHER, command(1, 'leader.pause', 'ldr_a'));
    expect(paused()).toEqual([]);
  });

  it('stand until the last of them is settled, and leave what the copy then is', () => {
    const { wishes, paused, copies } = standing();
    wishes.read(SCOPE, command(1, 'copy.pause', 'cpy_0'));
    wishes.read(SCOPE, command(2, 'follower.close_all', 'flw_a'));
    Object.assign(copies[0] ?? {}, { state: 'paused' });
    wishes.ended(SCOPE, command(1, 'copy.pause', 'cpy_0'));
    expect(paused()).toEqual([0, 1]);
    wishes.ended(SCOPE, command(2, 'follower.close_all', 'flw_a'));
    expect(paused()).toEqual([0]);
  });

  it('are met by a copy that begins or is resumed meanwhile', () => {
    const { wishes, paused, copies } = standing(['paused']);
    wishes.read(SCOPE, command(1, 'copy.pause', 'cpy_0'));
    const [copy] = copies;
    copy?.watched.book.setStatus(0, STATUS.paused, false);
    if (copy !== undefined) wishes.meet(copy);
    expect(paused()).toEqual([0]);
  });
});

describe('wishes about rights that are read and not carried out', () => {
  const entitle = (rights: Rights, followerId: string, until: number | null, revokedAt: number | null = null) =>
    rights.takeEntitlement(SCOPE, { id: `ent_${followerId}`, leaderId: 'ldr_a', followerId, until, revokedAt } as never);

  it.each([
    ['granted', 'entitlement.revoke', 'ent_flw_a', [0, 1]],
    ['granted', 'entitlement.shorten', 'ent_flw_b', [2]],
    ['granted', 'entitlement.grant', 'ent_flw_a', []],
    ['everyone', 'entitlement.revoke', 'ent_flw_a', []],
    ['granted', 'terms.bind', 'ldr_a', [0, 1, 2]],
    ['granted', 'terms.announce', 'ldr_a', []],
    ['granted', 'copy.consent', 'cpy_0', []],
    ['granted', 'leader.open', 'ldr_a', []],
  ] as const)('where access is for %s, %s of %s keeps entries of copies %j', (access, kind, target, rows) => {
    const { wishes, rights, paused } = standing(undefined, access);
    for (const follower of ['flw_a', 'flw_b']) entitle(rights, follower, null);
    wishes.read(SCOPE, command(1, kind, target));
    expect(paused()).toEqual(rows);
  });

  it('leader.restrict keeps entries of those whose followers are not entitled, or no longer', () => {
    const { wishes, rights, paused } = standing();
    entitle(rights, 'flw_a', NOW);
    entitle(rights, 'flw_b', NOW + 1);
    wishes.read(SCOPE, command(1, 'leader.restrict', 'ldr_a'));
    expect(paused()).toEqual([0, 1]);
  });

  it('keep nothing back any more once they are settled, whatever they left', () => {
    const { wishes, rights, paused } = standing(undefined, 'granted');
    entitle(rights, 'flw_a', null);
    wishes.announce(SCOPE, { kind: 'entitlement.revoke', targetId: 'ent_flw_a' });
    wishes.read(SCOPE, command(1, 'entitlement.revoke', 'ent_flw_a'));
    entitle(rights, 'flw_a', null, NOW);
    wishes.confirmed(SCOPE, wishes.announcements);
    expect(paused()).toEqual([0, 1]);
    wishes.ended(SCOPE, command(1, 'entitlement.revoke', 'ent_flw_a'));
    expect(paused()).toEqual([]);
  });

  it('terms that bind later keep nothing back when a wake-up tells of them, and do where they are met beside what is written down', () => {
    const { wishes, paused } = standing();
    wishes.announce(SCOPE, { kind: 'terms.announce', targetId: 'ldr_a' });
    expect(paused()).toEqual([]);
    wishes.meetPending(SCOPE, [command(1, 'terms.announce', 'ldr_a')]);
    expect(paused()).toEqual([0, 1, 2]);
  });
});

describe('stops that a wake-up named and nobody has read', () => {
  const pause = { kind: 'copy.pause', targetId: 'cpy_1' };

  it('keep entries at once, and until they are carried out', () => {
    const { wishes, paused, stops, copies } = standing();
    const before = stops.current;
    wishes.announce(SCOPE, pause);
    expect(paused()).toEqual([1]);
    expect(stops.current).toBeGreaterThan(before);
    wishes.read(SCOPE, command(1, 'copy.pause', 'cpy_1'));
    wishes.confirmed(SCOPE, wishes.announcements);
    expect(paused()).toEqual([1]);
    Object.assign(copies[1] ?? {}, { state: 'paused' });
    wishes.ended(SCOPE, command(1, 'copy.pause', 'cpy_1'));
    expect(paused()).toEqual([1]);
  });

  it('keep nothing once a reading that began later found no such command', () => {
    const { wishes, paused } = standing();
    wishes.announce(SCOPE, pause);
    wishes.confirmed(SCOPE, wishes.announcements);
    expect(paused()).toEqual([]);
  });

  it.each<[string, (wishes: StopWishes, before: number) => void]>([
    ['began before they were told', (wishes, before) => wishes.confirmed(SCOPE, before)],
    ['was of another scope', (wishes) => wishes.confirmed(OTHER, wishes.announcements)],
    ['began before they were told again', (wishes) => retold(wishes)],
  ])('stand after a reading that %s', (_name, reading) => {
    const { wishes, paused } = standing();
    const before = wishes.announcements;
    wishes.announce(SCOPE, pause);
    reading(wishes, before);
    expect(paused()).toEqual([1]);
  });
  function retold(wishes: StopWishes): void {
    const before = wishes.announcements;
    wishes.announce(SCOPE, pause);
    wishes.confirmed(SCOPE, before);
  }

  it('are met by a copy that begins', () => {
    const { wishes, paused, copies } = standing();
    wishes.announce(SCOPE, pause);
    const copy = copies[1];
    copy?.watched.book.setStatus(1, STATUS.paused, false);
    if (copy !== undefined) wishes.meet(copy);
    expect(paused()).toEqual([1]);
  });

  it.each([
    ['copy.resume', 'cpy_1'],
    ['copy.settings', 'cpy_1'],
    ['leader.watch', 'ldr_a'],
  ])('are none of the kind %s', (kind, targetId) => {
    const { wishes, paused } = standing();
    wishes.announce(SCOPE, { kind, targetId });
    expect(paused()).toEqual([]);
  });
});
