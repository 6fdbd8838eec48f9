import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Listener } from './app/listeners';
import { SUMMARIES } from './app/summaries';
import { ACCESS, type Access } from './auth/access';
import { STREAM_PATH } from './stream/door';
import { freshAddress, makeObjects, tradeAsEngine } from './testing/objects';
import { type GatewayRig, good, type Method, openRig } from './testing/rig';

let rig: GatewayRig;
beforeAll(async () => {
  rig = await openRig();
}, 300_000);
afterAll(() => rig?.close());

interface Route {
  readonly name: string;
  readonly access: Access | undefined;
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
      return [{ name: `${verb} ${full}`, access: Reflect.getMetadata(ACCESS, handler) ?? Reflect.getMetadata(ACCESS, metatype) }];
    });
  });
}

interface Operation {
  readonly name: string;
  readonly path: string;
  readonly method: Method;
  readonly id: string;
  readonly body: Record<string, unknown>;
}

/** The operations a listener documents. */
function documented(listener: Listener): Operation[] {
  return Object.entries(listener.document.paths).flatMap(([path, item]) =>
    (['get', 'post', 'patch', 'put', 'delete'] as const).flatMap((method) => {
      const operation = item[method];
      return operation === undefined
        ? []
        : [{ name: `${method.toUpperCase()} ${path}`, path, method, id: operation.operationId ?? '', body: JSON.parse(JSON.stringify(operation)) }];
    }),
  );
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

  it('marks every route: who may call it is written at the route', () => {
    for (const { name, access } of routesOf(rig.publicApi)) {
      expect(access, name).toBeDefined();
      if (name.includes(' /v1/')) expect([name, access?.kind]).toEqual([name, 'tenant']);
      if (access?.kind === 'tenant') expect(access.scopes.length, name).toBeGreaterThan(0);
    }
    for (const { name, access } of routesOf(rig.operatorApi)) if (name.includes(' /v1/')) expect([name, access?.kind]).toEqual([name, 'operator']);
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
    expect((await rig.call(null, 'get', '/openapi.json')).body.info.title).toBe('Lockstep');
    expect((await rig.call(null, 'get', '/docs/')).text).toContain('swagger-ui');
  });
});

describe('without a key', () => {
  it('every operation of the tenants’ API answers 401', async () => {
    const operations = documented(rig.publicApi).filter(({ path }) => path.startsWith('/v1/') && path !== STREAM_PATH);
    expect(operations.length).toBeGreaterThan(40);
    for (const [index, { name, path, method }] of operations.entries()) {
      const from = { 'X-Forwarded-For': `203.0.113.${index}` };
      const answer = await rig.call(null, method, path.replaceAll(/\{\w+\}/g, 'x'), undefined, from);
      expect([name, answer.status, answer.body.code]).toEqual([name, 401, 'missing_key']);
    }
  });
});

describe('another tenant’s object', () => {
  it('is the same 404 as none at all, on every operation with an id', async () => {
    const [owner, stranger] = [await rig.tenant('Owner'), await rig.tenant('Stranger')];
    const objects = await makeObjects(rig, owner);
    const traded = await tradeAsEngine(rig, owner, objects, 1);
    const post = async (path: string, body: object) => String(good(await rig.call(owner.key, 'post', path, body)).id);
    const from = '2026-01-01T00:00:00.000Z';
    const ids: Readonly<Record<string, string>> = {
      'api-keys': good(await rig.call(owner.key, 'get', '/v1/api-keys')).data[0].id,
      leaders: objects.leader,
      followers: objects.follower,
      'venue-accounts': objects.venueAccount,
      copies: objects.copy,
      orders: traded.orders[0] ?? '',
      fills: traded.fills[0] ?? '',
      commands: '1',
      settlements: await post('/v1/settlements', { from, to: '2026-01-02T00:00:00.000Z' }),
      exports: await post('/v1/exports', { kind: 'fills', from, to: '2026-01-02T00:00:00.000Z' }),
    };
    const bodies: Readonly<Record<string, object>> = {
      'POST /v1/venue-accounts/{id}/approvals': { signatures: [{ kind: 'approve_agent', signature: `0x${'1'.repeat(128)}1b` }] },
    };
    const withId = documented(rig.publicApi).filter(({ path }) => path.startsWith('/v1/') && path.includes('{'));
    expect(withId.length).toBeGreaterThan(20);
    for (const { name, path, method } of withId) {
      const foreign = ids[path.split('/')[2] ?? ''];
      expect(foreign, `${name} has a row in this test`).toBeDefined();
      const at = (id: string): string => path.replace(/\{(id|no)\}/, id).replace('{waveId}', '1');
      const nobody = foreign?.startsWith('1') ? '999999' : `${foreign?.slice(0, -4)}0000`;
      const answers = [];
      for (const id of [foreign ?? '', nobody]) answers.push(await rig.call(stranger.key, method, at(id), bodies[name] ?? {}));
      const [theirs, none] = answers.map(({ status, body }) => ({ status, body: { ...body, request_id: '' } }));
      expect(theirs?.status, name).toBe(404);
      expect(theirs, name).toEqual(none);
    }
  });

  it('cannot be referred to or filtered by', async () => {
    const [owner, stranger] = [await rig.tenant('Owner 2'), await rig.tenant('Stranger 2')];
    const [theirs, own] = [await makeObjects(rig, owner), await makeObjects(rig, stranger)];
    const refusals: readonly (readonly [string, object])[] = [
      ['/v1/venue-accounts', { follower_id: theirs.follower, network: 'sim', address: freshAddress() }],
      ['/v1/copies', { leader_id: theirs.leader, venue_account_id: own.venueAccount, allocation: '1' }],
      ['/v1/copies', { leader_id: own.leader, venue_account_id: theirs.venueAccount, allocation: '1' }],
    ];
    for (const [path, body] of refusals) expect((await rig.call(stranger.key, 'post', path, body)).status, JSON.stringify(body)).toBe(404);
    for (const path of ['orders', 'fills', 'positions'])
      expect((await rig.call(stranger.key, 'get', `/v1/${path}?copy_id=${theirs.copy}`)).status).toBe(404);
    for (const query of [`leader_id=${theirs.leader}`, `follower_id=${theirs.follower}`])
      expect(good(await rig.call(stranger.key, 'get', `/v1/copies?${query}`)).data).toEqual([]);
  });

  it('is not in any list', async () => {
    const [owner, stranger] = [await rig.tenant('Owner 3'), await rig.tenant('Stranger 3')];
    await tradeAsEngine(rig, owner, await makeObjects(rig, owner), 2);
    const lists = documented(rig.publicApi).filter(({ method, path }) => method === 'get' && path.startsWith('/v1/') && !path.includes('{'));
    const own = new Set(['/v1/api-keys', '/v1/tenant', '/v1/instruments', '/v1/positions', STREAM_PATH]);
    for (const { path } of lists.filter((list) => !own.has(list.path))) {
      expect([path, good(await rig.call(stranger.key, 'get', path)).data]).toEqual([path, []]);
    }
  });
});
