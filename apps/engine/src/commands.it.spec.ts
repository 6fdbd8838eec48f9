import { present } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CopiedLeader, copiedLeader } from './testing/pair';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig, type TestTenant } from './testing/rig';

describe('commands of a running engine', () => {
  let rig: Rig;
  let pair: CopiedLeader;
  let engine: TestProcess;

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine();
    pair = await copiedLeader(rig, 2);
  }, 300_000);

  afterAll(async () => {
    await rig?.close();
  });

  const copyOf = (tenant: TestTenant, id: string) =>
    rig.storage.scoped(tenant.scope, async (unit) =>
      present(
        (await unit.copies.find({})).find((copy) => copy.id === id),
        id,
      ),
    );
  const commandOf = (tenant: TestTenant, no: bigint) =>
    rig.storage.scoped(tenant.scope, async (unit) => present(await unit.commands.findOne({ no }), `command ${no}`));
  const applied = (tenant: TestTenant, no: bigint) =>
    eventually(`command ${no} is applied`, async () => ((await commandOf(tenant, no)).status === 'applied' ? true : null));
  const followerAt = (index: number) => present(pair.followers[index], `follower ${index}`);
  const holds = async (index: number, expected: number): Promise<void> => {
    const { address } = followerAt(index);
    await eventually(`${address} holds ${expected}`, async () => (Math.abs((await pair.position(address)) - expected) < 1e-9 ? true : null));
  };

  /** Turns a leader's status as the gateway does: row and command in one transaction. */
  async function turnLeader(tenant: TestTenant, status: 'active' | 'paused'): Promise<void> {
    const no = await rig.storage.scoped(tenant.scope, async (unit) => {
      const leader = present((await unit.leaders.find({}))[0], 'the leader');
      await unit.leaders.update({ id: leader.id }, { status });
      const kind = status === 'paused' ? 'leader.pause' : 'leader.resume';
      return unit.commands.append({ kind, targetId: leader.id, payload: {}, actor: 'test' });
    });
    await applied(tenant, no);
  }

  const denials = (tenant: TestTenant) =>
    rig.storage.scoped(tenant.scope, async (unit) => {
      const events = await unit.events.after({ epoch: (await unit.events.head())?.epoch ?? '', seq: 0n }, 10_000);
      return events.filter((event) => event.type === 'order.denied' && event.data.includes('suspended')).length;
    });

  it('copies of a paused leader take no new risk, also after a restart, and follow exits; resumed, they follow the next increase', async () => {
    const { tenant } = followerAt(0);
    await pair.trade('buy', '4');
    await pair.settled(0.4);
    await turnLeader(tenant, 'paused');
    await pair.trade('buy', '2');
    await holds(1, 0.6);
    await eventually('the increase is denied', async () => ((await denials(tenant)) === 1 ? true : null));
    await engine.kill();
    engine = await rig.startEngine();
    await pair.trade('buy', '2');
    await holds(1, 0.8);
    await eventually('the next one is denied too', async () => ((await denials(tenant)) >= 2 ? true : null));
    await pair.trade('sell', '4');
    await holds(1, 0.4);
    // Half of what it holds, as the leader halved.
    await holds(0, 0.2);
    await turnLeader(tenant, 'active');
    await pair.trade('buy', '1');
    await holds(1, 0.5);
    await holds(0, 0.3);
    await pair.trade('sell', '5');
    await pair.settled(0);
  });

  it('pauses and stops are applied while another copy’s activation waits for a leader the venue does not tell', async () => {
    const { tenant, copyId } = followerAt(0);
    const silence = { target: 'stream', effect: { kind: 'silence' }, type: 'userFills', count: null };
    await rig.venue.control('/worlds/main/faults', silence);
    const leader = await tenant.leader(`0x${'c7'.repeat(20)}`);
    const follower = await tenant.follower(`0x${'d8'.repeat(20)}`, '10000');
    const waiting = await tenant.copy(leader, follower, { allocation: 1_000n });
    await applied(tenant, await tenant.command('copy.pause', copyId));
    expect([(await copyOf(tenant, copyId)).state, (await copyOf(tenant, waiting)).state]).toEqual(['paused', 'preparing']);
    await tenant.command('follower.close_all', (await copyOf(tenant, copyId)).followerId);
    await eventually('the copy is stopped', async () => ((await copyOf(tenant, copyId)).state === 'stopped' ? true : null));
    expect((await copyOf(tenant, waiting)).state).toBe('preparing');
  });
});
