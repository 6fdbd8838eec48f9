import { makeId } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { commandWakeup, parseCommandWakeup, suspendedTenantOf, suspensionWakeup, wakeupPayload } from './wakeup-channels';

const scope = { tenantId: 'ten_1', environment: 'live' } as never;

describe('what a wake-up of a command names', () => {
  it('comes back out of its payload', () => {
    const command = { kind: 'copy.pause', targetId: 'cpy_1' };
    expect(parseCommandWakeup(commandWakeup(scope, command))).toEqual({ scope: wakeupPayload(scope), command });
  });

  it.each(['', '|copy.pause', '|copy.pause|', '||cpy_1'])('is nothing behind a scope followed by %j', (rest) => {
    expect(parseCommandWakeup(wakeupPayload(scope) + rest)).toEqual({ scope: wakeupPayload(scope), command: null });
  });
});

describe('what a wake-up of a suspension names', () => {
  it('comes back out of its payload', () => {
    const tenantId = makeId('tenant', 1, new Uint8Array(10));
    expect(suspendedTenantOf(suspensionWakeup(tenantId))).toBe(tenantId);
  });

  it.each(['', 'suspension:', 'suspension:ten_1', 'kill_switch', makeId('tenant', 1, new Uint8Array(10))])('is nobody in %j', (payload) => {
    expect(suspendedTenantOf(payload)).toBeNull();
  });
});
