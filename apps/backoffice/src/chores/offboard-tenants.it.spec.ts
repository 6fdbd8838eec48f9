import { readCsv } from '@lockstep/delivery';
import { type CopyId, type FollowerId, present, type TenantScope, unwrap } from '@lockstep/kernel';
import {
  ARCHIVE_TABLES,
  type AuditSource,
  archiveFiles,
  chainOfScope,
  MONEY_WAIT_MAX_MS,
  type OffboardingStep,
  offboardingStanding,
  PLATFORM_CHAIN,
  proveAuditChain,
  runIdempotent,
  saveFundingReadTimes,
} from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleAccount, sampleCopy, sampleFills, sampleOrders } from '../../../../libs/storage/src/testing/sample-rows';
import { openTestStorage, type TestStorage } from '../../../../libs/storage/src/testing/test-storage';
import { JobRunner } from '../jobs/runner';
import { fillOf, postAs, type TestContext, testContext } from '../testing/test-context';
import { offboardTenants } from './offboard-tenants';
import { proveLedger } from './prove-ledger';

const DAY_MS = 86_400_000;
const SECRET = 'marker-of-a-person';
let test: TestStorage;
let ctx: TestContext;
let addresses = 0;

beforeAll(async () => {
  test = await openTestStorage();
  ctx = await testContext(test);
});
afterAll(() => test.close());

const address = (): string => `0x${String(++addresses).padStart(40, '0')}`;

interface Leaving {
  readonly scope: TenantScope;
  readonly copy: CopyId;
  readonly follower: FollowerId;
  readonly address: string;
}

/** A suspended tenant with a follower, its account and a running copy, a key, and money in its ledger; its offboarding was begun. */
async function leaving(name: string, begun = true): Promise<Leaving> {
  const scope = await test.tenant(name);
  const app = await test.as('app');
  const [leader, follower, account, copy] = [
    test.ids.next('leader'),
    test.ids.next('follower'),
    test.ids.next('venueAccount'),
    test.ids.next('copy'),
  ] as const;
  const own = address();
  const watched = await (await test.as('engine')).platform((unit) => unit.inbox.watch('hyperliquid', 'mainnet', address()));
  await app.scoped(scope, async (unit) => {
    const times = { createdAt: unit.now, updatedAt: unit.now };
    await unit.leaders.insert({ id: leader, watchedNo: watched.no, name: 'Leader', terms: {}, status: 'active', access: 'everyone', ...times });
    await unit.followers.insert({ id: follower, externalRef: `${SECRET}-${name}`, status: 'active', ...times });
    await unit.tenantKeys.keep(Buffer.from('tenant key'));
    await unit.followerKeys.insert({ followerId: follower, sealedKey: Buffer.from('key'), createdAt: unit.now });
    await unit.followerRefs.insert({ followerId: follower, sealedRef: Buffer.from('name'), digest: Buffer.from(follower) });
    await unit.venueAccounts.insert(sampleAccount({ id: account, followerId: follower, address: own, agentAddress: address() }, unit.now));
    await unit.copies.insert(sampleCopy({ id: copy, leaderId: leader, followerId: follower, venueAccountId: account }, unit.now));
    const key = { id: test.ids.next('apiKey'), kid: `kid${follower.slice(-8)}`, scopes: ['copies:read'], narrowedTo: [], allowedAddresses: [] };
    const shared = { signed: 'nothing', status: 'active', createdAt: unit.now, expiresAt: null, apiVersion: '2026-11-01' } as const;
    await unit.apiKeys.insert({
      ...key,
      ...shared,
      label: 'first',
      prefix: 'ctk',
      last4: 'last',
      replacedBy: null,
      revokedAt: null,
      lastUsedAt: null,
    });
    const { id: keyId, ...index } = key;
    const { tenantId, environment } = scope;
    await unit.keyIndex.insert({
      ...index,
      ...shared,
      keyId,
      tenantId,
      environment,
      digest: Buffer.from('digest'),
      pepper: null,
      signingSecret: null,
    });
  });
  await app.platform(async (unit) => {
    await unit.tenants.update({ id: scope.tenantId }, { status: 'suspended' });
    if (begun) await unit.offboardings.begin(scope.tenantId, 'operator:kid', 7 * DAY_MS);
  });
  return { scope, copy, follower, address: own };
}

/** Money that was booked of a tenant's copy a moment ago and is not settled. */
const booked = ({ scope }: Leaving, no = 1): Promise<void> => postAs(test, scope, [fillOf(no, 1, test.clock.now() - 1)]);

const stepOf = async ({ scope }: Leaving) => ctx.storage.platform((unit) => unit.offboardings.of(scope.tenantId));
const work = (): Promise<void> => offboardTenants.run(ctx);
const scopes = ({ scope }: Leaving) => (['live', 'test'] as const).map((environment) => scopeFromPlatformList(scope.tenantId, environment));

/** As the engine ends copies: flat, and every command carried out. */
async function endCopies({ scope, copy }: Leaving): Promise<readonly string[]> {
  return (await test.as('engine')).scoped(scope, async (unit) => {
    await unit.copies.update({ id: copy }, { state: 'stopped', stoppedAt: unit.now });
    const pending = await unit.commands.pending(100);
    for (const { no } of pending) await unit.commands.settle(no, 'applied', {});
    return pending.map(({ kind }) => kind);
  });
}

async function renderFiles(one: Leaving): Promise<void> {
  const runner = new JobRunner(ctx);
  for (const scope of scopes(one)) {
    while ((await runner.startDue(scope)) > 0) await runner.oneEnded();
    while (runner.busy > 0) await runner.oneEnded();
    while ((await runner.startDue(scope)) > 0) while (runner.busy > 0) await runner.oneEnded();
  }
}

async function closed(one: Leaving): Promise<void> {
  await work();
  await endCopies(one);
  await work();
  // The last settlement, where there is money to settle.
  await renderFiles(one);
  await work();
}

async function exported(one: Leaving): Promise<void> {
  await closed(one);
  await work();
  await renderFiles(one);
  await work();
}

async function fileOf({ scope }: Leaving, table: string): Promise<string> {
  return ctx.storage.scoped(scope, async (unit) => {
    const row = present(await unit.offboardings.of(scope.tenantId), 'the offboarding');
    const file = present((await archiveFiles(unit, row.beganAt)).get(table), table);
    const parts: Buffer[] = [];
    for (let at = 0n; ; at += BigInt(parts.at(-1)?.length ?? 0)) {
      const chunk = await unit.exports.chunkAt(file.id, at);
      if (chunk === null) break;
      parts.push(chunk.bytes);
    }
    return Buffer.concat(parts).toString('utf8');
  });
}

/** A back office to which something happens between its reading what is underway and its working on it. */
function afterReading(happens: () => Promise<void>): TestContext {
  let read = false;
  const platform: TestContext['storage']['platform'] = async (inner, options) => {
    const value = await ctx.storage.platform(inner, options);
    if (!read) {
      read = true;
      await happens();
    }
    return value;
  };
  const { storage } = ctx;
  return {
    ...ctx,
    storage: {
      ...storage,
      platform,
      scoped: (scope, inner, options) => storage.scoped(scope, inner, options),
      tryScoped: (scope, inner, options) => storage.tryScoped(scope, inner, options),
      ping: () => storage.ping(),
      close: async () => undefined,
    },
  };
}

const accountNoOf = async ({ scope, follower }: Leaving): Promise<number> =>
  ctx.storage.scoped(scope, async (unit) => Number(present(await unit.venueAccounts.findOne({ followerId: follower }), 'the account').no));

/** Accounts whose funding is still to be read. */
const unread = async (one: Leaving): Promise<number> => {
  const { beganAt } = present(await stepOf(one), 'the offboarding');
  return ctx.storage.scoped(one.scope, async (unit) => (await offboardingStanding(unit, beganAt)).fundingUnread);
};

/** What was asked for of the tenant, in both its environments. */
async function askedFor(one: Leaving) {
  const asked = await Promise.all(
    scopes(one).map((scope) =>
      ctx.storage.scoped(scope, async (unit) => ({ commands: await unit.commands.find({}), exports: await unit.exports.count({}) })),
    ),
  );
  return {
    commands: asked.flatMap(({ commands }) => commands.map(({ kind }) => kind)),
    exports: asked.reduce((sum, { exports }) => sum + exports, 0),
  };
}

async function proof(chain: string, log: Pick<AuditSource, 'head'> & { links: AuditSource['links'] }) {
  const source: AuditSource = { chain, head: () => log.head(), links: (from, limit) => log.links(from, limit) };
  return proveAuditChain(source, 1n, (await log.head()).no);
}

async function everyRow(): Promise<string> {
  const owner = new Client({ connectionString: test.ownerUrl });
  await owner.connect();
  const { rows } = await owner.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'`,
  );
  const texts: string[] = [];
  for (const { name } of rows)
    texts.push(...(await owner.query<{ line: string }>(`select t::text as line from ${name} t`)).rows.map(({ line }) => line));
  await owner.end();
  return texts.join('\n');
}

describe('an offboarding', () => {
  it('goes from step to step: closes, exports, waits, erases, and leaves the books whole', async () => {
    const [one, other] = [await leaving('Whole'), await leaving('Beside', false)];
    await booked(one);
    const seen: (OffboardingStep | undefined)[] = [];
    const note = async (): Promise<void> => void seen.push((await stepOf(one))?.step);
    await work();
    await note();
    expect(await endCopies(one)).toEqual(['tenant.close_all']);
    await work();
    await note();
    await renderFiles(one);
    await work();
    await note();
    await work();
    await renderFiles(one);
    await work();
    await note();
    const waiting = present(await stepOf(one), 'the offboarding');
    expect(waiting.eraseAt).toBe(test.clock.now() + 7 * DAY_MS);
    test.clock.set(test.clock.now() + 7 * DAY_MS - 1);
    await work();
    await note();
    test.clock.set(test.clock.now() + 1);
    await work();
    await note();
    await work();
    await note();
    expect(seen).toEqual(['closing', 'closing', 'exporting', 'waiting', 'waiting', 'erasing', 'erased']);
    const left = await ctx.storage.scoped(one.scope, async (unit) => ({
      name: (await unit.followers.findOne({ id: one.follower }))?.externalRef,
      keys: [await unit.tenantKeys.sealed(), (await unit.followerKeys.of([one.follower])).size, (await unit.followerRefs.of([one.follower])).size],
      account: await unit.venueAccounts.findOne({ followerId: one.follower }),
      api: (await unit.apiKeys.find({})).map(({ status }) => status),
      faults: await proveLedger(unit),
      booked: (await unit.ledger.head()).seq,
    }));
    expect(left).toMatchObject({ name: null, keys: [null, 0, 0], api: ['revoked'], faults: [], booked: 1n });
    expect([left.account?.status, left.account?.sealedAgentKey.length]).toEqual(['closed', 0]);
    const snapshot = { isolation: 'repeatable read', readOnly: true } as const;
    const { tenantId, environment } = one.scope;
    const chains = [
      await ctx.storage.scoped(one.scope, async (unit) => proof(chainOfScope(tenantId, environment), unit.audit), snapshot),
      await ctx.storage.platform(async (unit) => proof(PLATFORM_CHAIN, unit.audit), snapshot),
    ];
    expect(chains.map(({ brokenAt, lines }) => [brokenAt, lines > 0])).toEqual([
      [null, true],
      [null, true],
    ]);
    const tenant = await ctx.storage.platform((unit) => unit.tenants.findOne({ id: one.scope.tenantId }));
    expect(tenant?.status).toBe('closed');
    const stored = await everyRow();
    expect([stored.includes(`${SECRET}-Whole`), stored.includes(one.address)]).toEqual([false, false]);
    // The other tenant is as it was.
    expect([stored.includes(`${SECRET}-Beside`), stored.includes(other.address)]).toEqual([true, true]);
    expect(await stepOf(other)).toBeNull();
    await work();
  });

  it('exports every table as it stands, and no file names a person or holds a secret', async () => {
    const one = await leaving('Exported');
    await booked(one);
    await exported(one);
    expect((await stepOf(one))?.step).toBe('waiting');
    for (const scope of scopes(one)) {
      const files = await ctx.storage.scoped(scope, async (unit) => archiveFiles(unit, (await stepOf(one))?.beganAt ?? 0));
      expect([...files.keys()].sort()).toEqual([...ARCHIVE_TABLES].sort());
      expect([...files.values()].filter(({ status, sha256, rowCount }) => status !== 'ready' || sha256 === null || rowCount === null)).toEqual([]);
    }
    const [copy] = unwrap(readCsv(await fileOf(one, 'copies')), 'copies');
    expect(copy).toMatchObject({
      id: one.copy,
      follower_id: one.follower,
      state: 'stopped',
      allocation: '100000000000',
      stopped_at: expect.stringMatching(/Z$/),
    });
    const entries = unwrap(readCsv(await fileOf(one, 'ledger_entries')), 'ledger');
    expect(entries.length).toBeGreaterThan(3);
    expect(entries.reduce((sum, entry) => sum + BigInt(entry.amount ?? '0'), 0n)).toBe(0n);
    for (const table of ARCHIVE_TABLES) {
      const text = await fileOf(one, table);
      expect([table, text.includes(SECRET), text.includes(one.address), text.includes('sealed')]).toEqual([table, false, false, false]);
    }
  });

  it('asks for the stop of everything once, again when that left something open, and goes on only when all is flat', async () => {
    const one = await leaving('Open');
    for (let pass = 0; pass < 4; pass += 1) await work();
    const engine = await test.as('engine');
    const settle = () =>
      engine.scoped(one.scope, async (unit) => {
        const pending = await unit.commands.pending(100);
        for (const { no } of pending) await unit.commands.settle(no, 'applied', {});
        return pending.length;
      });
    expect(await settle()).toBe(1);
    await work();
    expect(await settle()).toBe(0);
    test.clock.set(test.clock.now() + 11 * 60_000);
    await work();
    expect(await settle()).toBe(1);
    expect((await stepOf(one))?.step).toBe('closing');
    await endCopies(one);
    await work();
    expect((await stepOf(one))?.step).toBe('exporting');
  });

  it('makes a file that failed again, after a wait that doubles', async () => {
    const one = await leaving('Failed');
    await work();
    await endCopies(one);
    await work();
    await work();
    const { scope } = one;
    const orders = () => ctx.storage.scoped(scope, async (unit) => (await archiveFiles(unit, (await stepOf(one))?.beganAt ?? 0)).get('orders'));
    const fail = async (): Promise<void> => {
      const file = present(await orders(), 'the file');
      await ctx.storage.scoped(scope, (unit) => unit.exports.update({ id: file.id }, { status: 'failed', error: 'x', completedAt: unit.now }));
    };
    for (const waitMs of [60_000, 120_000]) {
      await fail();
      test.clock.set(test.clock.now() + waitMs - 1);
      await work();
      expect((await orders())?.status).toBe('failed');
      test.clock.set(test.clock.now() + 1);
      await work();
      expect((await orders())?.status).toBe('queued');
    }
    const asked = await ctx.storage.scoped(scope, (unit) => unit.exports.find({ kind: 'archive' }, { orderBy: { id: 'ASC' } }));
    expect(asked.filter(({ params }) => JSON.stringify(params).includes('"orders"')).map(({ status }) => status)).toEqual([
      'failed',
      'failed',
      'queued',
    ]);
    expect(asked).toHaveLength(ARCHIVE_TABLES.length + 2);
    await renderFiles(one);
    await work();
    expect((await stepOf(one))?.step).toBe('waiting');
  });

  it('that dies between any two of its writes goes on where it was, and two at once do it once', async () => {
    const one = await leaving('Dying');
    let writes = 0;
    /** A back office whose every fourth transaction is lost after its work, before its commit. */
    const dying: TestContext = {
      ...ctx,
      storage: {
        ...ctx.storage,
        scoped: (scope, inner, options) =>
          ctx.storage.scoped(
            scope,
            async (unit) => {
              const value = await inner(unit);
              writes += 1;
              if (writes % 4 === 0) throw new Error('killed');
              return value;
            },
            options,
          ),
        platform: (inner, options) =>
          ctx.storage.platform(async (unit) => {
            const value = await inner(unit);
            writes += 1;
            if (writes % 4 === 0) throw new Error('killed');
            return value;
          }, options),
        tryScoped: (scope, inner, options) => ctx.storage.tryScoped(scope, inner, options),
        ping: () => ctx.storage.ping(),
        close: async () => undefined,
      },
    };
    const stagger = async (): Promise<void> => {
      await Promise.all([dying, dying, ctx].map((each) => offboardTenants.run(each).catch(() => undefined)));
    };
    for (let pass = 0; pass < 3; pass += 1) await stagger();
    expect(await endCopies(one)).toEqual(['tenant.close_all']);
    for (let pass = 0; pass < 3; pass += 1) await stagger();
    await renderFiles(one);
    for (let pass = 0; pass < 3; pass += 1) await stagger();
    test.clock.set(test.clock.now() + 7 * DAY_MS);
    for (let pass = 0; pass < 8; pass += 1) await stagger();
    expect((await stepOf(one))?.step).toBe('erased');
    const told = await ctx.storage.scoped(one.scope, (unit) =>
      unit.audit.page({ limit: 100, after: null, order: 'newest_first' }, { action: 'follower.erased' }),
    );
    expect(told.rows).toHaveLength(1);
    expect((await everyRow()).includes(`${SECRET}-Dying`)).toBe(false);
  });

  it('that is cancelled stops where it is, and nothing of it is erased', async () => {
    const one = await leaving('Kept');
    await exported(one);
    await ctx.storage.platform((unit) => unit.offboardings.cancel(one.scope.tenantId, unit.now));
    test.clock.set(test.clock.now() + 30 * DAY_MS);
    await work();
    expect((await stepOf(one))?.step).toBe('cancelled');
    expect((await everyRow()).includes(`${SECRET}-Kept`)).toBe(true);
  });

  it.each(['closing', 'exporting'] as const)('that is cancelled after a back office read its row at %s asks for nothing any more', async (step) => {
    const one = await leaving(`Cancelled at ${step}`);
    const { tenantId } = one.scope;
    if (step === 'exporting') await ctx.storage.platform((unit) => unit.offboardings.update({ tenantId }, { step }));
    await offboardTenants.run(
      afterReading(async () => {
        await ctx.storage.platform(async (unit) => {
          await unit.offboardings.cancel(tenantId, unit.now);
          await unit.tenants.update({ id: tenantId }, { status: 'active' });
        });
      }),
    );
    expect(await askedFor(one)).toEqual({ commands: [], exports: 0 });
  });

  it('that was cancelled and begun anew meanwhile is worked on by what is known now alone', async () => {
    const one = await leaving('Anew');
    const { tenantId } = one.scope;
    const before = test.clock.now();
    await offboardTenants.run(
      afterReading(async () => {
        test.clock.set(before + 1);
        await ctx.storage.platform((unit) => unit.offboardings.cancel(tenantId, unit.now));
        await (await test.as('app')).platform((unit) => unit.offboardings.begin(tenantId, 'operator:kid', DAY_MS));
      }),
    );
    expect(await askedFor(one)).toEqual({ commands: [], exports: 0 });
    await work();
    expect((await askedFor(one)).commands).toEqual(['tenant.close_all']);
  });

  it('settles the last period before it exports, and again what is booked while it waits', async () => {
    const one = await leaving('Settled');
    await booked(one);
    await work();
    await endCopies(one);
    for (let pass = 0; pass < 3; pass += 1) await work();
    const settlements = () => ctx.storage.scoped(one.scope, (unit) => unit.settlements.find({}, { orderBy: { periodEnd: 'ASC' } }));
    expect((await stepOf(one))?.step).toBe('closing');
    expect((await settlements()).map(({ status, periodEnd }) => [status, periodEnd])).toEqual([['closing', test.clock.now()]]);
    await renderFiles(one);
    await work();
    expect((await stepOf(one))?.step).toBe('exporting');
    await work();
    await renderFiles(one);
    await work();
    const first = present(await stepOf(one), 'the offboarding');
    expect(first.step).toBe('waiting');
    test.clock.set(test.clock.now() + 7 * DAY_MS);
    await booked(one, 2);
    await work();
    expect(await stepOf(one)).toMatchObject({ step: 'closing', closedAt: null, exportedAt: null, eraseAt: null });
    await work();
    await renderFiles(one);
    await work();
    expect((await settlements()).map(({ status }) => status)).toEqual(['closed', 'closed']);
    await work();
    await renderFiles(one);
    await work();
    const again = present(await stepOf(one), 'the offboarding');
    expect([again.step, again.eraseAt]).toEqual(['waiting', test.clock.now() + 7 * DAY_MS]);
    // The archive is a new one, with what was booked since.
    expect(await fileOf(one, 'ledger_entries')).toContain('fill:test:2');
  });

  it('closes once the funding of its last positions is read, and waits for that no longer than its bound', async () => {
    for (const read of [true, false]) {
      const one = await leaving(`Charged ${read}`);
      const at = test.clock.now() - 1;
      const venueAccountNo = await accountNoOf(one);
      const trade = sampleFills(sampleOrders(test.ids, 1n, 1, at, { venueAccountNo: BigInt(venueAccountNo) }), at);
      await (await test.as('engine')).scoped(one.scope, (unit) => unit.fills.insert(trade));
      await closed(one);
      expect([(await stepOf(one))?.step, await unread(one)]).toEqual(['closing', 1]);
      const reading = { venueAccountNo, readToMs: at + 1 };
      if (read) await (await test.as('engine')).scoped(one.scope, (unit) => saveFundingReadTimes(unit, [reading]));
      else test.clock.set(test.clock.now() + MONEY_WAIT_MAX_MS);
      await work();
      expect([(await stepOf(one))?.step, await unread(one)]).toEqual(['exporting', 0]);
    }
  });

  it.each(['waiting', 'erasing'] as const)('goes back to closing from %s when something is open again, and erases nothing', async (step) => {
    const one = await leaving(`Open at ${step}`);
    await exported(one);
    test.clock.set(test.clock.now() + 7 * DAY_MS);
    if (step === 'erasing') await work();
    expect((await stepOf(one))?.step).toBe(step);
    await (await test.as('engine')).scoped(one.scope, (unit) => unit.copies.update({ id: one.copy }, { state: 'active', stoppedAt: null }));
    await work();
    expect((await stepOf(one))?.step).toBe('closing');
    expect((await everyRow()).includes(`${SECRET}-Open at ${step}`)).toBe(true);
    await work();
    expect(await endCopies(one)).toEqual(['tenant.close_all']);
  });

  it('erases a bounded part in each run, answers kept for repetition first', async () => {
    const one = await leaving('Bounded');
    const app = await test.as('app');
    await app.scoped(one.scope, async (unit) => {
      const times = { createdAt: unit.now, updatedAt: unit.now };
      for (let no = 0; no < 3; no += 1) await unit.followers.insert({ id: test.ids.next('follower'), externalRef: null, status: 'active', ...times });
      for (const key of ['a', 'b', 'c']) {
        const request = { key, fingerprint: Buffer.from(key), requestId: key };
        await runIdempotent(unit, request, async () => ({ answer: { status: 200, headers: {}, body: '{}' }, keep: true }));
      }
    });
    await exported(one);
    test.clock.set(test.clock.now() + 7 * DAY_MS);
    await work();
    const bounded: TestContext = { ...ctx, limits: { ...ctx.limits, retentionMax: 2, erasedMax: 3, filePartsMax: 10_000 } };
    const left = () =>
      ctx.storage.scoped(one.scope, async (unit) => {
        const [kept] = await unit.query('select count(*)::int as many from idempotency_keys where tenant_id = $1 and environment = $2', [
          ...unit.scopeParameters,
        ]);
        return [kept?.many, (await offboardingStanding(unit, unit.now)).followers];
      });
    const seen: unknown[] = [];
    for (let run = 0; run < 3; run += 1) {
      await offboardTenants.run(bounded);
      seen.push(await left());
    }
    expect(seen).toEqual([
      [1, 4],
      [0, 1],
      [0, 0],
    ]);
    expect((await stepOf(one))?.step).toBe('erased');
  });
});
