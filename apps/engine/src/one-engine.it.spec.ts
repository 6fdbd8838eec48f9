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
