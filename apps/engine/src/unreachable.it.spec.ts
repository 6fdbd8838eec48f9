import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CopiedLeader, copiedLeader } from './testing/pair';
import { eventually, type Rig, startRig } from './testing/rig';

/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1';

describe('a venue that cannot be reached', () => {
  let rig: Rig;
  let pair: CopiedLeader;

  beforeAll(async () => {
    rig = await startRig();
    const engine = await rig.startEngine();
    pair = await copiedLeader(rig, 1);
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    await engine.kill();
  }, 300_000);

  afterAll(async () => {
    await rig?.close();
  });

  it('does not keep an engine from starting, and commands are carried out', async () => {
    const engine = await rig.startEngine({ LOCKSTEP_SIM_VENUE_URL: NOWHERE });
    expect(engine.ready).toMatchObject({ copies: 1, watched: 1 });
    const [follower] = pair.followers;
    if (follower === undefined) throw new Error('no follower');
    await follower.tenant.command('copy.pause', follower.copyId);
    await eventually('the copy is paused', async () => {
      const copy = await rig.storage.scoped(follower.tenant.scope, (unit) => unit.copies.findOne({ id: follower.copyId }));
      return copy?.state === 'paused' ? true : null;
    });
    expect(engine.lines.map((line) => line.message)).toContain('a leader is not seen; its copies take no new risk');
    await engine.kill();
  });

  it('is followed again once it can be reached', async () => {
    await rig.startEngine();
    await pair.trade('sell', '2');
    await pair.settled(0);
  });
});
