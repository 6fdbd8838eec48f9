import { randomBytes } from 'node:crypto';
import { isId, must, type TenantId, type TenantScope } from '@lockstep/kernel';
import { systemClock } from '@lockstep/platform';
import { openStorage } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { z } from 'zod';
import { ApiClient } from '../../client/api';
import type { LimitsPlatform } from '../limits/platform';

const TIER = 'bench';
/** So much that no limit is met, of what is counted all the same. */
const FAR_ABOVE = 1_000_000;
/** Copies of one account: each has a leader of its own. */
const LEADERS = 8;
const SETUP_AT_ONCE = 8;
/** Twice as many as are in flight at once by default. */
const COPIES_READ = 64;

/** A tenant whose API is measured. */
export interface RestStage {
  readonly key: string;
  readonly scope: TenantScope;
  /** Ids of copies to read, each asked for after the others: what is read together is never read once for several. */
  readonly copyIds: readonly string[];
  /** A follower to read: one row of one statement. */
  readonly followerPath: string;
  /** Takes so many bodies of copies that can be made. */
  bodies(many: number): readonly string[];
}

const tenantId = (text: string): TenantId => {
  must(isId('tenant', text), 'the id of a tenant');
  return text;
};
const withId = z.object({ id: z.string() });
const withKey = z.object({ key: z.string() });

/** Makes a tenant far below its limits, with leaders and as many accounts as `copies` copies need, through the API. */
export async function makeStage(platform: LimitsPlatform, engineUrl: string, copies: number): Promise<RestStage> {
  await listNetwork(engineUrl);
  await platform.operator.must('POST', '/v1/operator/tiers', tier);
  const tenant = withId.parse(await platform.operator.must('POST', '/v1/operator/tenants', { name: 'Measured', tier: TIER }));
  const order = { name: 'bench', livemode: false, scopes: ['*'] };
  const { key } = withKey.parse(await platform.operator.must('POST', `/v1/operator/tenants/${tenant.id}/api-keys`, order));
  const client = new ApiClient(platform.url, key);
  try {
    const leaders = await each(
      LEADERS,
      async () => withId.parse(await client.must('POST', '/v1/leaders', { name: 'Measured', network: 'sim', address: address() })).id,
    );
    const accounts = await each(Math.ceil((copies + COPIES_READ) / LEADERS), async () => {
      const follower = withId.parse(await client.must('POST', '/v1/followers', {}));
      const body = { follower_id: follower.id, network: 'sim', address: address(), agent_private_key: `0x${randomBytes(32).toString('hex')}` };
      return { account: withId.parse(await client.must('POST', '/v1/venue-accounts/import', body)).id, follower: follower.id };
    });
    const drafts = accounts.flatMap(({ account }) => leaders.map((leader) => ({ leader_id: leader, venue_account_id: account, allocation: '1000' })));
    const copyIds = await each(COPIES_READ, async () => withId.parse(await client.must('POST', '/v1/copies', drafts.pop())).id);
    const bodies = drafts.map((draft) => JSON.stringify(draft));
    return {
      key,
      scope: scopeFromPlatformList(tenantId(tenant.id), 'test'),
      copyIds,
      followerPath: `/v1/followers/${accounts[0]?.follower}`,
      bodies: (many) => bodies.splice(0, many),
    };
  } finally {
    await client.close();
  }
}

const address = (): string => `0x${randomBytes(20).toString('hex')}`;

const tier = {
  name: TIER,
  requests: [{ name: 'minute', per: 'tenant', classes: ['reads', 'writes', 'orders', 'exports'], quota: FAR_ABOVE, window_ms: 60_000 }],
  concurrency: 1_000,
  quotas: { api_keys: 5, stream_connections: 5, leaders: 100, followers: FAR_ABOVE, active_copies: FAR_ABOVE, export_jobs: 1 },
};

/** An engine lists its networks when it starts; here there is none. */
async function listNetwork(url: string): Promise<void> {
  const storage = await openStorage({ url, role: 'engine', clock: systemClock, poolMax: 1 });
  try {
    await storage.platform((unit) =>
      unit.markets.putNetwork({ venue: 'hyperliquid', network: 'sim', environment: 'test', url: 'http://127.0.0.1:1' }),
    );
  } finally {
    await storage.close();
  }
}

/** Runs something so often, some at once, and gives the results. */
async function each<T>(many: number, work: () => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  let left = many;
  const one = async (): Promise<void> => {
    while (left-- > 0) results.push(await work());
  };
  await Promise.all(Array.from({ length: SETUP_AT_ONCE }, one));
  return results;
}
