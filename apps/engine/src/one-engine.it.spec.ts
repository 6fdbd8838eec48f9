import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Rig, startRig } from './testing/rig';

describe('a second engine on one database', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await startRig();
    await rig.startEngine();
  });

  afterAll(async () => {
    await rig?.close();
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'with settings of its own',
      { LOCKSTEP_DATA_DIR: mkdtempSync(join(tmpdir(), 'lockstep-engine-two-')), LOCKSTEP_SIGNING_WORKERS: '1' },
      'another engine works',
    ],
    ['told to take a share', { LOCKSTEP_ENGINE_SHARD: '1', LOCKSTEP_ENGINE_SHARDS: '2' }, 'LOCKSTEP_ENGINE_SHARDS: unknown'],
  ])('%s does not start', async (_name, env, why) => {
    await expect(rig.startEngine(env)).rejects.toThrow(why);
  });
});

describe('an engine whose lock the database forgot', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await startRig();
  });

  afterAll(async () => {
    await rig?.close();
  });

  it('ends at once, and the next one leads', async () => {
    const first = await rig.startEngine();
    await rig.forgetLocks();
    expect(await first.exited).toBe(1);
    expect(first.lines.some(({ message }) => message === 'draining')).toBe(false);
    const second = await rig.startEngine();
    expect(second.ready.instance).toBe(Number(first.ready.instance) + 1);
    await second.stop();
  });

  it('may stand still meanwhile: the next one leads beside it, and it ends as soon as it goes on', async () => {
    const first = await rig.startEngine();
    process.kill(first.pid, 'SIGSTOP');
    await rig.forgetLocks();
    const second = await rig.startEngine();
    process.kill(first.pid, 'SIGCONT');
    expect(await first.exited).toBe(1);
    expect(second.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
    expect(await second.stop()).toBe(0);
  });
});
