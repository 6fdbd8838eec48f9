import { present } from '@lockstep/kernel';
import { systemClock, systemIds, systemRandom } from '@lockstep/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CopiedLeader, copiedLeader } from './testing/pair';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig, type TestTenant } from './testing/rig';

const venueFills = z.array(z.object({ px: z.string(), sz: z.string(), time: z.number(), builderFee: z.string().optional() }));

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

  const denials = (tenant: TestTenant, reason: string) =>
    rig.storage.scoped(tenant.scope, async (unit) => {
      const events = await unit.events.after({ epoch: (await unit.events.head())?.epoch ?? '', seq: 0n }, 10_000);
      return events.filter((event) => event.type === 'order.denied' && event.data.includes(reason)).length;
    });

  /** The next version of a tenant's fee schedule, told to the engine; answers when the engine has taken it. */
  async function announce(tenant: TestTenant, terms: { readonly builderAddress: string; readonly markupTenths: number }, afterMs = 0): Promise<void> {
    const no = await rig.storage.scoped(tenant.scope, async (unit) => {
      const id = systemIds(systemClock, systemRandom).next('feeSchedule');
      const version = ((await unit.feeSchedules.latest())?.version ?? 0) + 1;
      const rest = { flow: 'all', builderOwner: 'tenant', operatorShare: 0n, missingApproval: 'deny_entries', actor: 'test' } as const;
      await unit.feeSchedules.insert({ id, version, ...terms, ...rest, createdAt: unit.now, effectiveFrom: unit.now + afterMs });
      return unit.commands.append({ kind: 'fees.changed', targetId: id, payload: {}, actor: 'test' });
    });
    await applied(tenant, no);
  }

  /** What the follower's wallet approves at the venue, and the engine looking again. */
  async function approve(
    index: number,
    builder: string | null,
  ): Promise<{ readonly builderAddress: string | null; readonly builderFeeApproved: number }> {
    const { tenant, address } = followerAt(index);
    if (builder !== null) {
      await rig.venue.control('/worlds/main/accounts', { accounts: [{ address, builder: { address: builder, maxTenthsBp: 100 } }] });
    }
    const account = () => rig.storage.scoped(tenant.scope, async (unit) => present((await unit.venueAccounts.find({ address }))[0], address));
    await applied(tenant, await tenant.command('venue_account.activate', (await account()).id, { approvals: [] }));
    const { builderAddress, builderFeeApproved } = await account();
    return { builderAddress, builderFeeApproved };
  }

  /** Builder fee of the newest fill at the venue over its notional, in tenths of a basis point. */
  async function markupOfNewestFill(index: number): Promise<number> {
    const fills = venueFills.parse(await rig.venue.info({ type: 'userFills', user: followerAt(index).address }));
    const newest = present(fills.toSorted((a, b) => b.time - a.time)[0], 'a fill');
    return Math.round((Number(newest.builderFee ?? 0) / (Number(newest.px) * Number(newest.sz))) * 100_000);
  }

  it('copies of a paused leader take no new risk, also after a restart, and follow exits; resumed, they follow the next increase', async () => {
    const { tenant } = followerAt(0);
    await pair.trade('buy', '4');
    await pair.settled(0.4);
    await turnLeader(tenant, 'paused');
    await pair.trade('buy', '2');
    await holds(1, 0.6);
    await eventually('the increase is denied', async () => ((await denials(tenant, 'suspended')) === 1 ? true : null));
    await engine.kill();
    engine = await rig.startEngine();
    await pair.trade('buy', '2');
    await holds(1, 0.8);
    await eventually('the next one is denied too', async () => ((await denials(tenant, 'suspended')) >= 2 ? true : null));
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

  it('orders carry the builder the account has approved; a new one once it is approved, a raise at its time', async () => {
    const { tenant } = followerAt(0);
    const [first, second] = [`0x${'e1'.repeat(20)}`, `0x${'e2'.repeat(20)}`];
    for (const builder of [first, second]) await rig.venue.control('/worlds/main/credit', { address: builder, amount: '10000' });
    await announce(tenant, { builderAddress: first, markupTenths: 20 });
    await pair.trade('buy', '1');
    await holds(1, 0.1);
    await eventually('the entry is denied', async () => ((await denials(tenant, 'builder_unapproved')) > 0 ? true : null));
    await pair.trade('sell', '1');
    await holds(1, 0);
    expect(await approve(0, first)).toEqual({ builderAddress: first, builderFeeApproved: 100 });
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    expect(await markupOfNewestFill(0)).toBe(20);

    await announce(tenant, { builderAddress: second, markupTenths: 20 });
    // Not approved yet: the account keeps what it had, and its exits are sent.
    expect(await approve(0, null)).toEqual({ builderAddress: first, builderFeeApproved: 100 });
    await pair.trade('sell', '2');
    await pair.settled(0);
    expect(await approve(0, second)).toEqual({ builderAddress: second, builderFeeApproved: 100 });
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    expect(await markupOfNewestFill(0)).toBe(20);

    await announce(tenant, { builderAddress: second, markupTenths: 50 }, 3_000);
    let held = 0.2;
    await eventually('the raise is charged', async () => {
      await pair.trade('buy', '1');
      held += 0.1;
      await holds(0, held);
      return (await markupOfNewestFill(0)) === 50 ? true : null;
    });
    await pair.trade('sell', String(Math.round(held * 10)));
    await pair.settled(0);
  });

  it('a builder fee withdrawn at the venue: exits leave without it, entries are denied, and the account shows it', async () => {
    const { tenant, address } = followerAt(0);
    const builder = `0x${'e2'.repeat(20)}`;
    const tenths = async () => (await rig.storage.scoped(tenant.scope, (unit) => unit.venueAccounts.find({ address })))[0]?.builderFeeApproved;
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    const before = await denials(tenant, 'builder_unapproved');
    await rig.venue.control('/worlds/main/accounts', { accounts: [{ address, builder: { address: builder, maxTenthsBp: 0 } }] });
    await pair.trade('sell', '2');
    await pair.settled(0);
    expect(await markupOfNewestFill(0)).toBe(0);
    await pair.trade('buy', '1');
    await holds(1, 0.1);
    await eventually('the entry is denied', async () => ((await denials(tenant, 'builder_unapproved')) > before ? true : null));
    await eventually('the account shows it', async () => ((await tenths()) === 0 ? true : null));
    expect(await approve(0, builder)).toEqual({ builderAddress: builder, builderFeeApproved: 100 });
    await pair.trade('sell', '1');
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

  it('whatever is closed, a copy whose activation was refused before is stopped with it, and one that is asked for later begins', async () => {
    const { tenant } = followerAt(1);
    const { leaderId } = await copyOf(tenant, followerAt(1).copyId);
    const poor = await tenant.follower(`0x${'d9'.repeat(20)}`, '10000');
    const refused = await tenant.copy(leaderId, poor, { allocation: 1_000_000n });
    const refusal = await eventually('the activation is refused', async () => {
      const [command] = await rig.storage.scoped(tenant.scope, (unit) => unit.commands.find({ targetId: refused, kind: 'copy.activate' }));
      return command?.status === 'refused' ? command : null;
    });
    expect(JSON.stringify(refusal.result)).toContain('insufficient_equity');
    expect((await copyOf(tenant, refused)).state).toBe('preparing');
    const next = await tenant.follower(`0x${'da'.repeat(20)}`, '10000');
    const closing = await tenant.command('leader.close_all', leaderId);
    const later = await tenant.copy(leaderId, next, { allocation: 1_000n });
    await applied(tenant, closing);
    const { state, stateReason } = await copyOf(tenant, refused);
    expect([state, stateReason]).toEqual(['stopped', 'stop_close_now']);
    await eventually('the later copy begins', async () => ((await copyOf(tenant, later)).state === 'active' ? true : null));
  });
});
