import type { Clock } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { createHealth } from './health';

function stepped(): { clock: Clock; pass(ms: number): void } {
  let ms = 0;
  return {
    clock: { now: () => ms, monotonic: () => ms },
    pass: (by) => {
      ms += by;
    },
  };
}

describe('readiness', () => {
  it('holds while every check answers', async () => {
    const health = createHealth({ clock: stepped().clock });
    health.addCheck('database', () => Promise.resolve());
    expect(await health.ready()).toEqual({ ok: true, checks: { database: 'ok' }, draining: false });
  });

  it.each<[string, () => Promise<void>, string]>([
    ['rejects', () => Promise.reject(new Error('postgres://owner:hunter2@db')), 'failing'],
    [
      'throws',
      () => {
        throw new Error('x');
      },
      'failing',
    ],
    ['never answers', () => new Promise(() => undefined), 'timed_out'],
  ])('ends when a check %s, without telling more than its name', async (_what, check, state) => {
    const health = createHealth({ clock: stepped().clock, checkTimeoutMs: 20 });
    health.addCheck('database', check);
    health.addCheck('other', () => Promise.resolve());
    const report = await health.ready();
    expect(report).toEqual({ ok: false, checks: { database: state, other: 'ok' }, draining: false });
  });

  it('asks at most once per second, however often it is probed', async () => {
    const { clock, pass } = stepped();
    const health = createHealth({ clock });
    let asked = 0;
    health.addCheck('database', async () => {
      asked += 1;
    });
    await Promise.all(Array.from({ length: 50 }, () => health.ready()));
    expect(asked).toBe(1);
    pass(1_000);
    await health.ready();
    expect(asked).toBe(2);
  });

  it('ends when draining begins, while the process stays alive', async () => {
    const health = createHealth({ clock: stepped().clock });
    health.startDraining();
    expect((await health.ready()).ok).toBe(false);
    expect(health.live().ok).toBe(true);
  });
});

describe('liveness', () => {
  it('ends when a loop stays silent too long and returns with its pulse', () => {
    const { clock, pass } = stepped();
    const health = createHealth({ clock });
    const beat = health.addPulse('step loop', 500);
    pass(500);
    expect(health.live().ok).toBe(true);
    pass(1);
    expect(health.live()).toMatchObject({ ok: false, checks: { 'step loop': 'failing' } });
    beat();
    expect(health.live().ok).toBe(true);
  });
});
