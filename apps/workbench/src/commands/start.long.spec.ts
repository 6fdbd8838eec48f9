import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRunFolder } from '../processes/run-folder';
import { StartedHere } from '../processes/testing/started-here';

const dataDir = makeRunFolder('start');
let started: StartedHere;
beforeAll(async () => {
  started = await StartedHere.on(dataDir);
});
afterAll(async () => {
  await started?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('npm start', () => {
  it('goes on with everything there is, and makes a further operator key where it is asked to', async () => {
    const { key } = await started.partner('Kept');
    const before = started.operatorKey;
    expect(await started.stop(), 'Ctrl-C ends it well').toBe(0);
    started = await StartedHere.on(dataDir, ['--new-operator-key']);
    expect(started.operatorKey).not.toBe(before);
    expect((await started.ask(key, 'GET', 'tenant')).body).toMatchObject({ name: 'Kept' });
    for (const operatorKey of [before, started.operatorKey]) expect((await started.ask(operatorKey, 'GET', 'operator/tenants')).status).toBe(200);
  });
});
