import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API_CALENDAR, type ApiCalendar } from '@lockstep/delivery';
import { type Clock, type TenantScope, unwrap } from '@lockstep/kernel';
import {
  type Config,
  createHealth,
  createLogger,
  createMetrics,
  type EndedSpan,
  gatewayKeys,
  loadConfig,
  localLimiter,
  postgresWakeups,
  systemClock,
  systemIds,
  systemRandom,
  systemTimers,
  type Wakeups,
  watchLoop,
} from '@lockstep/platform';
import { keptTraces } from '@lockstep/platform/testing/kept-traces';
import { openStorage, type Storage } from '@lockstep/storage';
import { openTestStorage } from '@lockstep/storage/testing/test-storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { Client } from 'pg';
import request, { type Response, type Test } from 'supertest';
import type { GatewayContext } from '../app/context';
import { type Listener, listenOperator, listenPublic } from '../app/listeners';
import { digestOf } from '../auth/key-digest';
import { makeOperatorKey } from '../operator/first-key';
import { STREAM_LIMITS, type StreamLimits } from '../stream/limits';
import { type ContractCheck, contractCheck } from './contract-check';

export type Method = 'get' | 'post' | 'patch' | 'delete' | 'put';
export type Headers = Readonly<Record<string, string>>;

/** A tenant made through the operator API, with a key of every scope. */
export interface RigTenant {
  readonly id: string;
  readonly key: string;
  readonly scope: TenantScope;
}

/** The gateway on a database of its own, both listeners open on free ports. */
export interface GatewayRig {
  readonly context: GatewayContext;
  readonly publicApi: Listener;
  readonly operatorApi: Listener;
  readonly url: string;
  readonly operatorUrl: string;
  /** The environment of a gateway process beside this one, on the same database and with the same keys. */
  readonly environ: Readonly<Record<string, string>>;
  readonly operatorKey: string;
  readonly engine: Storage;
  readonly backoffice: Storage;
  readonly wakeups: Wakeups;
  /** A connection of the schema's owner, for what no process may do; it ends with the rig. */
  owner(): Promise<Client>;
  /** Every line the gateway has logged. */
  readonly logged: readonly string[];
  /** Spans of requests that are over. */
  readonly spans: readonly EndedSpan[];
  /** Every answer of `call` and `operator` is held against the documents by these. */
  readonly contracts: { readonly publicApi: ContractCheck; readonly operatorApi: ContractCheck };
  /** A call of the public API. */
  call(key: string | null, method: Method, path: string, body?: object, headers?: Headers): Test;
  /** A call of the operator API, with the operator's key unless another is given. */
  operator(method: Method, path: string, body?: object, key?: string | null, headers?: Headers): Test;
  tenant(name: string, tier?: string): Promise<RigTenant>;
  /** Removes a tenant’s events up to a number, as dropping old months does. */
  forgetEvents(tenant: RigTenant, throughSeq: number): Promise<void>;
  /** Lets no quota come back while held, so that a slow machine counts like a fast one. */
  holdLimits(held: boolean): void;
  close(): Promise<void>;
}

/** The HTTP frameworks a gateway runs on, the usual one first. */
export const HTTP_ADAPTERS = ['fastify', 'express'] as const satisfies readonly Config<'gateway'>['httpAdapter'][];

/** Opens the rig; `streamLimits` replaces bounds a test would have to wait for, `apiCalendar` the versions of the API, `httpAdapter` the framework below. */
export async function openRig(
  streamLimits: Partial<StreamLimits> = {},
  apiCalendar: ApiCalendar = API_CALENDAR,
  httpAdapter: Config<'gateway'>['httpAdapter'] = 'fastify',
): Promise<GatewayRig> {
  const test = await openTestStorage();
  const dataDir = mkdtempSync(join(tmpdir(), 'lockstep-gateway-'));
  const environ = {
    DATABASE_URL: test.ownerUrl,
    LOCKSTEP_DATA_DIR: dataDir,
    LOCKSTEP_GATEWAY_PORT: '0',
    LOCKSTEP_OPERATOR_PORT: '0',
    LOCKSTEP_HTTP_ADAPTER: httpAdapter,
    // So that a test can speak for another address.
    LOCKSTEP_TRUST_PROXY_HOPS: '1',
  };
  const config = unwrap(loadConfig('gateway', environ), 'the configuration of the test');
  const open = (role: 'app' | 'engine' | 'backoffice') => openStorage({ url: test.urls[role].url, role, clock: systemClock, poolMax: 8 });
  const [storage, engine, backoffice] = await Promise.all([open('app'), open('engine'), open('backoffice')]);
  const logged: string[] = [];
  const traces = keptTraces();
  const log = createLogger({ process: 'gateway', level: 'debug', write: (line) => logged.push(line) });
  const wakeups = await postgresWakeups({ url: test.urls.app.url, log });
  const keys = gatewayKeys(config);
  const limits = holdableClock();
  const health = createHealth({ clock: systemClock });
  health.addCheck('database', () => storage.ping());
  const context: GatewayContext = {
    config,
    storage,
    clock: systemClock,
    ids: systemIds(systemClock, systemRandom),
    random: systemRandom,
    limiter: localLimiter(limits.clock),
    wakeups,
    redis: null,
    keys,
    digest: digestOf(keys),
    metrics: createMetrics('gateway'),
    traces,
    log,
    health,
    load: watchLoop(systemClock, systemTimers),
    streamLimits: { ...STREAM_LIMITS, ...streamLimits },
    apiCalendar,
    passCrashPoint: () => undefined,
  };
  await addNetworks(test.ownerUrl);
  const made = await makeOperatorKey(storage, context.digest, systemRandom, false);
  if (made === null) throw new Error('a fresh database has an operator key');
  const operatorApi = await listenOperator(context);
  const publicApi = await listenPublic(context);
  const url = `http://127.0.0.1:${publicApi.port}`;
  const operatorUrl = `http://127.0.0.1:${operatorApi.port}`;
  const contracts = { publicApi: contractCheck(publicApi), operatorApi: contractCheck(operatorApi) };
  const operator: GatewayRig['operator'] = (method, path, body, key = made.key, headers = {}) =>
    send(operatorUrl, key, method, path, body, headers).expect((answer) => contracts.operatorApi.check(method, path, answer));
  const tenant = async (name: string, tier = 'scale'): Promise<RigTenant> => {
    const row = good(await operator('post', '/v1/operator/tenants', { name, tier }));
    const key = good(await operator('post', `/v1/operator/tenants/${row.id}/api-keys`, { name: 'first', livemode: false, scopes: ['*'] }));
    return { id: row.id, key: key.key, scope: scopeFromPlatformList(row.id, 'test') };
  };
  const owners: Client[] = [];
  const owner = async (): Promise<Client> => {
    const client = new Client({ connectionString: test.ownerUrl });
    await client.connect();
    owners.push(client);
    return client;
  };
  const close = async (): Promise<void> => {
    context.load.close();
    for (const each of owners) await each.end();
    await publicApi.close();
    await operatorApi.close();
    await wakeups.close();
    for (const each of [storage, engine, backoffice]) await each.close();
    await test.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  const call: GatewayRig['call'] = (key, method, path, body, headers = {}) =>
    send(url, key, method, path, body, headers).expect((answer) => contracts.publicApi.check(method, path, answer));
  return {
    contracts,
    context,
    publicApi,
    operatorApi,
    url,
    operatorUrl,
    environ,
    operatorKey: made.key,
    engine,
    backoffice,
    wakeups,
    owner,
    logged,
    spans: traces.spans,
    call,
    operator,
    tenant,
    forgetEvents: (of, throughSeq) => forgetEvents(test.ownerUrl, of, throughSeq),
    holdLimits: limits.hold,
    close,
  };
}

function holdableClock(): { readonly clock: Clock; hold(held: boolean): void } {
  let stands: { readonly now: number; readonly monotonic: number } | null = null;
  const hold = (held: boolean): void => {
    stands = held ? { now: systemClock.now(), monotonic: systemClock.monotonic() } : null;
  };
  return { clock: { now: () => stands?.now ?? systemClock.now(), monotonic: () => stands?.monotonic ?? systemClock.monotonic() }, hold };
}

/** The body of a 2xx answer; throws with the problem otherwise. */
export function good(answer: Response) {
  if (answer.status < 300) return answer.body;
  throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
}

function send(base: string, key: string | null, method: Method, path: string, body: object | undefined, headers: Headers): Test {
  const sent = request(base)[method](path).set(headers);
  if (key !== null) sent.set('Authorization', `Bearer ${key}`);
  return body === undefined ? sent : sent.send(body);
}

async function forgetEvents(ownerUrl: string, tenant: RigTenant, throughSeq: number): Promise<void> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query('alter table events no force row level security');
  await owner.query('delete from events where tenant_id = $1 and environment = $2 and seq <= $3', [tenant.id, tenant.scope.environment, throughSeq]);
  await owner.query('alter table events force row level security');
  await owner.end();
}

/** Networks as the engine lists them at its start: one simulated, one real. */
async function addNetworks(ownerUrl: string): Promise<void> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query(
    `insert into venue_networks (venue, network, environment, url, created_at)
     values ('hyperliquid', 'sim', 'test', 'http://127.0.0.1:1', now()), ('hyperliquid', 'mainnet', 'live', 'http://127.0.0.1:2', now()),
            ('perps_studio', 'sim', 'test', 'http://127.0.0.1:1', now())`,
  );
  await owner.end();
}
