import { type LeaderId, present } from '@lockstep/kernel';
import { systemClock, systemIds, systemRandom } from '@lockstep/platform';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type CopiedLeader, copiedLeader } from './testing/pair';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig, type TestTenant } from './testing/rig';

describe('rights of copies in a running engine', () => {
  let rig: Rig;
  let pair: CopiedLeader;
  let engine: TestProcess;
  let tenant: TestTenant;
  let leaderId: LeaderId;
  const ids = systemIds(systemClock, systemRandom);

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine();
    pair = await copiedLeader(rig, 2);
    ({ tenant } = present(pair.followers[0], 'the follower'));
    leaderId = await rig.storage.scoped(tenant.scope, async (unit) => present((await unit.leaders.find({}))[0], 'the leader').id);
  }, 300_000);

  afterAll(async () => {
    await rig?.close();
  });

  const applied = (no: bigint) =>
    eventually(`command ${no} is applied`, () =>
      rig.storage.scoped(tenant.scope, async (unit) => ((await unit.commands.findOne({ no }))?.status === 'applied' ? true : null)),
    );
  const holds = async (index: number, expected: number): Promise<void> => {
    const { address } = present(pair.followers[index], `follower ${index}`);
    await eventually(`${address} holds ${expected}`, async () => (Math.abs((await pair.position(address)) - expected) < 1e-9 ? true : null));
  };
  const denials = (reason: string) =>
    rig.storage.scoped(tenant.scope, async (unit) => {
      const events = await unit.events.after({ epoch: (await unit.events.head())?.epoch ?? '', seq: 0n }, 10_000);
      return events.filter((event) => event.type === 'order.denied' && event.data.includes(reason)).length;
    });
  const denied = (reason: string, least: number) => eventually(`${least} denials`, async () => ((await denials(reason)) >= least ? true : null));

  /** Writes rows as the gateway does, with their command, and waits until the engine has taken it. */
  const access = async (to: 'everyone' | 'granted') => {
    await rig.storage.scoped(tenant.scope, (unit) => unit.leaders.update({ id: leaderId }, { access: to }));
    await applied(await tenant.command(to === 'granted' ? 'leader.restrict' : 'leader.open', leaderId));
  };
  const entitle = async (until: number | null, revokedAt: number | null = null) => {
    const { followerId, id, kind } = await rig.storage.scoped(tenant.scope, async (unit) => {
      const copy = present((await unit.copies.find({}))[0], 'the copy');
      const stood = await unit.entitlements.findOne({ leaderId, followerId: copy.followerId });
      const change = { until, revokedAt, actor: 'test', updatedAt: unit.now };
      const made = stood?.id ?? ids.next('entitlement');
      if (stood === null) await unit.entitlements.insert({ id: made, leaderId, followerId: copy.followerId, ...change, createdAt: unit.now });
      else await unit.entitlements.update({ id: made }, change);
      return { followerId: copy.followerId, id: made, kind: revokedAt === null ? ('entitlement.grant' as const) : ('entitlement.revoke' as const) };
    });
    await applied(await tenant.command(kind, id));
    return followerId;
  };
  const publish = async (version: number, bindingFrom: number) => {
    const row = { leaderId, version, documentUrl: 'https://brand.example/terms', sha256: '0'.repeat(64), bindingFrom, actor: 'test' };
    await rig.storage.scoped(tenant.scope, (unit) => unit.leaderTerms.insert({ ...row, createdAt: unit.now }));
    await applied(await tenant.command('terms.bind', leaderId));
  };
  const consent = async (version: number) => {
    const copyId = await rig.storage.scoped(tenant.scope, async (unit) => {
      const copy = present((await unit.copies.find({}))[0], 'the copy');
      await unit.copyConsents.insert({ copyId: copy.id, leaderId, version, actor: 'test', consentedAt: unit.now });
      return copy.id;
    });
    await applied(await tenant.command('copy.consent', copyId));
  };

  it('a copy without entitlement takes no new risk, after a restart too, and follows exits; granted, it follows the next increase', async () => {
    await pair.trade('buy', '4');
    await pair.settled(0.4);
    await access('granted');
    await pair.trade('buy', '2');
    await holds(1, 0.6);
    await denied('entitlement', 1);
    await engine.kill();
    engine = await rig.startEngine();
    await pair.trade('buy', '2');
    await holds(1, 0.8);
    await denied('entitlement', 2);
    await pair.trade('sell', '4');
    await holds(1, 0.4);
    // Half of what it holds, as the leader halved.
    await holds(0, 0.2);
    await entitle(null);
    await pair.trade('buy', '1');
    await holds(1, 0.5);
    await holds(0, 0.3);
    await entitle(null, Date.now());
    const before = await denials('entitlement');
    await pair.trade('buy', '1');
    await holds(1, 0.6);
    await denied('entitlement', before + 1);
    await access('everyone');
    await pair.trade('sell', '6');
    await pair.settled(0);
  });

  it('an entitlement that ends with a time ends without a command, an engine that began since knows it, and renewed it goes on', async () => {
    await access('granted');
    const until = Date.now() + 4_000;
    await entitle(until);
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - Date.now()) + 100));
    const before = await denials('entitlement');
    await pair.trade('buy', '1');
    await holds(1, 0.3);
    await denied('entitlement', before + 1);
    await engine.kill();
    engine = await rig.startEngine();
    await pair.trade('buy', '1');
    await holds(1, 0.4);
    await denied('entitlement', before + 2);
    await entitle(Date.now() + 3_600_000);
    await pair.trade('buy', '1');
    await holds(1, 0.5);
    await holds(0, 0.3);
    await pair.trade('sell', '5');
    await pair.settled(0);
    await access('everyone');
  });

  it('newer terms that bind keep entries back until the copy has consented, exits go on, and what is consented to before does nothing', async () => {
    await publish(1, Date.now());
    await pair.trade('buy', '2');
    await holds(1, 0.2);
    await denied('consent', 1);
    await consent(1);
    await pair.trade('buy', '2');
    await holds(1, 0.4);
    await holds(0, 0.2);
    const binds = Date.now() + 3_000;
    await publish(2, binds);
    await pair.trade('buy', '1');
    await holds(0, 0.3);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, binds - Date.now()) + 100));
    await engine.kill();
    engine = await rig.startEngine();
    const before = await denials('consent');
    await pair.trade('buy', '1');
    await holds(1, 0.6);
    await denied('consent', before + 1);
    await pair.trade('sell', '3');
    await holds(0, 0.15);
    await consent(2);
    await publish(3, Date.now() + 2_000);
    await consent(3);
    await new Promise((resolve) => setTimeout(resolve, 2_200));
    await pair.trade('buy', '1');
    await holds(0, 0.25);
    await pair.trade('sell', '4');
    await pair.settled(0);
  });
});
