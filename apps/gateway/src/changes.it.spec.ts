import { unwrap, type VenueAccountId } from '@lockstep/kernel';
import { enginePrivateKeys, loadConfig, opener, sealingContext } from '@lockstep/platform';
import { COPIES_PER_VENUE_ACCOUNT_MAX } from '@lockstep/roster';
import { addressOfKey } from '@lockstep/venues/hyperliquid';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeAsBackoffice, FILE, FILE_SHA256 } from './testing/backoffice-work';
import { holdAsEngine, recordMovesAsEngine, setState } from './testing/engine-work';
import { freshAddress, makeObjects } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
let tenant: RigTenant;

beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Brand');
}, 300_000);
afterAll(() => rig?.close());

const leaderBody = () => ({ name: 'L', network: 'sim', address: freshAddress() });
const create = (body: object, key: string) => rig.call(tenant.key, 'post', '/v1/leaders', body, { 'Idempotency-Key': key });
const leaders = async (): Promise<number> => good(await rig.call(tenant.key, 'get', '/v1/leaders?limit=1000')).data.length;

describe('an Idempotency-Key', () => {
  it('gives the same answer again and works once; quoted and bare are the same key', async () => {
    const body = leaderBody();
    const before = await leaders();
    const first = await create(body, 'key-1');
    const again = await create(body, '"key-1"');
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true', 'x-original-request-id': first.headers['x-request-id'] });
    expect(await leaders()).toBe(before + 1);
  });

  it('used with another request is refused, whatever differs', async () => {
    const body = leaderBody();
    good(await create(body, 'key-2'));
    expect((await create({ ...body, name: 'Other' }, 'key-2')).body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    const elsewhere = await rig.call(tenant.key, 'post', '/v1/followers', {}, { 'Idempotency-Key': 'key-2' });
    expect(elsewhere.body.code).toBe('idempotency_key_reused');
  });

  it('is not used up by a refusal: nothing was done', async () => {
    expect((await create({ ...leaderBody(), network: 'mainnet' }, 'key-3')).status).toBe(422);
    expect((await create(leaderBody(), 'key-3')).status).toBe(201);
  });

  it('is a tenant’s own', async () => {
    const other = await rig.tenant('Other');
    const body = leaderBody();
    const mine = good(await create(body, 'key-4'));
    const theirs = await rig.call(other.key, 'post', '/v1/leaders', body, { 'Idempotency-Key': 'key-4' });
    expect(theirs.status).toBe(201);
    expect(theirs.body.id).not.toBe(mine.id);
  });

  it('of requests sent at the same time is done once; the others wait their turn with 409 or get its answer', async () => {
    const body = leaderBody();
    const before = await leaders();
    const answers = await Promise.all(Array.from({ length: 12 }, () => create(body, 'key-5')));
    const made = answers.filter((answer) => answer.status === 201);
    expect(new Set(made.map((answer) => answer.body.id)).size).toBe(1);
    for (const answer of answers.filter((one) => one.status !== 201)) expect(answer.body.code).toBe('idempotency_key_in_use');
    expect((await create(body, 'key-5')).body.id).toBe(made[0]?.body.id);
    expect(await leaders()).toBe(before + 1);
  });

  it.each(['', ' ', 'x'.repeat(256), 'ä'])('%j is refused', async (key) => {
    const answer = await rig.call(tenant.key, 'post', '/v1/leaders', leaderBody(), { 'Idempotency-Key': encodeHeader(key) });
    expect([answer.status, answer.body.code]).toEqual([400, 'idempotency_key_invalid']);
  });
});

/** A header value as bytes: Node sends Latin-1. */
const encodeHeader = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

describe('a leader', () => {
  it('is paused and resumed by a command to the engine; what already stands asks for none', async () => {
    const leader = good(await create(leaderBody(), 'leader-1'));
    const turn = async (body: object) => good(await rig.call(tenant.key, 'patch', `/v1/leaders/${leader.id}`, body)).command;
    expect(await turn({ name: 'Renamed' })).toMatchObject({ kind: 'leader.watch' });
    expect(await turn({ status: 'active' })).toMatchObject({ kind: 'leader.watch' });
    const paused = await turn({ status: 'paused' });
    expect(paused).toMatchObject({ kind: 'leader.pause', target_id: leader.id, status: 'pending' });
    expect((await turn({ status: 'paused' })).no).toBe(paused.no);
    expect(await turn({ status: 'active' })).toMatchObject({ kind: 'leader.resume', target_id: leader.id });
  });
});

describe('a copy', () => {
  it('keeps its settings in versions, shows its command, and refuses what its state forbids', async () => {
    const objects = await makeObjects(rig, tenant);
    const at = (path = '') => `/v1/copies/${objects.copy}${path}`;
    const made = good(await rig.call(tenant.key, 'get', at()));
    expect(made).toMatchObject({ state: 'preparing', settings_version: 1, command: { kind: 'copy.activate', status: 'pending' } });
    const changed = good(await rig.call(tenant.key, 'patch', at(), { settings: { max_age_ms: 5_000 }, allocation: '2000.5' }));
    // What a change names is the copy's own from here on.
    const inherits = made.settings.inherits.filter((choice: string) => choice !== 'max_age_ms');
    const settings = { ...made.settings, max_age_ms: 5_000, inherits };
    expect(changed).toMatchObject({ allocation: '2000.5', settings_version: 2, settings });
    expect(made.settings.inherits).toContain('max_age_ms');
    const history = good(await rig.call(tenant.key, 'get', at('/settings'))).data.map((row: { version: number }) => row.version);
    expect(history.sort()).toEqual([1, 2]);
    expect((await rig.call(tenant.key, 'post', at('/pause'))).body.code).toBe('state_conflict');
    const bad = await rig.call(tenant.key, 'patch', at(), { settings: { venue_leverage: 0 } });
    expect([bad.status, bad.body.errors[0].pointer]).toEqual([400, '/settings/venue_leverage']);
    const stopped = await rig.call(tenant.key, 'post', at('/stop'));
    expect([stopped.status, stopped.body.command.kind]).toEqual([202, 'copy.stop']);
    const command = good(await rig.call(tenant.key, 'get', `/v1/commands/${stopped.body.command.no}`));
    expect(command).toMatchObject({ kind: 'copy.stop', target_id: objects.copy, status: 'pending' });
  });

  it.each<[string, object, object]>([
    ['by amount', { kind: 'fixed_amount', amount: '250' }, { kind: 'fixed_amount', amount: '250', max_adds: null }],
    [
      'by risk',
      { kind: 'risk_normalised', target_volatility: '0.5' },
      { kind: 'risk_normalised', multiplier: '1', target_volatility: '0.5', scale_least: '0.25', scale_most: '2' },
    ],
  ])('is sized %s', async (_how, mode, expected) => {
    const { copy } = await makeObjects(rig, tenant);
    const start = { kind: 'adopt' };
    const settings = { mode, direction: 'inverse', follow: 'increases_only', start };
    const changed = good(await rig.call(tenant.key, 'patch', `/v1/copies/${copy}`, { settings }));
    expect(changed.settings).toMatchObject({ mode: expected, direction: 'inverse', follow: 'increases_only', start: { kind: 'adopt', band: null } });
  });

  it.each<[string, object, string]>([
    ['an amount below the smallest order', { kind: 'fixed_amount', amount: '9.99' }, '/settings/mode/amount'],
    ['no leader order at all', { kind: 'fixed_amount', amount: '100', max_adds: 0 }, '/settings/mode/max_adds'],
    [
      'a corridor upside down',
      { kind: 'risk_normalised', target_volatility: '0.5', scale_least: '3', scale_most: '2' },
      '/settings/mode/scale_least',
    ],
  ])('is not sized by %s', async (_what, mode, pointer) => {
    const { copy } = await makeObjects(rig, tenant);
    const refused = await rig.call(tenant.key, 'patch', `/v1/copies/${copy}`, { settings: { mode } });
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([400, pointer]);
  });

  it('turns to the other side only while it is flat, and is re-based only while it is active', async () => {
    const { copy } = await makeObjects(rig, tenant);
    await holdAsEngine(rig, tenant, copy, 100_000_000n);
    const turned = await rig.call(tenant.key, 'patch', `/v1/copies/${copy}`, { settings: { direction: 'inverse' } });
    expect([turned.status, turned.body.code]).toEqual([409, 'state_conflict']);
    await holdAsEngine(rig, tenant, copy, 0n);
    expect(good(await rig.call(tenant.key, 'patch', `/v1/copies/${copy}`, { settings: { direction: 'inverse' } })).settings.direction).toBe(
      'inverse',
    );
    expect((await rig.call(tenant.key, 'post', `/v1/copies/${copy}/rebase`)).body.code).toBe('state_conflict');
    await setState(rig, tenant, copy, 'active');
    expect((await rig.call(tenant.key, 'post', `/v1/copies/${copy}/rebase`)).body.command).toMatchObject({ kind: 'copy.rebase', status: 'pending' });
  });

  it('is previewed over the recorded past of its leader', async () => {
    const { leader } = await makeObjects(rig, tenant);
    await recordMovesAsEngine(rig, tenant, leader, [
      ['10', '100'],
      ['20', '110'],
      ['0', '120'],
    ]);
    const settings = { mode: { kind: 'fixed_ratio', ratio: '0.1' } };
    const ask = (more: object) => rig.call(tenant.key, 'post', '/v1/copies/preview', { leader_id: leader, allocation: '10000', settings, ...more });
    const found = good(await ask({ fee: '0.001', waves: 2 }));
    expect(found).toMatchObject({ moves: 3, orders: 3, notional: '450', fees: '0.45', net_pnl: '29.55', increases: 2, missed: 0, closed_by: null });
    expect(found.waves.map((wave: { target: string; ordered: string; reason: string }) => [wave.target, wave.ordered, wave.reason])).toEqual([
      ['2', '1', 'planned'],
      ['0', '-2', 'planned'],
    ]);
    expect(good(await ask({ since: new Date(Date.now() + 60_000).toISOString() }))).toMatchObject({ moves: 0, from: null, net_pnl: '0' });
    const wrong = await ask({ settings: { venue_leverage: 0 } });
    expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([400, '/settings/venue_leverage']);
    const other = await rig.tenant('Stranger');
    expect((await rig.call(other.key, 'post', '/v1/copies/preview', { leader_id: leader, allocation: '1' })).status).toBe(404);
  });

  describe('on an account that has one', () => {
    const leaderAt = async (address: string): Promise<string> =>
      good(await rig.call(tenant.key, 'post', '/v1/leaders', { name: 'Another', network: 'sim', address })).id;
    const join = async (venueAccount: string, leader: string, settings: object = {}) =>
      rig.call(tenant.key, 'post', '/v1/copies', { leader_id: leader, venue_account_id: venueAccount, allocation: '1', settings });

    it('joins it for another leader, at the same leverage or on other instruments, until the account has as many as it may', async () => {
      const objects = await makeObjects(rig, tenant);
      expect((await join(objects.venueAccount, objects.leader)).body.code).toBe('leader_already_copied');
      const second = await leaderAt(freshAddress());
      expect((await join(objects.venueAccount, second, { venue_leverage: 3 })).body.code).toBe('leverage_conflict');
      expect((await join(objects.venueAccount, second)).status).toBe(201);
      for (let more = 2; more < COPIES_PER_VENUE_ACCOUNT_MAX; more += 1)
        expect((await join(objects.venueAccount, await leaderAt(freshAddress()))).status).toBe(201);
      expect((await join(objects.venueAccount, await leaderAt(freshAddress()))).body.code).toBe('venue_account_in_use');
    });

    it('follows no address twice, whatever names its leaders have', async () => {
      const objects = await makeObjects(rig, tenant);
      const address = freshAddress();
      expect((await join(objects.venueAccount, await leaderAt(address))).status).toBe(201);
      expect((await join(objects.venueAccount, await leaderAt(address))).body.code).toBe('leader_already_copied');
    });

    it('mirrors orders alone on its account, and with nothing that has no mirror', async () => {
      const objects = await makeObjects(rig, tenant);
      const second = await leaderAt(freshAddress());
      expect((await join(objects.venueAccount, second, { policy: 'orders' })).body.code).toBe('orders_conflict');
      const patch = (copy: string, settings: object) => rig.call(tenant.key, 'patch', `/v1/copies/${copy}`, { settings });
      for (const [settings, pointer] of [
        [{ direction: 'inverse' }, '/settings/direction'],
        [{ mode: { kind: 'fixed_amount', amount: '100' } }, '/settings/mode/kind'],
        [{ follow: 'decreases_only' }, '/settings/follow'],
      ] as const) {
        const { status, body } = await patch(objects.copy, { policy: 'orders', ...settings });
        expect([status, body.errors?.[0]?.pointer, body.errors?.[0]?.code]).toEqual([400, pointer, 'not_with_orders']);
      }
      expect(good(await patch(objects.copy, { policy: 'orders' })).settings.policy).toBe('orders');
      expect((await join(objects.venueAccount, second)).body.code).toBe('orders_conflict');
      good(await patch(objects.copy, { policy: 'positions' }));
      good(await join(objects.venueAccount, second));
      expect((await patch(objects.copy, { policy: 'orders' })).body.code).toBe('orders_conflict');
    });

    it('keeps the leverage it joined with where both trade', async () => {
      const objects = await makeObjects(rig, tenant);
      const other = good(await join(objects.venueAccount, await leaderAt(freshAddress())));
      const patch = (settings: object) => rig.call(tenant.key, 'patch', `/v1/copies/${other.id}`, { settings });
      expect((await patch({ venue_leverage: 2 })).body.code).toBe('leverage_conflict');
      const first = { instruments: { kind: 'except', coins: ['BTC'] } };
      good(await rig.call(tenant.key, 'patch', `/v1/copies/${objects.copy}`, { settings: first }));
      good(await patch({ venue_leverage: 2, instruments: { kind: 'only', coins: ['BTC'] } }));
    });
  });
});

describe('a venue account', () => {
  it('offers typed data to sign, keeps its agent’s key to itself, and takes the signatures in either form', async () => {
    const rich = await rig.tenant('With builder');
    const builder = freshAddress();
    good(await rig.call(rich.key, 'post', '/v1/fee-schedules', { execution_markup_bps: '3', builder_address: builder }));
    const follower = good(await rig.call(rich.key, 'post', '/v1/followers', {}));
    const body = { follower_id: follower.id, network: 'sim', address: freshAddress() };
    const account = good(await rig.call(rich.key, 'post', '/v1/venue-accounts', body));
    expect(account.approvals.map((each: { kind: string }) => each.kind)).toEqual(['approve_agent', 'approve_builder_fee']);
    expect(account.approvals[0].typed_data.message.agentAddress).toBe(account.agent_address);
    expect(account.approvals[1].typed_data.message.builder).toBe(builder);
    const sign = (signatures: object[]) => rig.call(rich.key, 'post', `/v1/venue-accounts/${account.id}/approvals`, { signatures });
    const agent = { kind: 'approve_agent', signature: `0x${'ab'.repeat(64)}1b` };
    expect((await sign([agent])).body.code).toBe('approval_missing');
    expect((await sign([agent, { kind: 'approve_builder_fee', signature: { r: '0x1', s: '0x2', v: 28 } }])).status).toBe(202);
    const command = await rig.engine.scoped(rich.scope, (unit) => unit.commands.latestFor(account.id));
    expect(command).toMatchObject({ kind: 'venue_account.activate', payload: { approvals: [{ signature: { v: 27 } }, { signature: { v: 28 } }] } });
    const [line] = good(await rig.call(rich.key, 'get', '/v1/audit-log?action=venue_account.activate')).data;
    expect(line).toMatchObject({ before: { agent_status: 'awaiting_signature' }, after: { agent_status: 'signed' } });
  });

  it('lets copies begin behind its activation that were refused because it was not active, and no others', async () => {
    const of = await rig.tenant('Copy first');
    const objects = await makeObjects(rig, of);
    const wishes = () =>
      rig.engine.scoped(of.scope, async (unit) => {
        const found = await unit.commands.find({ targetId: objects.copy }, { orderBy: { no: 'ASC' } });
        return found.map(({ kind, status, payload }) => ({ kind, status, payload }));
      });
    const refuseAll = (reason: string) =>
      rig.engine.scoped(of.scope, async (unit) => {
        for (const { no, targetId } of await unit.commands.pending(100))
          await unit.commands.settle(no, 'refused', { reason: targetId === objects.copy ? reason : 'agent_not_approved' });
      });
    const sign = async () => {
      const { approvals } = good(await rig.call(of.key, 'get', `/v1/venue-accounts/${objects.venueAccount}`));
      const signatures = approvals.map(({ kind }: { kind: string }) => ({ kind, signature: `0x${'ab'.repeat(64)}1b` }));
      good(await rig.call(of.key, 'post', `/v1/venue-accounts/${objects.venueAccount}/approvals`, { signatures }));
    };
    await refuseAll('wrong_state');
    const [first] = await wishes();
    await sign();
    expect(await wishes()).toEqual([first, { ...first, status: 'pending' }]);
    // It waits for the activation that stands before it already.
    await sign();
    expect(await wishes()).toHaveLength(2);
    await refuseAll('wrong_state');
    await sign();
    expect((await wishes()).map(({ status }) => status)).toEqual(['refused', 'refused', 'pending']);
    await refuseAll('insufficient_equity');
    await sign();
    expect(await wishes()).toHaveLength(3);
  });

  it('at perps.studio is asked for its agent alone: no order there carries a builder fee', async () => {
    const brand = await rig.tenant('At perps.studio');
    good(await rig.call(brand.key, 'post', '/v1/fee-schedules', { execution_markup_bps: '3', builder_address: freshAddress() }));
    const follower = good(await rig.call(brand.key, 'post', '/v1/followers', {}));
    const body = { follower_id: follower.id, venue: 'perps_studio', network: 'sim', address: freshAddress() };
    const account = good(await rig.call(brand.key, 'post', '/v1/venue-accounts', body));
    expect(account.venue).toBe('perps_studio');
    expect(account.approvals.map((each: { kind: string }) => each.kind)).toEqual(['approve_agent']);
    const leader = good(
      await rig.call(brand.key, 'post', '/v1/leaders', { name: 'there', venue: 'perps_studio', network: 'sim', address: freshAddress() }),
    );
    expect(leader.venue).toBe('perps_studio');
    const elsewhere = { follower_id: follower.id, venue: 'perps_studio', network: 'mainnet', address: freshAddress() };
    expect((await rig.call(brand.key, 'post', '/v1/venue-accounts', elsewhere)).body.code).toBe('business_rule');
    expect((await rig.call(brand.key, 'post', '/v1/venue-accounts', { ...body, venue: 'nowhere' })).status).toBe(400);
  });

  it('is offered the approval of a builder that came into force later, and keeps what it had until the venue shows the new one', async () => {
    const brand = await rig.tenant('New builder');
    const schedule = (builder: string) =>
      rig.call(brand.key, 'post', '/v1/fee-schedules', { execution_markup_bps: '3', builder_address: builder }).then(good);
    const { venueAccount } = await makeObjects(rig, brand);
    const at = `/v1/venue-accounts/${venueAccount}`;
    const renew = (headers = {}) => rig.call(brand.key, 'post', `${at}/renew-approvals`, undefined, headers);
    const kinds = (account: { approvals: { kind: string }[] }) => account.approvals.map(({ kind }) => kind);
    const nonce = (account: { approvals: { typed_data: { message: { nonce: number } } }[] }) => account.approvals[0]?.typed_data.message.nonce;
    // Nobody signed yet, and no builder: just what stands offered.
    const made = good(await rig.call(brand.key, 'get', at));
    expect(good(await renew()).approvals).toEqual(made.approvals);
    await activateAsEngine(brand, venueAccount as VenueAccountId);
    expect((await renew()).body.code).toBe('state_conflict');

    const [first, second] = [freshAddress(), freshAddress()];
    await schedule(first);
    const offered = good(await renew({ 'Idempotency-Key': 'renew-1' }));
    expect([kinds(offered), offered.builder_address, offered.agent_status]).toEqual([['approve_builder_fee'], null, 'approved']);
    expect(offered.approvals[0].typed_data.message.builder).toBe(first);
    expect((await renew({ 'Idempotency-Key': 'renew-1' })).headers['idempotency-replayed']).toBe('true');
    // A wallet may be signing it: the same offer again until it is handed in or another builder is in force.
    expect(good(await renew()).approvals).toEqual(offered.approvals);
    const signatures = [{ kind: 'approve_builder_fee', signature: `0x${'ab'.repeat(64)}1b` }];
    const signed = await rig.call(brand.key, 'post', `${at}/approvals`, { signatures });
    expect([signed.status, signed.body.agent_status, signed.body.builder_address]).toEqual([202, 'approved', null]);
    const command = await rig.engine.scoped(brand.scope, (unit) => unit.commands.latestFor(venueAccount));
    expect(command).toMatchObject({ payload: { approvals: [{ action: { type: 'approveBuilderFee', builder: first } }] } });
    await activateAsEngine(brand, venueAccount as VenueAccountId, { builderAddress: first, builderFeeApproved: 100 });
    expect(nonce(good(await renew()))).toBeGreaterThan(nonce(offered) ?? 0);

    await schedule(second);
    const next = good(await renew());
    expect([next.approvals[0].typed_data.message.builder, next.builder_address]).toEqual([second, first]);
  });

  it('is offered nothing by a key that may not change accounts', async () => {
    const { venueAccount } = await makeObjects(rig, tenant);
    const reader = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'reader', scopes: ['venue_accounts:read'] })).key;
    const answer = await rig.call(reader, 'post', `/v1/venue-accounts/${venueAccount}/renew-approvals`);
    expect([answer.status, answer.body.code]).toEqual([403, 'missing_scope']);
  });

  it('has its agent’s whole key sealed, also when its transaction had to be run again', async () => {
    const { storage } = rig.context;
    const follower = good(await rig.call(tenant.key, 'post', '/v1/followers', {}));
    const repeated = vi.spyOn(storage, 'tryScoped').mockImplementationOnce(async (scope, work, options) => {
      const lost = storage.scoped(scope, async (unit) => {
        await work(unit);
        throw new Error('another transaction was first');
      });
      await expect(lost).rejects.toThrow('another transaction was first');
      return storage.tryScoped(scope, work, options);
    });
    const body = { follower_id: follower.id, network: 'sim', address: freshAddress() };
    const account = good(await rig.call(tenant.key, 'post', '/v1/venue-accounts', body));
    expect(repeated).toHaveBeenCalledTimes(2);
    repeated.mockRestore();
    const row = await rig.engine.scoped(tenant.scope, (unit) => unit.venueAccounts.findOne({ id: account.id }));
    const keys = opener(enginePrivateKeys(unwrap(loadConfig('engine', rig.environ), 'the engine’s configuration')));
    const context = sealingContext(tenant.scope.tenantId, tenant.scope.environment, account.id);
    const key = unwrap(keys.open(row?.sealedAgentKey ?? new Uint8Array(), context), 'the sealed key');
    expect(await addressOfKey(key)).toBe(account.agent_address);
  });
});

/** What the engine writes once the venue has taken an account's approvals. */
async function activateAsEngine(
  of: RigTenant,
  id: VenueAccountId,
  builder: { readonly builderAddress: string | null; readonly builderFeeApproved: number } = { builderAddress: null, builderFeeApproved: 0 },
): Promise<void> {
  await rig.engine.scoped(of.scope, async (unit) => {
    await unit.venueAccounts.update({ id }, { status: 'active', agentStatus: 'approved', ...builder, updatedAt: unit.now });
  });
}

describe('a settlement', () => {
  const period = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T01:00:00+01:00' };

  it('is asked for once, is not ready before it is closed, and its file comes whole, by range and not at all when unchanged', async () => {
    const asked = await rig.call(tenant.key, 'post', '/v1/settlements', period);
    expect([asked.status, asked.body.status, asked.body.to]).toEqual([202, 'closing', '2026-01-02T00:00:00.000Z']);
    const { id } = asked.body;
    expect(good(await rig.call(tenant.key, 'post', '/v1/settlements', period)).id).toBe(id);
    expect((await rig.call(tenant.key, 'get', `/v1/settlements/${id}/file`)).body).toMatchObject({ status: 409, code: 'not_ready', retryable: true });
    const manifest = await closeAsBackoffice(rig, tenant, id);

    expect(good(await rig.call(tenant.key, 'get', `/v1/settlements/${id}`))).toMatchObject({ status: 'closed', manifest });
    expect(good(await rig.call(tenant.key, 'get', `/v1/settlements/${id}/manifest`))).toEqual(manifest);
    const file = (headers = {}) => rig.call(tenant.key, 'get', `/v1/settlements/${id}/file`, undefined, headers).buffer(true);
    const whole = await file();
    expect([whole.status, whole.text]).toEqual([200, FILE.toString()]);
    const etag = `"${FILE_SHA256.toString('hex')}"`;
    expect(whole.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-length': String(FILE.length),
      'content-disposition': `attachment; filename="settlement_x.csv"; filename*=UTF-8''settlement_x.csv`,
      'repr-digest': `sha-256=:${FILE_SHA256.toString('base64')}:`,
      etag,
      'accept-ranges': 'bytes',
    });
    const part = await file({ Range: 'bytes=990-2010', 'If-Range': etag });
    expect([part.status, part.headers['content-range']]).toEqual([206, `bytes 990-2010/${FILE.length}`]);
    expect(part.text).toBe(FILE.subarray(990, 2_011).toString());
    expect((await file({ Range: `bytes=${FILE.length - 5}-` })).text).toBe(FILE.subarray(-5).toString());
    expect((await file({ Range: 'bytes=0-9', 'If-Range': '"another"' })).status).toBe(200);
    expect((await file({ 'If-None-Match': etag })).status).toBe(304);
    const beyond = await file({ Range: `bytes=${FILE.length}-` });
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, `bytes */${FILE.length}`]);
  });

  it('does not overlap another, leave a gap, or close a period that is not over', async () => {
    const ask = async (from: string, to: string) => (await rig.call(tenant.key, 'post', '/v1/settlements', { from, to })).body.code;
    expect(await ask('2026-01-01T12:00:00.000Z', '2026-01-03T00:00:00.000Z')).toBe('period_conflict');
    expect(await ask('2026-01-05T00:00:00.000Z', '2026-01-06T00:00:00.000Z')).toBe('period_conflict');
    expect(await ask('2026-01-02T00:00:00.000Z', '2999-01-01T00:00:00.000Z')).toBe('period_conflict');
    expect(await ask('2026-01-02', '2026-01-03')).toBe('invalid_request');
  });

  it('hides its file from the exports', async () => {
    const exported = good(await rig.call(tenant.key, 'post', '/v1/exports', { kind: 'fills', ...period }));
    expect(good(await rig.call(tenant.key, 'get', '/v1/exports')).data.map((row: { id: string }) => row.id)).toEqual([exported.id]);
    const job = await rig.backoffice.scoped(tenant.scope, (unit) =>
      unit.query(`select kind, payload from jobs where tenant_id = $1 and environment = $2 and kind = 'export.render'`, [...unit.scopeParameters]),
    );
    expect(job).toMatchObject([{ payload: { exportId: exported.id } }]);
  });
});

describe('a fee schedule', () => {
  it('that is announced beside another in the same moment is the version after it', async () => {
    const brand = await rig.tenant('At once');
    const announce = (bps: number) =>
      rig.call(brand.key, 'post', '/v1/fee-schedules', { execution_markup_bps: String(bps), builder_address: freshAddress() });
    const versions = (await Promise.all([1, 2, 3, 4].map(announce))).map((answer) => good(answer).version);
    expect(versions.sort()).toEqual([1, 2, 3, 4]);
  });

  it('acts at once where nobody pays yet, and a raise is time-locked once somebody does', async () => {
    const brand = await rig.tenant('Fees');
    const announce = (bps: string, more = {}) =>
      rig.call(brand.key, 'post', '/v1/fee-schedules', { execution_markup_bps: bps, builder_address: freshAddress(), ...more });
    good(await announce('2'));
    await makeObjects(rig, brand);
    expect((await announce('5', { effective_at: new Date(Date.now() + 3_600_000).toISOString() })).body.code).toBe('notice_too_short');
    good(await announce('1'));
    expect(good(await rig.call(brand.key, 'get', '/v1/fee-schedules'))).toMatchObject({
      version_in_force: 2,
      data: [{ version: 1 }, { version: 2 }],
    });
    expect((await announce('11')).body.code).toBe('invalid_request');
  });

  it('takes the operator’s share from the contract, which the tenant cannot write; a new contract acts at once and raises nothing', async () => {
    const brand = await rig.tenant('Contract');
    const own = freshAddress();
    const announce = (body: object) => rig.call(brand.key, 'post', '/v1/fee-schedules', { execution_markup_bps: '3', ...body });
    expect((await announce({ operator_share: '0' })).body.code).toBe('invalid_request');
    expect(good(await announce({ builder_address: own }))).toMatchObject({ operator_share: '0', builder_owner: 'tenant' });
    const agree = async (body: object) => good(await rig.operator('patch', `/v1/operator/tenants/${brand.id}`, body));
    expect(await agree({ operator_share: '0.25' })).toMatchObject({ operator_share: '0.25', operator_builder_address: null });
    expect(good(await rig.call(brand.key, 'get', '/v1/tenant')).operator_share).toBe('0.25');
    const operators = freshAddress();
    await agree({ operator_builder_address: operators });
    const { data, version_in_force } = good(await rig.call(brand.key, 'get', '/v1/fee-schedules'));
    expect(version_in_force).toBe(3);
    expect(data).toMatchObject([
      { operator_share: '0', builder_address: own, builder_owner: 'tenant' },
      { operator_share: '0.25', builder_address: own, builder_owner: 'tenant', execution_markup_bps: '3' },
      { operator_share: '0.25', builder_address: operators, builder_owner: 'operator', execution_markup_bps: '3' },
    ]);
    expect((await announce({ builder_address: own })).body.code).toBe('business_rule');
  });
});
