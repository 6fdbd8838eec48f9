import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeObjects, type TenantObjects } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
let tenant: RigTenant;
let objects: TenantObjects;

beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Brand');
  objects = await makeObjects(rig, tenant);
}, 300_000);
afterAll(() => rig?.close());

const NO_EXPOSURE = {
  max_follower_exposure: null,
  max_underlying_share: null,
  max_leader_exposure: null,
  alert_follower_exposure: null,
  alert_underlying_share: null,
  alert_leader_exposure: null,
};
const patch = (id: string, body: object, of = tenant) => rig.call(of.key, 'patch', `/v1/limits/${id}`, body);
const stands = async (id: string, of = tenant) => good(await rig.call(of.key, 'get', `/v1/limits/${id}`));
const copy = async () => good(await rig.call(tenant.key, 'get', `/v1/copies/${objects.copy}`));
const sourceOf = (body: { effective: { sources: { limit: string; from: string[] }[] } }, limit: string) =>
  body.effective.sources.find((source) => source.limit === limit)?.from;

describe('limits above the copies', () => {
  it('of a target that has none bind nothing', async () => {
    const none = {
      max_position_size: null,
      max_position_notional: null,
      max_position_share: null,
      max_leverage: null,
      max_gross_exposure: null,
      min_liquidation_distance: null,
    };
    expect(await stands(objects.leader)).toEqual({
      livemode: false,
      target: 'leader',
      target_id: objects.leader,
      limits: {
        caps: none,
        losses: { from_start: null, trailing: null, daily: null, loss_money: null },
        exposure: NO_EXPOSURE,
        instruments: { kind: 'all' },
        max_venue_leverage: null,
        approve_within_ms: null,
        impact: null,
        choices: {},
      },
      actor: null,
      changed_at: null,
      passed: [],
    });
    const before = await copy();
    expect(before.effective.settings).toEqual(before.settings);
    expect(sourceOf(before, 'caps.max_leverage')).toEqual(['copy']);
    expect(sourceOf(before, 'breaker.daily')).toEqual([]);
    expect(before.effective.impact).toBeNull();
    expect(sourceOf(before, 'impact')).toEqual([]);
  });

  it('stand at once, are merged by the least, and say where each comes from', async () => {
    good(await patch(tenant.id, { caps: { max_leverage: '3' }, instruments: { kind: 'except', coins: ['DOGE'] } }));
    good(await patch(objects.leader, { caps: { max_position_notional: '500' }, max_venue_leverage: 4 }));
    const changed = good(await patch(objects.follower, { caps: { max_leverage: '2' }, losses: { daily: '0.1' } }));
    expect(changed).toMatchObject({ target: 'follower', target_id: objects.follower, actor: expect.stringMatching(/^key_/) });
    good(await patch(objects.leader, { exposure: { max_leader_exposure: '100000' } }));
    good(await rig.operator('patch', '/v1/operator/limits/platform', { max_venue_leverage: 3 }));
    good(await rig.operator('patch', `/v1/operator/limits/${tenant.id}`, { losses: { daily: '0.05' } }));
    const bound = await copy();
    expect(bound.settings.caps.max_leverage).toBe('10');
    expect(bound.effective.exposure).toEqual({ ...NO_EXPOSURE, max_leader_exposure: '100000' });
    expect(sourceOf(bound, 'exposure.max_leader_exposure')).toEqual(['leader']);
    expect(bound.effective.settings).toMatchObject({
      caps: { max_leverage: '2', max_position_notional: '500' },
      breaker: { daily: '0.05' },
      instruments: { kind: 'except', coins: ['DOGE'] },
      venue_leverage: 3,
    });
    expect(
      ['caps.max_leverage', 'caps.max_position_notional', 'breaker.daily', 'instruments', 'venue_leverage'].map((limit) => sourceOf(bound, limit)),
    ).toEqual([['follower'], ['leader'], ['platform'], ['tenant'], ['platform']]);
    const listed = good(await rig.call(tenant.key, 'get', '/v1/copies')).data;
    expect(listed[0].effective).toEqual(bound.effective);
  });

  it('are told beside those that cut, merged by the least as they are, and refused where they cannot be read', async () => {
    good(await patch(tenant.id, { exposure: { alert_underlying_share: '0.5', max_underlying_share: '0.4' } }));
    good(await patch(objects.follower, { exposure: { alert_underlying_share: '0.3' } }));
    const bound = await copy();
    expect(bound.effective.exposure).toMatchObject({ alert_underlying_share: '0.3', max_underlying_share: '0.4' });
    expect([sourceOf(bound, 'exposure.alert_underlying_share'), sourceOf(bound, 'exposure.max_underlying_share')]).toEqual([
      ['follower'],
      ['tenant'],
    ]);
    for (const id of [tenant.id, objects.follower]) good(await patch(id, { exposure: { alert_underlying_share: null, max_underlying_share: null } }));
    expect(sourceOf(await copy(), 'exposure.alert_underlying_share')).toEqual([]);
    const refused = await patch(objects.follower, { exposure: { alert_underlying_share: '-1' } });
    expect(refused.status).toBe(400);
  });

  it('that copies share show what is told as passed, of a target or of the whole brand', async () => {
    const told = {
      limitName: 'alert_underlying_share',
      underlying: 'BTC',
      threshold: 300_000_000n,
      measured: 310_000_000n,
      passedAt: 1_763_800_000_000,
    };
    await rig.engine.scoped(tenant.scope, async (unit) => {
      await unit.records.addPassedLimit({ ...told, subjectId: objects.follower });
      await unit.records.addPassedLimit({ ...told, subjectId: objects.leader, limitName: 'max_leader_exposure', underlying: '' });
    });
    const [share, capacity] = [
      {
        limit: 'alert_underlying_share',
        of: objects.follower,
        underlying: 'BTC',
        threshold: '3',
        measured: '3.1',
        passed_at: '2025-11-22T08:26:40.000Z',
      },
      { limit: 'max_leader_exposure', of: objects.leader, underlying: null, threshold: '3', measured: '3.1', passed_at: '2025-11-22T08:26:40.000Z' },
    ];
    expect((await stands(objects.follower)).passed).toEqual([share]);
    expect((await stands(objects.leader)).passed).toEqual([capacity]);
    expect((await stands(tenant.id)).passed).toEqual(expect.arrayContaining([share, capacity]));
    await rig.engine.scoped(tenant.scope, async (unit) => {
      for (const { subjectId, limitName, underlying } of await unit.records.passedLimits())
        await unit.records.dropPassedLimit({ subjectId, limitName, underlying });
    });
    expect((await stands(tenant.id)).passed).toEqual([]);
  });

  it('keep what a change leaves out, and lose what it sets to null', async () => {
    expect(good(await patch(objects.leader, { caps: { max_leverage: '7' } })).limits).toMatchObject({
      caps: { max_position_notional: '500', max_leverage: '7' },
      max_venue_leverage: 4,
    });
    expect(good(await patch(objects.leader, { caps: { max_position_notional: null }, max_venue_leverage: null })).limits).toMatchObject({
      caps: { max_position_notional: null, max_leverage: '7' },
      max_venue_leverage: null,
    });
  });

  it('say how large waves are spread, the nearest layer for all others, until it takes its word back', async () => {
    const spread = async () => {
      const bound = await copy();
      return [bound.effective.impact, sourceOf(bound, 'impact')];
    };
    good(await rig.operator('patch', '/v1/operator/limits/platform', { impact: {} }));
    expect(await spread()).toEqual([{ spread_above: '0.5', participation: '0.2', within_ms: 5_000, jitter: '0.3' }, ['platform']]);
    good(await patch(objects.leader, { impact: { within_ms: 9_000 } }));
    good(await patch(objects.leader, { impact: { participation: '0.1' } }));
    expect(await spread()).toEqual([{ spread_above: '0.5', participation: '0.1', within_ms: 9_000, jitter: '0.3' }, ['leader']]);
    good(await patch(objects.leader, { impact: null }));
    good(await rig.operator('patch', '/v1/operator/limits/platform', { impact: null }));
    expect(await spread()).toEqual([null, []]);
    expect((await patch(objects.leader, { impact: { within_ms: 60_001 } })).body).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it('changed at the same time are all kept', async () => {
    const fresh = await makeObjects(rig, tenant);
    const names = [
      'max_position_size',
      'max_position_notional',
      'max_position_share',
      'max_leverage',
      'max_gross_exposure',
      'min_liquidation_distance',
    ];
    await Promise.all(names.map(async (name) => good(await patch(fresh.leader, { caps: { [name]: '1' } }))));
    expect((await stands(fresh.leader)).limits.caps).toEqual(Object.fromEntries(names.map((name) => [name, '1'])));
  });

  it('reach the engine as commands and stand in the audit log', async () => {
    const pending = await rig.engine.scoped(tenant.scope, (unit) => unit.commands.pending(200, 0n));
    expect(new Set(pending.filter(({ kind }) => kind === 'limits.changed').map(({ targetId }) => targetId))).toEqual(
      new Set([
        tenant.id,
        objects.leader,
        objects.follower,
        ...pending.map(({ targetId }) => targetId).filter((id) => id.startsWith('ldr_') && id !== objects.leader),
      ]),
    );
    const lines = good(await rig.call(tenant.key, 'get', '/v1/audit-log?action=limits.update')).data;
    expect(lines.map((line: { actor: string }) => line.actor.split(/[_:]/)[0])).toEqual(expect.arrayContaining(['key', 'operator']));
    const rows = await rig.engine.scoped(tenant.scope, (unit) => unit.riskLimits.all());
    expect(rows.map((row) => row.targetId)).toEqual(expect.arrayContaining([tenant.id, objects.leader, objects.follower]));
    expect((await rig.engine.platform((unit) => unit.limits.all())).map((row) => row.targetId).sort()).toEqual(['platform', tenant.id].sort());
  });

  it('of which the greatest floor under liquidation distances binds a copy, and says whose it is', async () => {
    const fresh = await makeObjects(rig, tenant);
    const effective = async () => {
      const body = good(await rig.call(tenant.key, 'get', `/v1/copies/${fresh.copy}`));
      return [body.effective.settings.caps.min_liquidation_distance, sourceOf(body, 'caps.min_liquidation_distance')];
    };
    expect(await effective()).toEqual([null, []]);
    good(await patch(fresh.leader, { caps: { min_liquidation_distance: '0.1' } }));
    good(await patch(fresh.follower, { caps: { min_liquidation_distance: '0.25' } }));
    expect(await effective()).toEqual(['0.25', ['follower']]);
    good(await patch(fresh.follower, { caps: { min_liquidation_distance: null } }));
    expect(await effective()).toEqual(['0.1', ['leader']]);
    expect((await patch(fresh.leader, { caps: { min_liquidation_distance: '1.01' } })).body).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it('are another tenant’s never, and need a right and a well-formed change', async () => {
    const other = await rig.tenant('Other');
    for (const id of [tenant.id, objects.leader, objects.follower]) {
      expect((await patch(id, { caps: { max_leverage: '1' } }, other)).status, id).toBe(404);
      expect((await rig.call(other.key, 'get', `/v1/limits/${id}`)).status, id).toBe(404);
    }
    for (const [id, body, status] of [
      [objects.leader, { caps: { max_levrage: '1' } }, 400],
      [objects.leader, { caps: { max_leverage: '-1' } }, 400],
      [objects.leader, { losses: { daily: '2' } }, 400],
      [objects.copy, {}, 400],
    ] as const)
      expect((await patch(id, body)).body, JSON.stringify(body)).toMatchObject({ status, code: 'invalid_request' });
    const reader = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'reader', scopes: ['limits:read'] })).key;
    expect((await rig.call(reader, 'patch', `/v1/limits/${objects.leader}`, {})).body).toMatchObject({ status: 403, code: 'missing_scope' });
    expect((await rig.operator('patch', '/v1/operator/limits/platform', { caps: { max_leverage: 'x' } })).body).toMatchObject({
      code: 'invalid_request',
    });
  });
});

describe('choices above the copies', () => {
  const choiceOf = async (name: string, id = objects.copy) => {
    const body = good(await rig.call(tenant.key, 'get', `/v1/copies/${id}`));
    const { from, locked } = body.effective.choices.find(({ choice }: { choice: string }) => choice === name);
    return [body.effective.settings[name], from, locked];
  };
  const settings = (change: object) => rig.call(tenant.key, 'patch', `/v1/copies/${objects.copy}`, { settings: change });

  it('act where the copy leaves them to others, the nearest first, and are fixed where a layer says so', async () => {
    expect(await choiceOf('catch_up_ms')).toEqual([10_000, null, false]);
    good(await patch(tenant.id, { choices: { catch_up_ms: { value: 4_000 }, max_age_ms: { value: 900, locked: true } } }));
    expect(await choiceOf('catch_up_ms')).toEqual([4_000, 'tenant', false]);
    good(await patch(objects.follower, { choices: { catch_up_ms: { value: 6_000 }, max_age_ms: { value: 5_000 } } }));
    expect(await choiceOf('catch_up_ms')).toEqual([6_000, 'follower', false]);
    expect(await choiceOf('max_age_ms')).toEqual([900, 'tenant', true]);
    const own = good(await settings({ catch_up_ms: 7_000, max_age_ms: 1_000 })).settings;
    expect(own.inherits).not.toContain('catch_up_ms');
    expect(await choiceOf('catch_up_ms')).toEqual([7_000, 'copy', false]);
    expect(await choiceOf('max_age_ms')).toEqual([900, 'tenant', true]);
    good(await settings({ inherit: ['catch_up_ms'] }));
    expect(await choiceOf('catch_up_ms')).toEqual([6_000, 'follower', false]);
    good(await patch(objects.follower, { choices: { catch_up_ms: null } }));
    expect(await choiceOf('catch_up_ms')).toEqual([4_000, 'tenant', false]);
    const { limits } = await stands(objects.follower);
    expect(limits.choices).toEqual({ max_age_ms: { value: 5_000, locked: false } });
  });

  it.each([
    [{ mode: { value: 1 } }],
    [{ catch_up_ms: { value: '5' } }],
    [{ catch_up_ms: { value: 600_001 } }],
    [{ catch_up_ms: 5_000 }],
    [{ start: { value: { kind: 'later' } } }],
  ])('%j is no choice', async (choices) => {
    expect((await patch(tenant.id, { choices })).status).toBe(400);
  });
});
