import { STATUS } from '@lockstep/replication';
import { describe, expect, it } from 'vitest';
import { bitsFor, stopsOf } from './stop-switches';

const ids = { tenantId: 'ten_1', environment: 'test' as const, leaderId: 'ldr_1', followerId: 'flw_1', copyId: 'cpy_1' };
const { killSwitch, suspended } = STATUS;

describe('who may take no new risk', () => {
  it.each<[string, readonly (readonly [string, boolean])[], readonly (readonly [string, 'active' | 'suspended'])[], number]>([
    ['nobody is stopped', [], [['ten_1', 'active']], 0],
    ['the platform', [['kill_switch', true]], [], killSwitch],
    ['a switch that is off stops nobody', [['kill_switch', false]], [], 0],
    ['a tenant', [['kill_switch:ten_1', true]], [], killSwitch],
    ['a tenant’s environment', [['kill_switch:ten_1:test', true]], [], killSwitch],
    ['the tenant’s other environment', [['kill_switch:ten_1:live', true]], [], 0],
    ['a leader', [['kill_switch:ldr_1', true]], [], killSwitch],
    ['a follower', [['kill_switch:flw_1', true]], [], killSwitch],
    ['a copy', [['kill_switch:cpy_1', true]], [], killSwitch],
    ['somebody else', [['kill_switch:ten_2', true]], [['ten_2', 'suspended']], 0],
    ['a suspended tenant', [], [['ten_1', 'suspended']], suspended],
    ['both', [['kill_switch', true]], [['ten_1', 'suspended']], killSwitch | suspended],
    ['a flag of another name', [['maintenance', true]], [], 0],
  ])('%s', (_name, flags, tenants, bits) => {
    const stops = stopsOf(
      flags.map(([name, active]) => ({ name, active })),
      tenants.map(([id, status]) => ({ id, status })),
    );
    expect(bitsFor(stops, ids)).toBe(bits);
  });
});
