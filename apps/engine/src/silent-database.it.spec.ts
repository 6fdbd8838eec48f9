import { type SilentLine, silentLine } from '@lockstep/platform/testing/silent-line';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copiedLeader } from './testing/pair';
import { type Rig, startRig } from './testing/rig';

/* Needs the built engine: npm run build. */
describe('an engine whose database says nothing any more', () => {
  let rig: Rig;
  let line: SilentLine;
  beforeAll(async () => {
    rig = await startRig();
    line = await silentLine(rig.databaseUrl);
  });
  afterAll(async () => {
    await rig?.close();
    await line?.close();
  });

  it('sends nothing that is not written down and ends by itself; the next one follows what was missed', async () => {
    const first = await rig.startEngine({ DATABASE_URL: line.url });
    const pair = await copiedLeader(rig, 2);
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    line.silence();
    await pair.trade('buy', '1');
    expect(await first.exited).toBe(1);
    expect(first.lines.filter(({ level }) => level === 'fatal').map(({ why }) => why)).toEqual(['its lock was lost']);
    for (const { address } of pair.followers) expect(await pair.position(address)).toBe(0.2);
    const next = await rig.startEngine();
    await pair.settled(0.3);
    expect(await next.stop()).toBe(0);
  }, 300_000);
});
