import { makeId } from '@lockstep/kernel';
import { STATUS } from '@lockstep/replication';
import { describe, expect, it, vi } from 'vitest';
import type { EngineContext } from './context';
import { KnownStops } from './known-stops';
import { bitsFor, StopSwitches, stopsOf, withAnnounced } from './stop-switches';
import { TestClocks } from './test-clocks';

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

describe('what a wake-up named', () => {
  const tenant = makeId('tenant', 1, new Uint8Array(10));

  it('stops beside what was read', () => {
    const read = stopsOf([{ name: 'kill_switch:ldr_9', active: true }], []);
    const stops = withAnnounced(read, [`kill_switch:${tenant}`]);
    expect([...stops.killed].sort()).toEqual(['ldr_9', tenant].sort());
    expect(withAnnounced(read, ['kill_switch']).everyone).toBe(true);
    expect([...withAnnounced(stopsOf([], [{ id: 'ten_9', status: 'suspended' }]), [`suspension:${tenant}`]).suspendedTenants].sort()).toEqual(
      ['ten_9', tenant].sort(),
    );
  });

  it.each([
    ['a kill switch', `kill_switch:${tenant}`, killSwitch],
    ['a suspension', `suspension:${tenant}`, suspended],
  ])('acts while the database is slow, and until a reading that began later says otherwise: %s', async (_what, named, bit) => {
    const { switches, wake, reading, bits } = looking(tenant);
    const started = switches.start();
    await Promise.all([reading(0)([]), started]);
    wake('');
    wake(named);
    expect(bits()).toBe(bit);
    // Began before it was named.
    await reading(1)([]);
    expect(bits()).toBe(bit);
    await reading(2)([]);
    expect(bits()).toBe(0);
  });

  it.each([
    ['a kill switch', `kill_switch:${tenant}`, killSwitch],
    ['a suspension', `suspension:${tenant}`, suspended],
  ])('acts although the database is away: %s', async (_what, named, bit) => {
    const { switches, wake, reading, bits } = looking(tenant);
    const started = switches.start();
    await Promise.all([reading(0)([]), started]);
    wake(named);
    await reading(1)(null);
    expect(bits()).toBe(bit);
  });

  it.each([
    ['fails', null],
    ['does not come back', undefined],
  ])('is not needed to stop everybody where a reading %s for five seconds, until one says what is so', async (_how, end) => {
    const { switches, reading, bits, pass } = looking(tenant);
    const started = switches.start();
    await Promise.all([reading(0)([]), started]);
    pass(75);
    pass(4_925);
    if (end !== undefined) await reading(1)(end);
    expect(bits()).toBe(0);
    pass(1);
    if (end !== undefined) await reading(2)(end);
    expect(bits()).toBe(killSwitch);
    pass(1);
    await reading(end === undefined ? 1 : 3)([]);
    expect(bits()).toBe(0);
  });

  it.each(['', 'maintenance', 'kill_switch:nobody', 'suspension:nobody', `suspension:${makeId('tenant', 2, new Uint8Array(10))}`])(
    'is none of the copy’s where it is %j',
    async (payload) => {
      const { switches, wake, reading, bits } = looking(tenant);
      const started = switches.start();
      await Promise.all([reading(0)([]), started]);
      wake(payload);
      expect(bits()).toBe(0);
    },
  );
});

/** Switches over one copy of a tenant; `reading(n)` ends the n-th look at the flags with flags that are on, or without an answer. */
function looking(tenantId: string) {
  const answers: ((flags: readonly string[] | null) => void)[] = [];
  let status = 0;
  let now = 0;
  let tick = (): void => undefined;
  let listener: (payload: string) => void = () => undefined;
  const book = {
    copies: { status: { 0: 0 } },
    setStatus: (row: number, bits: number, on: boolean) => {
      status = on ? status | bits : status & ~bits;
      book.copies.status = { [row]: status } as { 0: number };
    },
  };
  const copy = {
    no: 1,
    id: 'cpy_1',
    row: 0,
    followerId: 'flw_1',
    group: { scope: { tenantId, environment: 'test' }, leaderId: 'ldr_1' },
    watched: { book },
  };
  const ctx = {
    clocks: new TestClocks(),
    registry: { copies: new Map([[1, copy]]) },
    storage: {
      platform: () =>
        new Promise((resolve, reject) =>
          answers.push((names) => {
            if (names === null) reject(new Error('away'));
            else resolve([names.map((name) => ({ name, active: true })), [], [], []]);
          }),
        ),
    },
    clock: { now: () => now, monotonic: () => now },
    knownStops: new KnownStops(() => now),
    timers: {
      every: (_ms: number, look: () => void) => {
        tick = look;
        return { cancel: () => undefined };
      },
    },
    limits: { stopMaxAgeMs: 5_000, stopPollMs: 75 },
    days: { take: () => undefined },
    chain: { takePlatform: () => false },
    stops: { changed: () => undefined },
    log: { warn: () => undefined, error: () => undefined },
  } as unknown as EngineContext;
  const wakeups = {
    subscribe: async (_channel: string, told: (payload: string) => void) => {
      listener = told;
      return async () => undefined;
    },
    onReconnect: () => () => undefined,
  };
  const reading = (index: number) => async (flags: readonly string[] | null) => {
    await vi.waitUntil(() => answers.length > index);
    answers[index]?.(flags);
    for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
  };
  return {
    switches: new StopSwitches(ctx, wakeups),
    wake: (payload: string) => listener(payload),
    reading,
    bits: () => status & (killSwitch | suspended),
    /** Time passes, and it is looked again. */
    pass: (ms: number): void => {
      now += ms;
      tick();
    },
  };
}
