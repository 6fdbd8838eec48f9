import type { VenueAccountId } from '@lockstep/kernel';
import { systemRandom } from '@lockstep/platform';
import type { AgentStatus } from '@lockstep/storage';
import { generateAgentKey } from '@lockstep/venues/hyperliquid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshAddress } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
let tenant: RigTenant;
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Brand');
}, 300_000);
afterAll(() => rig?.close());

const body = async (part: object = {}) => {
  const follower = good(await rig.call(tenant.key, 'post', '/v1/followers', {}));
  return { follower_id: follower.id, network: 'sim', address: freshAddress(), ...part };
};
const create = async (part: object = {}) => rig.call(tenant.key, 'post', '/v1/venue-accounts', await body(part));
const get = async (id: string) => good(await rig.call(tenant.key, 'get', `/v1/venue-accounts/${id}`));
const renew = (id: string, query = '') => rig.call(tenant.key, 'post', `/v1/venue-accounts/${id}/renew-approvals${query}`);
const sign = (id: string) => {
  const signatures = [{ kind: 'approve_agent', signature: `0x${'ab'.repeat(64)}1b` }];
  return rig.call(tenant.key, 'post', `/v1/venue-accounts/${id}/approvals`, { signatures });
};
const messageOf = (account: { approvals: { typed_data: { message: { agentAddress: string; agentName: string; nonce: number } } }[] }) =>
  account.approvals[0]?.typed_data.message;

/** What the engine writes: how the agent stands; an activation's command ends with it. */
async function stands(
  id: string,
  agentStatus: AgentStatus,
  change: { readonly agentAddress?: string; readonly agentName?: string } = {},
): Promise<void> {
  await rig.engine.scoped(tenant.scope, async (unit) => {
    await unit.venueAccounts.update({ id: id as VenueAccountId }, { status: 'active', agentStatus, ...change, updatedAt: unit.now });
    const command = await unit.commands.latestFor(id);
    if (command !== null) await unit.commands.settle(command.no, 'applied', null);
  });
}

describe('an address', () => {
  it('that is registered many times in the same moment is one account; the others are told that it exists', async () => {
    const wanted = await body();
    const answers = await Promise.all(Array.from({ length: 6 }, () => rig.call(tenant.key, 'post', '/v1/venue-accounts', wanted)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    for (const { body: refused } of answers.filter(({ status }) => status === 409)) expect(refused.code).toBe('already_exists');
  });
});

describe('the type of a venue account', () => {
  it('is main unless it says otherwise', async () => {
    expect(good(await create())).toMatchObject({ account_type: 'main', master_address: null });
  });

  it.each(['sub_account', 'vault'])('%s names the master whose wallet signs', async (account_type) => {
    const master = freshAddress();
    expect(good(await create({ account_type, master_address: master.toUpperCase().replace('X', 'x') }))).toMatchObject({
      account_type,
      master_address: master,
    });
    expect((await create({ account_type })).body).toMatchObject({ status: 400, detail: expect.stringContaining('master_address') });
  });

  it('main has no master, and nobody is their own', async () => {
    expect((await create({ master_address: freshAddress() })).status).toBe(400);
    const address = freshAddress();
    expect((await create({ address, account_type: 'vault', master_address: address })).status).toBe(400);
  });
});

describe('the agent of a venue account', () => {
  it('has a name of the account’s own, with its end', async () => {
    const account = good(await create());
    const message = messageOf(account);
    const [name, word, end] = message?.agentName.split(' ') ?? [];
    expect([name, word]).toEqual([`ct${account.id.slice(-8)}a`, 'valid_until']);
    expect(Number(end) - (message?.nonce ?? 0)).toBe(90 * 86_400_000);
    expect(name?.length).toBeLessThanOrEqual(16);
  });

  it('serves one account alone', async () => {
    const agent = await generateAgentKey(systemRandom);
    const agent_private_key = `0x${Buffer.from(agent.privateKey).toString('hex')}`;
    const first = await rig.call(tenant.key, 'post', '/v1/venue-accounts/import', await body({ agent_private_key }));
    expect(first.status).toBe(202);
    const second = await rig.call(tenant.key, 'post', '/v1/venue-accounts/import', await body({ agent_private_key }));
    expect(second.body).toMatchObject({ status: 409, code: 'already_exists', detail: expect.stringContaining('one account alone') });
  });

  it.each<AgentStatus>(['expiring', 'expired', 'removed'])(
    '%s is renewed by another agent under the other name, and signs on meanwhile',
    async (status) => {
      const account = good(await create());
      await stands(account.id, status);
      const offered = good(await renew(account.id));
      const message = messageOf(offered);
      expect(message?.agentAddress).not.toBe(account.agent_address);
      expect(message?.agentName.startsWith(`ct${account.id.slice(-8)}b valid_until `)).toBe(true);
      expect([offered.agent_address, offered.agent_status]).toEqual([account.agent_address, status]);
      // A wallet may be signing it: the same agent until it is handed in.
      expect(messageOf(good(await renew(account.id)))).toEqual(message);
      const signed = await sign(account.id);
      expect([signed.status, signed.body.agent_status]).toEqual([202, status]);
      expect((await renew(account.id)).body.code).toBe('state_conflict');
      await stands(account.id, 'approved', { agentAddress: message?.agentAddress ?? '', agentName: `ct${account.id.slice(-8)}b` });
      expect((await get(account.id)).agent_address).toBe(message?.agentAddress);
      expect((await renew(account.id)).body.code).toBe('state_conflict');
      const third = messageOf(good(await renew(account.id, '?agent=renew')));
      expect(third?.agentAddress).not.toBe(message?.agentAddress);
      expect(third?.agentName.startsWith(`ct${account.id.slice(-8)}a `)).toBe(true);
    },
  );

  it('refused by the venue before it ever traded is replaced by another', async () => {
    const account = good(await create());
    await rig.engine.scoped(tenant.scope, (unit) => unit.venueAccounts.update({ id: account.id }, { agentStatus: 'refused', updatedAt: unit.now }));
    const offered = good(await renew(account.id));
    expect([offered.agent_status, offered.agent_address === account.agent_address]).toEqual(['awaiting_signature', false]);
    expect(messageOf(offered)?.agentAddress).toBe(offered.agent_address);
  });
});
