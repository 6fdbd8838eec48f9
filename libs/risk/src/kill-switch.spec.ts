import { makeId } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { KILL_TARGETS, type KillTarget, killSwitchName, killTargetOf } from './kill-switch';

const zeros = new Uint8Array(10);
const tenant = makeId('tenant', 1, zeros);
const TARGETS: readonly KillTarget[] = [
  { kind: 'platform' },
  { kind: 'tenant', id: tenant },
  { kind: 'environment', id: tenant, environment: 'live' },
  { kind: 'environment', id: tenant, environment: 'test' },
  { kind: 'leader', id: makeId('leader', 1, zeros) },
  { kind: 'follower', id: makeId('follower', 1, zeros) },
  { kind: 'copy', id: makeId('copy', 1, zeros) },
];

describe('names of kill switches', () => {
  it('are one per target and lead back to it', () => {
    expect(new Set(TARGETS.map((target) => target.kind))).toEqual(new Set(KILL_TARGETS));
    expect(new Set(TARGETS.map(killSwitchName)).size).toBe(TARGETS.length);
    for (const target of TARGETS) expect(killTargetOf(killSwitchName(target))).toEqual(target);
  });

  it.each(['', 'maintenance', 'kill_switch:', 'kill_switch:ten_1', `kill_switch:${tenant}:other`, `kill_switch:${tenant}:live:x`])(
    '%j is none',
    (name) => {
      expect(killTargetOf(name)).toBeNull();
    },
  );
});
