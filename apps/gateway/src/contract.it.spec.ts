import { API_CALENDAR } from '@lockstep/delivery';
import { classOfMethod, fallbackTier, type RouteClass } from '@lockstep/tenancy';
import { pngPicture } from '@lockstep/tenancy/testing/pictures';
import type { DetectionStanding } from '@lockstep/venues/port';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Listener } from './app/listeners';
import { SUMMARIES } from './app/summaries';
import { ACCESS, type Access, ROUTE_CLASS } from './auth/access';
import { limitsBody } from './auth/tiers';
import { DOCUMENTATION_PATHS } from './brand/documentation-door';
import { STREAM_PATH } from './stream/door';
import { closeAsBackoffice, manifestOf, renderAsBackoffice } from './testing/backoffice-work';
import { documented, type Operation } from './testing/documented';
import { askAsEngine, decideAsEngine, recordMovesAsEngine, setState, tellEgressAsEngine } from './testing/engine-work';
import { freshAddress, makeObjects, tradeAsEngine } from './testing/objects';
import { archiveAsBackoffice, leavingTenant } from './testing/offboarding-work';
import { type GatewayRig, good, HTTP_ADAPTERS, openRig, type RigTenant } from './testing/rig';
import { endTasksAsBackoffice, openWorldAsBackoffice } from './testing/sandbox-work';

/** Routes below /v1 that need no key. */
const OPEN: ReadonlySet<string> = new Set(['POST /v1/key-leaks']);

describe.each(HTTP_ADAPTERS)('on %s', (httpAdapter) => {
  let rig: GatewayRig;
  beforeAll(async () => {
    rig = await openRig({}, API_CALENDAR, httpAdapter);
  }, 300_000);
  afterAll(() => rig?.close());

  interface Route {
    readonly name: string;
    readonly access: Access | undefined;
    readonly routeClass: RouteClass;
  }

  /** The routes Nest serves, read from the controllers themselves. */
  function routesOf(listener: Listener): Route[] {
    const discovery = new DiscoveryService(listener.app.get(ModulesContainer, { strict: false }));
    const scanner = new MetadataScanner();
    return discovery.getControllers().flatMap(({ instance, metatype }) => {
      if (typeof instance !== 'object' || instance === null || metatype === null) return [];
      const prototype: object = Object.getPrototypeOf(instance);
      const base: string = Reflect.getMetadata(PATH_METADATA, metatype) ?? '';
      return scanner.getAllMethodNames(prototype).flatMap((method): Route[] => {
        const handler: object = Reflect.get(prototype, method);
        const path: string | undefined = Reflect.getMetadata(PATH_METADATA, handler);
        if (path === undefined) return [];
        const verb = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler)];
        const full = `/${[base, path].filter((part) => part !== '' && part !== '/').join('/')}`.replaceAll(/:(\w+)/g, '{$1}');
        const access = Reflect.getMetadata(ACCESS, handler) ?? Reflect.getMetadata(ACCESS, metatype);
        const routeClass = Reflect.getMetadata(ROUTE_CLASS, handler) ?? Reflect.getMetadata(ROUTE_CLASS, metatype) ?? classOfMethod(verb ?? '');
        return [{ name: `${verb} ${full}`, access, routeClass }];
      });
    });
  }

  describe('the contract', () => {
    it('documents every route that is served, and no other', () => {
      for (const listener of [rig.publicApi, rig.operatorApi]) {
        const served = routesOf(listener).map((route) => route.name);
        const hidden = ['GET /metrics'];
        const written = documented(listener).map((operation) => operation.name);
        expect(written.filter((name) => name !== `GET ${STREAM_PATH}`).sort()).toEqual(served.filter((name) => !hidden.includes(name)).sort());
      }
    });

    it('has no address that neither a controller nor the documentation serves', () => {
      for (const listener of [rig.publicApi, rig.operatorApi]) {
        const served = new Set(listener.paths().map((path) => path.replaceAll(/:(\w+)/g, '{$1}')));
        const known = new Set([
          ...documented(listener).map(({ path }) => path),
          ...DOCUMENTATION_PATHS,
          ...(listener === rig.operatorApi ? ['/metrics'] : []),
        ]);
        expect([...served].filter((path) => !known.has(path))).toEqual([]);
        expect(served.size).toBeGreaterThan(15);
      }
    });

    it('marks every route: who may call it is written at the route', () => {
      for (const { name, access } of routesOf(rig.publicApi)) {
        expect(access, name).toBeDefined();
        if (name.includes(' /v1/')) expect([name, access?.kind]).toEqual([name, OPEN.has(name) ? 'public' : 'tenant']);
        if (access?.kind === 'tenant') expect(access.scopes.length, name).toBeGreaterThan(0);
      }
      for (const { name, access } of routesOf(rig.operatorApi)) if (name.includes(' /v1/')) expect([name, access?.kind]).toEqual([name, 'operator']);
    });

    it('counts every route as one class: what takes risk away apart from everything else, what makes the engine trade apart from other writes', () => {
      const counted = routesOf(rig.publicApi).filter(({ access }) => access?.kind === 'tenant');
      const of = (routeClass: RouteClass): string[] =>
        counted
          .filter((route) => route.routeClass === routeClass)
          .map((route) => route.name)
          .sort();
      expect(of('kill_switches')).toEqual(['POST /v1/kill-switches/{id}/engage']);
      expect(of('stops')).toEqual([
        'POST /v1/api-keys/{id}/revoke',
        'POST /v1/close-all',
        'POST /v1/copies/{id}/pause',
        'POST /v1/copies/{id}/stop',
        'POST /v1/entitlements/{id}/revoke',
        'POST /v1/followers/{id}/close-all',
        'POST /v1/leaders/{id}/close',
        'POST /v1/leaders/{id}/close-all',
        'POST /v1/proposals/{id}/decline',
      ]);
      expect(of('orders')).toEqual([
        'PATCH /v1/copies/{id}',
        'PATCH /v1/leaders/{id}',
        'PATCH /v1/limits/{id}',
        'POST /v1/copies',
        'POST /v1/copies/bulk',
        'POST /v1/copies/{id}/re-enable',
        'POST /v1/copies/{id}/rebase',
        'POST /v1/copies/{id}/resume',
        'POST /v1/kill-switches/{id}/release',
        'POST /v1/proposals/{id}/approve',
      ]);
      expect(of('exports')).toEqual(['GET /v1/exports/{id}/file', 'GET /v1/settlements/{id}/file', 'POST /v1/exports', 'POST /v1/settlements']);
      expect(of('writes')).toEqual([
        'DELETE /v1/sandbox/faults',
        'DELETE /v1/sandbox/faults/{id}',
        'PATCH /v1/api-keys/{id}',
        'PATCH /v1/tenant/branding',
        'POST /v1/api-keys',
        'POST /v1/api-keys/{id}/rotate',
        'POST /v1/api-keys/{id}/signing',
        'POST /v1/copies/{id}/consent',
        'POST /v1/entitlements',
        'POST /v1/fee-schedules',
        'POST /v1/followers',
        'POST /v1/followers/bulk',
        'POST /v1/followers/{id}/erasure',
        'POST /v1/leaders',
        'POST /v1/leaders/{id}/terms',
        'POST /v1/sandbox',
        'POST /v1/sandbox/clock/advance',
        'POST /v1/sandbox/clock/freeze',
        'POST /v1/sandbox/clock/resume',
        'POST /v1/sandbox/credits',
        'POST /v1/sandbox/faults',
        'POST /v1/sandbox/scenarios',
        'POST /v1/sandbox/trades',
        'POST /v1/venue-accounts',
        'POST /v1/venue-accounts/import',
        'POST /v1/venue-accounts/{id}/approvals',
        'POST /v1/venue-accounts/{id}/renew-approvals',
      ]);
      const named = ['POST /v1/copies/preview', 'POST /v1/egress/forecast', 'POST /v1/stream-tickets'];
      expect(of('reads').filter((name) => !name.startsWith('GET '))).toEqual(named);
    });

    it('is OpenAPI 3.1 with unique ids, a summary, described answers and resolvable references', () => {
      const ids: string[] = [];
      for (const { document } of [rig.publicApi, rig.operatorApi]) {
        expect(document.openapi).toBe('3.1.0');
        const text = JSON.stringify(document);
        expect(text).not.toContain('"nullable"');
        for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
          expect(document.components?.schemas, name).toHaveProperty([name ?? '']);
        expect(text.match(/"\$ref":"#\/(?!components\/schemas\/)/)).toBeNull();
      }
      for (const { name, id, body, path } of [...documented(rig.publicApi), ...documented(rig.operatorApi)]) {
        ids.push(id);
        expect(body, name).toHaveProperty('summary');
        expect(body, name).toHaveProperty(['responses', 'default']);
        expect(JSON.stringify(body.responses), name).not.toContain('"description":""');
        for (const parameter of path.matchAll(/\{(\w+)\}/g)) expect(JSON.stringify(body.parameters), name).toContain(`"name":"${parameter[1]}"`);
      }
      const once = ids.filter((id) => !id.startsWith('health.'));
      expect(new Set(once).size).toBe(once.length);
      expect([...new Set(ids)].sort()).toEqual(Object.keys(SUMMARIES).sort());
    });

    it('is served as JSON and as pages', async () => {
      expect((await rig.call(null, 'get', '/openapi.json')).body.info.title).toBe('Copy trading API');
      expect((await rig.call(null, 'get', '/docs/')).text).toContain('swagger-ui');
    });
  });

  describe('without a key', () => {
    it('every operation of the tenants’ API answers 401', async () => {
      const operations = documented(rig.publicApi).filter(({ name, path }) => path.startsWith('/v1/') && path !== STREAM_PATH && !OPEN.has(name));
      expect(operations.length).toBeGreaterThan(40);
      for (const [index, { name, path, method }] of operations.entries()) {
        const from = { 'X-Forwarded-For': `203.0.113.${index}` };
        const answer = await rig.call(null, method, path.replaceAll(/\{\w+\}/g, 'x'), undefined, from);
        expect([name, answer.status, answer.body.code]).toEqual([name, 401, 'missing_key']);
      }
    });
  });

  describe('the answer of every operation', () => {
    it('is a named schema of the document, a file, or an upgrade', () => {
      for (const { name, body } of [...documented(rig.publicApi), ...documented(rig.operatorApi)]) {
        const successes = Object.entries(Object(body.responses)).filter(([status]) => /^[123]/.test(status));
        expect(successes.length, name).toBeGreaterThan(0);
        if (name === `GET ${STREAM_PATH}`) continue;
        for (const [status, answer] of successes) {
          if (status === '304') continue;
          expect(JSON.stringify(answer), name).toMatch(
            /"content":{"(application\/json":{"schema":{"\$ref":"#\/components\/schemas\/[A-Z]\w+"}|text\/csv":|image\/png":)/,
          );
        }
      }
    });

    it('describes every object it names', () => {
      for (const { document } of [rig.publicApi, rig.operatorApi]) {
        for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
          expect(name).not.toMatch(/Dto|__/);
          expect(JSON.stringify(schema).length, name).toBeGreaterThan(20);
        }
      }
    });

    // Each answer of `rig.call` and `rig.operator` is held against the document, with every object closed, by the rig itself.
    it('is what the document says, without a member more', async () => {
      const tenant = await rig.tenant('Every operation');
      const ask = async (method: Operation['method'], path: string, body?: object) => good(await rig.call(tenant.key, method, path, body));
      const builder = freshAddress();
      await ask('post', '/v1/fee-schedules', { execution_markup_bps: '3', builder_address: builder });
      const objects = await makeObjects(rig, tenant);
      const traded = await tradeAsEngine(rig, tenant, objects, 2);
      const wave = await decideAsEngine(rig, tenant, objects);
      const { leader, follower, venueAccount, copy } = objects;
      await endCommandsAsEngine(tenant);
      await appendEvent(tenant, copy);
      await seeLeadersAsEngine();

      await ask('post', '/v1/followers/bulk', { items: [{ external_id: 'bulk' }] });
      const second = await ask('post', '/v1/leaders', { name: 'Second', network: 'sim', address: freshAddress() });
      const items = [leader, second.id].map((id) => ({ leader_id: id, venue_account_id: venueAccount, allocation: '10' }));
      expect(await ask('post', '/v1/copies/bulk', { items })).toMatchObject({ made: 1, refused: 1 });
      const key = await ask('post', '/v1/api-keys', { name: 'second', scopes: ['copies:read'] });
      await ask('patch', `/v1/api-keys/${key.id}`, { name: 'second, renamed' });
      for (const signed of ['changes', 'nothing']) await ask('post', `/v1/api-keys/${key.id}/signing`, { signed });
      await ask('post', `/v1/api-keys/${key.id}/rotate`, {});
      await ask('post', `/v1/api-keys/${key.id}/revoke`);
      const lost = await ask('post', '/v1/api-keys', { name: 'lost', scopes: ['copies:read'] });
      await ask('post', '/v1/key-leaks', { key: lost.key, found_at: 'https://pastes.example/1' });
      await ask('patch', `/v1/leaders/${leader}`, { name: 'Renamed' });
      const agent = `0x${'4'.repeat(64)}`;
      await ask('post', '/v1/venue-accounts/import', { follower_id: follower, network: 'sim', address: freshAddress(), agent_private_key: agent });
      const signature = `0x${'ab'.repeat(64)}1b`;
      const signatures = ['approve_agent', 'approve_builder_fee'].map((kind) => ({ kind, signature }));
      await ask('post', `/v1/venue-accounts/${venueAccount}/approvals`, { signatures });
      await ask('post', `/v1/venue-accounts/${venueAccount}/renew-approvals`);
      await recordMovesAsEngine(rig, tenant, leader, [
        ['10', '100'],
        ['0', '110'],
      ]);
      await ask('post', '/v1/copies/preview', { leader_id: leader, allocation: '1000', settings: { mode: { kind: 'fixed_ratio', ratio: '0.1' } } });
      await ask('patch', `/v1/copies/${copy}`, { settings: { instruments: { kind: 'only', coins: ['BTC'] } }, allocation: '1500' });
      for (const [state, act] of [
        ['active', 'pause'],
        ['paused', 'resume'],
        ['breaker_closed', 're-enable'],
        ['active', 'rebase'],
        ['active', 'stop'],
      ] as const) {
        await setState(rig, tenant, copy, state);
        await ask('post', `/v1/copies/${copy}/${act}`);
      }
      const entitlement = await ask('post', '/v1/entitlements', { leader_id: leader, follower_id: follower });
      await ask('post', `/v1/entitlements/${entitlement.id}/revoke`);
      await ask('post', `/v1/leaders/${leader}/terms`, { document_url: 'https://brand.example/terms', sha256: '0'.repeat(64) });
      await ask('post', `/v1/copies/${copy}/consent`, { version: 1 });
      const proposal = await askAsEngine(rig, tenant, { copy, leader });
      await ask('post', `/v1/proposals/${proposal}/approve`, { size: '0.4' });
      await ask('post', `/v1/proposals/${proposal}/decline`);
      const period = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };
      const settlement = await ask('post', '/v1/settlements', period);
      await closeAsBackoffice(rig, tenant, settlement.id);
      const exported = await ask('post', '/v1/exports', { kind: 'fills', ...period });
      await renderAsBackoffice(rig, tenant, exported.id, manifestOf(tenant, 'fills', 'fills_x.csv'));
      await ask('post', '/v1/stream-tickets');
      await ask('patch', `/v1/limits/${leader}`, { caps: { max_leverage: '5' }, instruments: { kind: 'except', coins: ['DOGE'] } });
      await ask('post', `/v1/kill-switches/${copy}/engage`, { reason: 'odd fills' });
      await tellEgressAsEngine(rig);
      for (const wanted of [{ orders: 10_000, reductions: 3_000, target_ms: 60_000 }, { leader_id: leader }])
        await ask('post', '/v1/egress/forecast', { network: 'sim', ...wanted });
      for (const path of [
        'tenant',
        'tenant/branding',
        'egress?network=sim',
        'instruments?network=sim',
        'commands/1',
        'api-keys',
        `api-keys/${key.id}`,
        'leaders',
        `leaders/${leader}`,
        `leaders/${leader}/terms`,
        'entitlements',
        `entitlements/${entitlement.id}`,
        'detection',
        'followers',
        `followers/${follower}`,
        'venue-accounts',
        `venue-accounts/${venueAccount}`,
        'copies',
        `copies/${copy}`,
        `copies/${copy}/settings`,
        `copies/${copy}/consents`,
        'kill-switches',
        `kill-switches/${copy}`,
        `limits/${leader}`,
        'proposals',
        `proposals/${proposal}`,
        `copies/${copy}/receipts`,
        `copies/${copy}/receipts/${wave}`,
        'orders',
        `orders/${traded.orders[0]}`,
        'fills',
        `fills/${traded.fills[0]}`,
        `positions?copy_id=${copy}`,
        'events',
        'fee-schedules',
        ...['settlements', 'exports'].flatMap((list) => [
          list,
          ...['', '/manifest', '/file'].map((end) => `${list}/${list === 'exports' ? exported.id : settlement.id}${end}`),
        ]),
        'usage',
        'audit-log',
        'audit-log/verification',
      ]) {
        const body = await ask('get', `/v1/${path}`);
        if (Array.isArray(body.data)) expect(path === 'instruments?network=sim' || body.data.length > 0, path).toBe(true);
      }
      // Told again: on a slow machine what was told at the beginning is too old to be current.
      await seeLeadersAsEngine();
      expect((await ask('get', '/v1/detection')).data).toMatchObject([
        {
          network: 'sim',
          current: true,
          seats: { total: 10, reserved_for_orders: 2, left: 2 },
          latency: { stream: { median_ms: 41.5 } },
        },
      ]);
      expect(await ask('get', `/v1/leaders/${leader}`)).toMatchObject({
        detection: { source: 'sweep', seat: false, last_seen_at: expect.stringMatching(/Z$/) },
      });
      await ask('post', `/v1/kill-switches/${copy}/release`);
      const erased = await ask('post', '/v1/followers', { external_id: 'to be erased' });
      expect(await ask('post', `/v1/followers/${erased.id}/erasure`)).toMatchObject({ external_id: null, status: 'closed', erased_at: null });
      await ask('post', `/v1/followers/${follower}/close-all`);
      await ask('post', `/v1/leaders/${leader}/close-all`);
      await ask('post', '/v1/close-all');
      await ask('post', `/v1/leaders/${leader}/close`);
      for (const path of ['/health/live', '/health/ready', '/problems/not-found']) good(await rig.call(null, 'get', path));
      const domains = `/v1/operator/tenants/${tenant.id}/domains`;
      for (const host of ['every.brand.example', 'spare.brand.example']) good(await rig.operator('post', domains, { host, livemode: false }));
      good(await rig.operator('get', domains));
      good(await rig.operator('delete', `${domains}/spare.brand.example`));
      good(await rig.operator('patch', `/v1/operator/tenants/${tenant.id}/branding/test`, { name: 'Every' }));
      good(await rig.operator('get', `/v1/operator/tenants/${tenant.id}/branding/test`));
      const logo = { data: pngPicture(32, 32).toString('base64') };
      expect(await ask('patch', '/v1/tenant/branding', { logo })).toMatchObject({ name: 'Every', domains: [{ host: 'every.brand.example' }] });
      await expect.poll(async () => (await rig.call(null, 'get', '/brand/logo', undefined, { Host: 'every.brand.example' })).status).toBe(200);
      for (const path of ['tenants', `tenants/${tenant.id}`, 'tiers', 'tiers/scale', 'networks', 'health', 'audit-log', 'audit-log/verification'])
        good(await rig.operator('get', `/v1/operator/${path}`));
      good(await rig.operator('post', '/v1/operator/tiers', { name: 'contract', ...limitsBody(fallbackTier('contract')) }));
      good(await rig.operator('patch', '/v1/operator/tiers/contract', { concurrency: 7 }));
      good(await rig.operator('delete', '/v1/operator/tiers/contract'));
      good(await rig.operator('patch', `/v1/operator/tenants/${tenant.id}`, { operator_share: '0.25' }));
      for (const id of ['platform', tenant.id]) {
        good(await rig.operator('patch', `/v1/operator/limits/${id}`, { max_venue_leverage: 20 }));
        good(await rig.operator('get', `/v1/operator/limits/${id}`));
      }
      const leaver = await leavingTenant(rig);
      const archived = await archiveAsBackoffice(rig, leaver);
      const offboarding = `/v1/operator/tenants/${leaver.id}/offboarding`;
      for (const end of ['', `/files/${archived}`]) good(await rig.operator('get', `${offboarding}${end}`));
      good(await rig.operator('post', `${offboarding}/cancel`));
      const made = good(await rig.operator('post', '/v1/operator/keys', { name: 'support', role: 'support' }));
      for (const path of ['/v1/operator/keys', `/v1/operator/keys/${made.kid}`]) good(await rig.operator('get', path));
      good(await rig.operator('post', `/v1/operator/keys/${made.kid}/revoke`));
      const switches = '/v1/operator/kill-switches';
      for (const end of ['/engage', '/release']) good(await rig.operator('post', `${switches}/${tenant.id}${end}`));
      for (const path of [switches, `${switches}/${tenant.id}`]) good(await rig.operator('get', path));
      for (const path of ['/health/live', '/health/ready']) good(await rig.operator('get', path, undefined, null));

      await ask('post', '/v1/sandbox', { seed: 7 });
      await openWorldAsBackoffice(rig, tenant);
      const address = freshAddress();
      for (const [end, body] of [
        ['credits', { credits: [{ address, amount: '10' }] }],
        ['trades', { trades: [{ address, coin: 'BTC', side: 'buy', size: '0.05' }] }],
        ['clock/freeze', {}],
        ['clock/advance', { ms: 86_400_000 }],
        ['clock/resume', {}],
        ['scenarios', { name: 'crash', params: { percent: 30 } }],
      ] as const) {
        const task = await ask('post', `/v1/sandbox/${end}`, body);
        expect(task).toMatchObject({ status: 'queued', livemode: false });
        await endTasksAsBackoffice(rig, tenant);
        await ask('get', `/v1/sandbox/tasks/${task.id}`);
      }
      for (const path of ['', '/clock', '/tasks', '/scenarios', '/markets', `/account?address=${address}`]) await ask('get', `/v1/sandbox${path}`);

      const fault = await ask('post', '/v1/sandbox/faults', { kind: 'slow', operation: 'stream.open' });
      for (const path of ['', `/${fault.id}`]) await ask('get', `/v1/sandbox/faults${path}`);
      await ask('delete', `/v1/sandbox/faults/${fault.id}`);
      await ask('delete', '/v1/sandbox/faults');

      everyTenant.push(tenant);
      const missing = (listener: typeof rig.publicApi, succeeded: ReadonlySet<string>) =>
        documented(listener)
          .map((operation) => operation.id)
          .filter((id) => id !== 'stream.open' && !succeeded.has(id));
      expect(missing(rig.publicApi, rig.contracts.publicApi.succeeded)).toEqual([]);
      expect(missing(rig.operatorApi, rig.contracts.operatorApi.succeeded)).toEqual([]);
    });
  });

  /** Tenants whose calls the test of the audit log looks at. */
  const everyTenant: RigTenant[] = [];

  /** Operations by POST that change nothing, and why they leave no line in an audit log. */
  const CHANGES_NOTHING: Readonly<Record<string, string>> = {
    'preview.preview': 'plays settings over the recorded past',
    'egress.forecast': 'reckons how long a wave would take',
  };

  describe('the audit log', () => {
    const CHANGING: ReadonlySet<string> = new Set(['post', 'patch', 'put', 'delete']);
    const silent = (listener: Listener, requests: ReadonlyMap<string, readonly string[]>, lines: ReadonlySet<string>) =>
      documented(listener)
        .filter(({ method, id }) => CHANGING.has(method) && !(id in CHANGES_NOTHING))
        .map(({ id }) => id)
        .filter((id) => !(requests.get(id) ?? []).some((request) => lines.has(request)));
    const requestsOf = (body: { data: { request_id: string | null }[] }) => body.data.flatMap(({ request_id }) => request_id ?? []);

    it('has a line of every operation that changes something, the tenants’ and the operator’s', async () => {
      expect(everyTenant.length).toBeGreaterThan(0);
      const lines = new Set<string>();
      for (const tenant of everyTenant)
        for (const id of requestsOf(good(await rig.call(tenant.key, 'get', '/v1/audit-log?limit=1000')))) lines.add(id);
      expect(silent(rig.publicApi, rig.contracts.publicApi.requests, lines)).toEqual([]);
      const operators = new Set(requestsOf(good(await rig.operator('get', '/v1/operator/audit-log?limit=1000'))));
      expect(silent(rig.operatorApi, rig.contracts.operatorApi.requests, operators)).toEqual([]);
    });

    it('is whole, and so is the operator’s', async () => {
      for (const tenant of everyTenant) {
        const found = good(await rig.call(tenant.key, 'get', '/v1/audit-log/verification'));
        expect(found).toMatchObject({ intact: true, from_no: '1', broken_at: null, next_from_no: null });
        expect([found.lines > 30, found.lines.toString()]).toEqual([true, found.head_no]);
      }
      expect(good(await rig.operator('get', '/v1/operator/audit-log/verification'))).toMatchObject({ intact: true, broken_at: null });
    });
  });

  /** Ends a tenant's commands in turn as the engine does: one refused, the others applied with what their kinds give. */
  async function endCommandsAsEngine(tenant: RigTenant): Promise<void> {
    const results: Readonly<Record<string, unknown>> = {
      'leader.watch': { watching: true },
      'venue_account.activate': { agentValidUntil: Date.now(), builderFeeApprovedTenths: 30, mode: 'unified' },
    };
    await rig.engine.scoped(tenant.scope, async (unit) => {
      for (const command of await unit.commands.pending(100)) {
        const refused = command.kind === 'copy.activate';
        await unit.commands.settle(
          command.no,
          refused ? 'refused' : 'applied',
          refused ? { reason: 'insufficient_equity' } : (results[command.kind] ?? null),
        );
      }
    });
  }

  /** Writes down how leaders are seen, as the engine does every few seconds: every watched account by the sweep. */
  async function seeLeadersAsEngine(): Promise<void> {
    const figure = { count: 3, medianMs: 41.5, p99Ms: 90 };
    const standing: DetectionStanding = {
      seatsTotal: 10,
      seatsUsed: 8,
      seatsReserved: 2,
      watched: 30,
      streamed: 8,
      swept: 20,
      unread: 2,
      sweepCovers: true,
      sweepLosses: 1,
      coins: 200,
      connections: 3,
      connectionsOpened: 4,
      subscriptions: 400,
      subscriptionsMax: 800,
      messagesSent: 400,
      weightPerMinuteMax: 500,
      weightSpent: 90,
      readsWaiting: 0,
      stream: figure,
      sweep: { ...figure, medianMs: null, p99Ms: null, count: 0 },
    };
    await rig.engine.platform(async (unit) => {
      await unit.detection.putStanding('hyperliquid', 'sim', standing);
      const watched = await unit.inbox.watched();
      await unit.detection.putSights(watched.map(({ no }) => ({ watchedNo: no, source: 'sweep', seat: false, lastSeenAt: unit.now })));
    });
  }

  async function appendEvent(tenant: RigTenant, copy: string): Promise<void> {
    await rig.engine.scoped(tenant.scope, async (unit) => {
      const data = JSON.stringify({ copy_id: copy, settings_version: 2, changed: ['caps'] });
      await unit.events.append([{ id: rig.context.ids.next('event'), type: 'copy.settings_changed', version: 1, occurredAt: unit.now, data }]);
    });
  }
});
