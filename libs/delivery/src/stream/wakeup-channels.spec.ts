import { describe, expect, it } from 'vitest';
import { commandWakeup, parseCommandWakeup, wakeupPayload } from './wakeup-channels';

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
