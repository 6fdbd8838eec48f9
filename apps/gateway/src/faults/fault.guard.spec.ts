import { makeId, present } from '@lockstep/kernel';
import { reproveKey, type VerifiedKey } from '@lockstep/tenancy';
import type { ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import type { GatewayContext } from '../app/context';
import { FaultGuard } from './fault.guard';
import { Faults } from './faults';

const NOW = 1_000;

function keyOf(environment: 'live' | 'test', faultsUntilMs: number | null): VerifiedKey {
  const record = {
    kid: 'k',
    keyId: makeId('apiKey', 1, new Uint8Array(10)),
    tenantId: makeId('tenant', 1, new Uint8Array(10)),
    environment,
    digest: new Uint8Array(32),
    scopes: [],
    narrowing: null,
    allowedAddresses: [],
    signed: 'nothing' as const,
    sealedSigningSecret: null,
    status: 'active' as const,
    expiresAtMs: null,
    tenantStatus: 'active' as const,
    tier: 'starter',
    apiVersion: '2026-11-01',
    tierLimits: null,
    faultsUntilMs,
  };
  const key = reproveKey(record, NOW);
  return present(key.ok ? key.value : undefined, 'the key is good');
}

/** Asks the guard about a request; how often storage was asked for it. */
async function pass(key: VerifiedKey | undefined, controller: string) {
  let asked = 0;
  const storage = {
    scoped: async () => {
      asked += 1;
      return [];
    },
  };
  const context = { clock: { now: () => NOW, monotonic: () => NOW }, storage } as unknown as GatewayContext;
  const execution = {
    getClass: () => ({ name: controller }),
    getHandler: () => ({ name: 'list' }),
    switchToHttp: () => ({ getRequest: () => ({ verifiedKey: key }), getResponse: () => ({}) }),
  } as unknown as ExecutionContext;
  const answer = new FaultGuard(context, new Faults(context), new HttpAdapterHost()).canActivate(execution);
  return { goesOn: await answer, asked, atOnce: !(answer instanceof Promise) };
}

describe('a request', () => {
  it.each<[string, VerifiedKey | undefined, string]>([
    ['without a key', undefined, 'CopiesController'],
    ['of a live key', keyOf('live', null), 'CopiesController'],
    ['of a live key whose tenant has test faults, or a row by mistake', keyOf('live', NOW + 1_000), 'CopiesController'],
    ['of a test key without faults', keyOf('test', null), 'CopiesController'],
    ['of a test key whose faults are over', keyOf('test', NOW), 'CopiesController'],
    ['about the faults themselves', keyOf('test', NOW + 1_000), 'SandboxFaultsController'],
  ])('%s goes on at once, and nobody is asked', async (_what, key, controller) => {
    expect(await pass(key, controller)).toEqual({ goesOn: true, asked: 0, atOnce: true });
  });

  it('of a test key with faults is looked at once where none is aimed at it', async () => {
    expect(await pass(keyOf('test', NOW + 1_000), 'CopiesController')).toEqual({ goesOn: true, asked: 1, atOnce: false });
  });
});
