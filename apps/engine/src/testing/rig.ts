import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CopyId, type FollowerId, type LeaderId, type TenantId, type TenantScope, UNIT, type VenueAccountId } from '@lockstep/kernel';
import { knownFlags, makeSealingKeys, type Secret, sealer, sealingContext, systemClock, systemIds, systemRandom } from '@lockstep/platform';
import { type CopySettings, defaultCopySettings, encodeCopySettings } from '@lockstep/roster';
import { type CommandKind, MAIN_ACCOUNT, openStorage, resolveRoleUrls, type Storage, type VenueAccountRow } from '@lockstep/storage';
import { migratedDatabase } from '@lockstep/storage/testing/test-storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { type AgentKey, generateAgentKey } from '@lockstep/venues/hyperliquid';
import { Client } from 'pg';
import { startProcess, type TestProcess } from './processes';
import { startVenue, type TestVenue } from './sim-control';

/** A whole platform for tests: a database, the built venue, and engines as child processes. Rows are written as the gateway writes them. */
export interface Rig {
  readonly venue: TestVenue;
  readonly storage: Storage;
  /** The owner's; a test that stands between an engine and its server gives the engine another way there. */
  readonly databaseUrl: string;
  /** Id of the key that agents' keys are sealed for. */
  readonly sealingKeyId: string;
  /** Starts the built engine; `env` adds to its environment, e.g. a crash point. With `ENGINE_ENTRY` it starts as in service, with made-up waves first. */
  startEngine(env?: Readonly<Record<string, string>>, entry?: string): Promise<TestProcess>;
  /** The server forgets who holds the engine's lock, as after a failover. */
  forgetLocks(): Promise<void>;
  tenant(name: string): Promise<TestTenant>;
  close(): Promise<void>;
}

/** A brand with helpers to give it leaders, followers and copies. */
export interface TestTenant {
  readonly id: TenantId;
  readonly scope: TenantScope;
  leader(address: string): Promise<LeaderId>;
  /** A follower with a funded venue account, its agent approved at the venue, activation asked for. */
  follower(address: string, credit: string, terms?: AccountTerms): Promise<{ readonly followerId: FollowerId; readonly accountId: VenueAccountId }>;
  /** Another agent key of an account, made for a renewal and not approved yet; its address. */
  nextAgent(accountId: VenueAccountId, name: string): Promise<string>;
  copy(leader: LeaderId, follower: { readonly followerId: FollowerId; readonly accountId: VenueAccountId }, terms: CopyTerms): Promise<CopyId>;
  command(kind: CommandKind, targetId: string, payload?: unknown): Promise<bigint>;
}

/** What an account has beside the standards: an unnamed agent of its own, approved at the venue, and its own wallet. */
export interface AccountTerms {
  readonly agent?: AgentKey;
  /** Name of the agent at the venue, perhaps with its end; null: the venue is told of no agent. */
  readonly agentName?: string | null;
  readonly type?: Pick<VenueAccountRow, 'accountType' | 'masterAddress'>;
}

export interface CopyTerms {
  /** Whole units of the collateral. */
  readonly allocation: bigint;
  readonly settings?: Partial<CopySettings>;
}

export const ENGINE_ENTRY = 'dist/apps/engine/src/main.js';
const UNREHEARSED_ENTRY = 'dist/apps/engine/src/testing/unrehearsed-engine.js';
/** Each signing thread keeps few signatures ready: an engine of a test lives for seconds and sends a handful of orders, and thousands would cost it more than all else. */
const FEW_PRESIGNATURES = { LOCKSTEP_PRESIGNATURES: '64' } as const;
/** Code is compiled for speed after eight times as much work as by default: most of what so short a life would compile never pays. */
const PATIENT = knownFlags(['--interrupt-budget=540672']);

/** `venueName` is the venue that leaders and accounts are registered at; its network is always `sim`. */
export async function startRig(venueArgs: readonly string[] = [], venueName = 'hyperliquid'): Promise<Rig> {
  const database = await migratedDatabase();
  const roles = resolveRoleUrls(database.url);
  const storage = await openStorage({ url: roles.app.url, role: 'app', clock: systemClock, poolMax: 4 });
  const venue = await startVenue(venueArgs);
  const keys = makeSealingKeys();
  const dataDir = mkdtempSync(join(tmpdir(), 'lockstep-engine-test-'));
  const engines = new Set<TestProcess>();
  const ids = systemIds(systemClock, systemRandom);
  return {
    venue,
    storage,
    databaseUrl: database.url,
    sealingKeyId: sealer(keys.publicKey).keyId,
    startEngine: async (env = {}, entry = UNREHEARSED_ENTRY) => {
      const standard = {
        DATABASE_URL: database.url,
        LOCKSTEP_DATA_DIR: dataDir,
        LOCKSTEP_SIM_VENUE_URL: venue.url,
        LOCKSTEP_SEALING_PRIVATE_KEYS: keys.privateKey.reveal(),
        LOG_LEVEL: 'info',
        ...FEW_PRESIGNATURES,
      };
      const engine = await startProcess(entry, [], { ...standard, ...env }, PATIENT);
      engines.add(engine);
      return engine;
    },
    forgetLocks: async () => {
      const client = new Client({ connectionString: database.url });
      await client.connect();
      await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lockstep lock' and datname = current_database()`,
      );
      await client.end();
    },
    tenant: async (name) => {
      const id = ids.next('tenant');
      const now = systemClock.now();
      await storage.platform(async (unit) => {
        await unit.tenants.putTier('standard', {});
        await unit.tenants.insert({
          id,
          name,
          tier: 'standard',
          status: 'active',
          timeZone: 'UTC',
          createdAt: now,
          updatedAt: now,
        });
      });
      return testTenant(storage, venue, venueName, scopeFromPlatformList(id, 'test'), keys);
    },
    close: async () => {
      for (const engine of engines) await engine.kill();
      await venue.process.kill();
      await storage.close();
      await database.drop();
    },
  };
}

function testTenant(
  storage: Storage,
  venue: TestVenue,
  venueName: string,
  scope: TenantScope,
  keys: { readonly publicKey: string; readonly privateKey: Secret<string> },
): TestTenant {
  const ids = systemIds(systemClock, systemRandom);
  const command: TestTenant['command'] = (kind, targetId, payload = {}) =>
    storage.scoped(scope, (unit) => unit.commands.append({ kind, targetId, payload, actor: 'test' }));
  return {
    id: scope.tenantId,
    scope,
    command,
    leader: async (address) => {
      const watched = await storage.platform((unit) => unit.inbox.watch(venueName, 'sim', address));
      const id = ids.next('leader');
      const now = systemClock.now();
      await storage.scoped(scope, (unit) =>
        unit.leaders.insert({
          id,
          watchedNo: watched.no,
          name: 'leader',
          terms: {},
          status: 'active',
          access: 'everyone',
          createdAt: now,
          updatedAt: now,
        }),
      );
      await command('leader.watch', id);
      return id;
    },
    nextAgent: async (accountId, name) => {
      const agent = await generateAgentKey(systemRandom);
      const sealed = Buffer.from(sealer(keys.publicKey).seal(agent.privateKey, sealingContext(scope.tenantId, scope.environment, accountId)));
      const row = { venueAccountId: accountId, role: 'next', agentAddress: agent.address, agentName: name, sealedAgentKey: sealed } as const;
      await storage.scoped(scope, (unit) => unit.spareAgents.put({ ...row, createdAt: unit.now }));
      return agent.address;
    },
    follower: async (address, credit, terms = {}) => {
      const agent = terms.agent ?? (await generateAgentKey(systemRandom));
      const { agentName = '', type = {} } = terms;
      const known = agentName === null ? {} : { agent: { address: agent.address, name: agentName } };
      if (Number(credit) > 0) await venue.control('/worlds/main/accounts', { accounts: [{ address, credits: { '': credit }, ...known }] });
      const followerId = ids.next('follower');
      const accountId = ids.next('venueAccount');
      const now = systemClock.now();
      const context = sealingContext(scope.tenantId, scope.environment, accountId);
      await storage.scoped(scope, async (unit) => {
        await unit.followers.insert({ id: followerId, externalRef: null, status: 'active', createdAt: now, updatedAt: now });
        await unit.venueAccounts.insert({
          id: accountId,
          followerId,
          venue: venueName,
          network: 'sim',
          address,
          ...MAIN_ACCOUNT,
          ...type,
          mode: 'unknown',
          agentAddress: agent.address,
          sealedAgentKey: Buffer.from(sealer(keys.publicKey).seal(agent.privateKey, context)),
          agentStatus: 'awaiting_signature',
          agentValidUntil: null,
          builderAddress: null,
          builderFeeApproved: 0,
          approvals: {},
          status: 'pending',
          statusReason: null,
          createdAt: now,
          updatedAt: now,
        });
      });
      await command('venue_account.activate', accountId, { approvals: [] });
      return { followerId, accountId };
    },
    copy: async (leaderId, { followerId, accountId }, terms) => {
      const id = ids.next('copy');
      const now = systemClock.now();
      const settings = { ...defaultCopySettings(), ...terms.settings };
      await storage.scoped(scope, async (unit) => {
        await unit.copies.insert({
          id,
          leaderId,
          followerId,
          venueAccountId: accountId,
          allocation: terms.allocation * UNIT,
          state: 'preparing',
          stateReason: 'created',
          settingsVersion: 1,
          createdAt: now,
          updatedAt: now,
          startedAt: null,
          stoppedAt: null,
          unwindBy: null,
        });
        await unit.copies.addSettings({ copyId: id, version: 1, settings: encodeCopySettings(settings), actor: 'test', effectiveFrom: now });
        await unit.commands.append({ kind: 'copy.activate', targetId: id, payload: {}, actor: 'test' });
      });
      return id;
    },
  };
}

/** Looks again soon at first, then more rarely: what is waited for needs the processor too. */
const LOOK_AGAIN_MS = { first: 25, growth: 1.3, most: 300 };

/** Waits until `look` gives a value; throws when it has given none for `maxMs`. */
export async function eventually<T>(what: string, look: () => Promise<T | null>, maxMs = 60_000): Promise<T> {
  const until = Date.now() + maxMs;
  for (let pause = LOOK_AGAIN_MS.first; ; pause = Math.min(pause * LOOK_AGAIN_MS.growth, LOOK_AGAIN_MS.most)) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > until) throw new Error(`${what}: not within ${maxMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
