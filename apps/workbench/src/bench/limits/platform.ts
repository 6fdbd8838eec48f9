import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, childEnvironment, redisForTests } from '@lockstep/platform';
import { z } from 'zod';
import { ApiClient } from '../../client/api';
import { operatorKey } from '../../client/operator-key';
import { startChild } from '../../processes/child';
import { makeRunFolder } from '../../processes/run-folder';
import { openRoles } from '../fanout/platform';

/** A real gateway on a real database, and what its limits count in. */
export interface LimitsPlatform extends RunningGateway {
  /** Where counts are kept. */
  readonly counted: 'redis' | 'in process';
  readonly operator: ApiClient;
  /** The database as the engine's role sees it. */
  readonly engineUrl: string;
  /** The database as the gateway's role sees it. */
  readonly appUrl: string;
  readonly logFolder: string;
  /** Starts another gateway beside the first, on the same database, keys and counts. It ends with the platform. */
  startGateway(more: GatewayPlan): Promise<RunningGateway>;
  close(): Promise<void>;
}

/** How a gateway is started. */
export interface GatewayPlan {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node itself. */
  readonly nodeArgs?: readonly string[];
}
/** Where a gateway is reached. */
export interface RunningGateway {
  readonly url: string;
  readonly operatorUrl: string;
}

const GATEWAY = join(__dirname, '../../../../gateway/src/main.js');
const GATEWAY_STOP_GRACE_MS = 30_000;

/** A tenant with one key and one object to read. */
export interface Caller {
  readonly key: string;
  /** The address its key reads. */
  readonly path: string;
}

/** Starts PostgreSQL (or uses `DATABASE_URL`), Redis (`REDIS_URL`, or a redis-server in the PATH) and a gateway. */
export async function startLimitsPlatform(config: Config<'workbench'>, plan: GatewayPlan = { name: 'gateway' }): Promise<LimitsPlatform> {
  const dataDir = makeRunFolder('bench');
  const logFolder = join(dataDir, 'logs');
  mkdirSync(logFolder, { recursive: true });
  const closers: (() => Promise<void>)[] = [async () => rmSync(dataDir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const roles = await openRoles(config, dataDir, closers);
    const redis = await redisForTests();
    if (redis !== null) closers.push(() => redis.close());
    const env = {
      ...childEnvironment(),
      NODE_ENV: 'production',
      LOG_LEVEL: config.logLevel,
      LOCKSTEP_DATA_DIR: dataDir,
      APP_DATABASE_URL: roles.app.url,
      LOCKSTEP_GATEWAY_PORT: '0',
      LOCKSTEP_OPERATOR_PORT: '0',
      ...(redis === null ? {} : { REDIS_URL: redis.url }),
    };
    const startGateway = async ({ name, env: more, nodeArgs = [] }: GatewayPlan): Promise<RunningGateway> => {
      const logFile = join(logFolder, `${name}.log`);
      const { ready, stop } = await startChild({ name, entry: GATEWAY, args: [], nodeArgs, env: { ...env, ...more }, logFile });
      closers.push(() => stop(GATEWAY_STOP_GRACE_MS));
      const at = (port: unknown): string => `http://127.0.0.1:${Number(port)}`;
      return { url: at(ready.port), operatorUrl: at(ready.operatorPort) };
    };
    const gateway = await startGateway(plan);
    const key = await operatorKey({ gatewayEnv: env });
    if (key === null) throw new Error('no operator key could be made: name a database without one');
    const operator = new ApiClient(gateway.operatorUrl, key);
    closers.push(() => operator.close());
    return {
      ...gateway,
      counted: redis === null ? 'in process' : 'redis',
      operator,
      engineUrl: roles.engine.url,
      appUrl: roles.app.url,
      logFolder,
      startGateway,
      close,
    };
  } catch (failure) {
    await close();
    throw failure;
  }
}

const withId = z.object({ id: z.string() });
const withKey = z.object({ key: z.string() });

/** Makes a tenant of a tier, with a key and a follower. */
export async function makeCaller({ url, operator }: LimitsPlatform, name: string, tier: string): Promise<Caller> {
  const tenant = withId.parse(await operator.must('POST', '/v1/operator/tenants', { name, tier }));
  const order = { name: 'bench', livemode: false, scopes: ['*'] };
  const { key } = withKey.parse(await operator.must('POST', `/v1/operator/tenants/${tenant.id}/api-keys`, order));
  const client = new ApiClient(url, key);
  const follower = withId.parse(await client.must('POST', '/v1/followers', {}));
  await client.close();
  return { key, path: `${url}/v1/followers/${follower.id}` };
}
