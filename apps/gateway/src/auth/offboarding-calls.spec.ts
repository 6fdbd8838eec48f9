import { describe, expect, it } from 'vitest';
import { mayWhileOffboarding } from './offboarding-calls';

const leaving = { tenantStatus: 'offboarding' } as const;

describe('a key of a tenant on its way out', () => {
  it.each([
    ['GET', 'followers.list', true],
    ['HEAD', 'followers.list', true],
    ['POST', 'tenant.closeAll', true],
    ['POST', 'copies.stop', true],
    ['POST', 'followers.closeAll', true],
    ['POST', 'leaders.close', true],
    ['POST', 'leaders.closeAll', true],
    ['POST', 'killSwitches.engage', true],
    ['POST', 'killSwitches.release', false],
    ['POST', 'copies.pause', false],
    ['POST', 'copies.create', false],
    ['POST', 'proposals.decline', false],
    ['DELETE', 'apiKeys.revoke', false],
  ])('%s of %s is let through: %s', (method, operation, let_through) => {
    expect(mayWhileOffboarding(leaving, method, operation)).toBe(let_through);
    expect(mayWhileOffboarding({ tenantStatus: 'active' }, method, operation)).toBe(true);
  });
});
