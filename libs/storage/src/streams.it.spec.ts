import { createHash } from 'node:crypto';
import { type EpochMs, type TenantScope, unwrap } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendEvents } from './events/event-log';
import type { NewEvent } from './rows/trading';
import type { ScopedUnit } from './scoped-unit';
import type { Storage } from './storage';
import { removeExpiredKeys, runIdempotent } from './tenancy/idempotency';
import { useSignature } from './tenancy/used-signatures';
import { openTestStorage, type TestStorage } from './testing/test-storage';

let test: TestStorage;
let app: Storage;
let engine: Storage;
let red: TenantScope;
let blue: TenantScope;

beforeAll(async () => {
  test = await openTestStorage();
  app = await test.as('app');
  engine = await test.as('engine');
  red = await test.tenant('Red');
  blue = await test.tenant('Blue');
});
afterAll(() => test.close());

const event = (data: string): NewEvent => ({
  id: test.ids.next('event'),
  type: 'copy.state_changed',
  version: 1,
  occurredAt: test.clock.now(),
  data,
});

describe('the event stream', () => {
  it('numbers without gap or repeat under concurrent writers, some of which fail', async () => {
    const writers = Array.from({ length: 40 }, (_, writer) =>
      engine
        .scoped(red, async (unit) => {
          const appended = await appendEvents(
            unit,
            Array.from({ length: 1 + (writer % 3) }, (_unused, n) => event(`{"writer":${writer},"n":${n}}`)),
          );
          if (writer % 5 === 0) throw new Error('rolled back');
          return appended;
        })
        .catch(() => null),
    );
    const done = (await Promise.all(writers)).filter((appended) => appended !== null);
    const head = await app.scoped(red, (unit) => unit.events.head());
    const all = await app.scoped(red, (unit) => unit.events.after({ epoch: head?.epoch ?? '', seq: 0n }, 1_000));
    expect(all.map((row) => row.seq)).toEqual(all.map((_, index) => BigInt(index + 1)));
    expect(head?.seq).toBe(BigInt(all.length));
    expect(done).toHaveLength(32);
  });

  it('never shows a number while a lower one is still uncommitted', async () => {
    const epoch = (await app.scoped(blue, (unit) => appendEvents(unit, [event('{}')])))?.epoch ?? '';
    const order: string[] = [];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reserved = (): void => undefined;
    const first = new Promise<void>((resolve) => {
      reserved = resolve;
    });
    const slow = engine.scoped(blue, async (unit) => {
      await appendEvents(unit, [event('{"slow":true}')]);
      reserved();
      await held;
    });
    await first;
    const quick = engine.scoped(blue, (unit) => appendEvents(unit, [event('{"quick":true}')])).then(() => order.push('quick'));
    expect(await app.scoped(blue, (unit) => unit.events.after({ epoch, seq: 1n }, 10))).toEqual([]);
    order.push('slow');
    release();
    await Promise.all([slow, quick]);
    expect(order).toEqual(['slow', 'quick']);
    const rows = await app.scoped(blue, (unit) => unit.events.after({ epoch, seq: 1n }, 10));
    expect(rows.map((row) => row.data)).toEqual(['{"slow":true}', '{"quick":true}']);
  });

  it('gives data back byte for byte and keeps scopes apart', async () => {
    const data = '{"b":1,  "a":"\\u00e9","n":1.50}';
    const appended = await engine.scoped(red, (unit) => appendEvents(unit, [event(data)]));
    const at = { epoch: appended?.epoch ?? '', seq: (appended?.lastSeq ?? 1n) - 1n };
    expect((await app.scoped(red, (unit) => unit.events.after(at, 1)))[0]?.data).toBe(data);
    expect(await app.scoped(blue, (unit) => unit.events.after(at, 10))).toEqual([]);
  });
});

describe('a used signature', () => {
  const signature = (text: string) => ({ digest: createHash('sha256').update(text).digest(), expiresAt: test.clock.now() + 1 });
  const use = (scope: TenantScope, text: string) => app.scoped(scope, (unit) => useSignature(unit, signature(text)));

  it('is used once in its scope, however many try at once', async () => {
    const tried = await Promise.all(Array.from({ length: 8 }, () => use(red, 'a')));
    expect(tried.filter(Boolean)).toHaveLength(1);
    expect([await use(red, 'a'), await use(blue, 'a'), await use(red, 'b')]).toEqual([false, true, true]);
  });

  it('is used if and only if the unit stands', async () => {
    await app.scoped(red, async (unit) => {
      expect(await useSignature(unit, signature('c'))).toBe(true);
      unit.discard();
    });
    expect([await use(red, 'c'), await use(red, 'c')]).toEqual([true, false]);
  });
});

describe('idempotency', () => {
  const fingerprint = (text: string): Buffer => createHash('sha256').update(text).digest();
  const request = (key: string, body = 'body') => ({ key, fingerprint: fingerprint(body), requestId: `req ${key} ${body}` });
  const effect = (unit: ScopedUnit) => async () => {
    await unit.followers.insert({ id: test.ids.next('follower'), externalRef: null, status: 'active', createdAt: 1, updatedAt: 1 });
    return { answer: { status: 201, headers: { 'content-type': 'application/json' }, body: '{"done":true}' }, keep: true };
  };
  const run = (scope: TenantScope, key: string, body?: string) => app.scoped(scope, (unit) => runIdempotent(unit, request(key, body), effect(unit)));
  const followers = (scope: TenantScope): Promise<number> => app.scoped(scope, (unit) => unit.followers.count({}));

  it('runs once, then repeats the stored answer', async () => {
    const before = await followers(red);
    expect(unwrap(await run(red, 'a'), 'first')).toMatchObject({ status: 201, replayed: false });
    expect(unwrap(await run(red, 'a'), 'second')).toEqual({
      status: 201,
      headers: { 'content-type': 'application/json' },
      body: '{"done":true}',
      replayed: true,
      originalRequestId: 'req a body',
    });
    expect(await followers(red)).toBe(before + 1);
  });

  it('refuses the same key with another request, and keeps scopes apart', async () => {
    await run(red, 'b');
    expect(await run(red, 'b', 'other body')).toEqual({ ok: false, error: 'other_request' });
    expect(unwrap(await run(blue, 'b', 'other body'), 'another tenant')).toMatchObject({ replayed: false });
  });

  it('has one effect under concurrent duplicates: the others are in progress or replayed', async () => {
    const before = await followers(red);
    const results = await Promise.all(Array.from({ length: 24 }, () => run(red, 'c')));
    expect(await followers(red)).toBe(before + 1);
    expect(results.filter((result) => result.ok && !result.value.replayed)).toHaveLength(1);
    expect(results.filter((result) => !result.ok && result.error !== 'in_progress')).toEqual([]);
  });

  it('stores nothing and keeps no effect when the work says so', async () => {
    const before = await followers(red);
    const refused = await app.scoped(red, (unit) =>
      runIdempotent(unit, request('d'), async () => {
        await effect(unit)();
        return { answer: { status: 400, headers: {}, body: '{}' }, keep: false };
      }),
    );
    expect(refused).toMatchObject({ ok: true, value: { status: 400, replayed: false } });
    expect(await followers(red)).toBe(before);
    expect(unwrap(await run(red, 'd'), 'free again')).toMatchObject({ replayed: false });
  });

  it('leaves nothing when the work throws', async () => {
    const attempt = app.scoped(red, (unit) =>
      runIdempotent(unit, request('e'), async () => {
        await effect(unit)();
        throw new Error('killed');
      }),
    );
    await expect(attempt).rejects.toThrow('killed');
    expect(unwrap(await run(red, 'e'), 'free again')).toMatchObject({ replayed: false });
  });

  it('forgets after 72 hours', async () => {
    await run(red, 'f');
    const start: EpochMs = test.clock.now();
    test.clock.set(start + 72 * 3_600_000);
    expect(unwrap(await run(red, 'f', 'other body'), 'expired')).toMatchObject({ replayed: false });
    const backoffice = await test.as('backoffice');
    expect(await backoffice.scoped(red, (unit) => removeExpiredKeys(unit, 1_000))).toBeGreaterThan(0);
    expect(unwrap(await run(red, 'f', 'other body'), 'kept')).toMatchObject({ replayed: true });
    test.clock.set(start);
  });
});

describe('commands', () => {
  it('are numbered without gaps under concurrency and settled once', async () => {
    await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        app
          .scoped(blue, async (unit) => {
            const no = await unit.commands.append({ kind: 'copy.pause', targetId: `t${n}`, payload: { n }, actor: 'key' });
            if (n % 4 === 0) throw new Error('rolled back');
            return no;
          })
          .catch(() => null),
      ),
    );
    const pending = await engine.scoped(blue, (unit) => unit.commands.pending(100));
    expect(pending.map((command) => command.no)).toEqual(pending.map((_, index) => BigInt(index + 1)));
    expect(await engine.scoped(blue, (unit) => unit.commands.settle(1n, 'applied', { ok: true }))).toBe(true);
    expect(await engine.scoped(blue, (unit) => unit.commands.settle(1n, 'refused', null))).toBe(false);
    expect(await app.scoped(blue, (unit) => unit.commands.findOne({ no: 1n }))).toMatchObject({ status: 'applied', result: { ok: true } });
    expect(await engine.scoped(red, (unit) => unit.commands.settle(2n, 'applied', null))).toBe(false);
  });
});

describe('jobs', () => {
  const job = (kind: string, uniqueKey: string | null) => ({
    id: test.ids.next('job'),
    kind,
    uniqueKey,
    payload: { kind },
    runAt: test.clock.now(),
    attemptsMax: 3,
  });

  it('are claimed by one runner each, and a unique key is used once', async () => {
    const backoffice = await test.as('backoffice');
    await app.scoped(red, async (unit) => {
      for (let n = 0; n < 12; n += 1) await unit.jobs.enqueue(job('export', null));
    });
    expect(await app.scoped(red, (unit) => unit.jobs.enqueue(job('settle', 'settle:2026-11')))).toBe(true);
    expect(await app.scoped(red, (unit) => unit.jobs.enqueue(job('settle', 'settle:2026-11')))).toBe(false);
    const claims = await Promise.all(Array.from({ length: 6 }, () => backoffice.scoped(red, (unit) => unit.jobs.claim(['export'], 3, 60_000))));
    const ids = claims.flat().map((claimed) => claimed.id);
    expect(new Set(ids).size).toBe(ids.length);
    const rest = await backoffice.scoped(red, (unit) => unit.jobs.claim(['export'], 100, 60_000));
    expect(ids.length + rest.length).toBe(12);
    expect(await backoffice.scoped(blue, (unit) => unit.jobs.claim(['export'], 10, 60_000))).toEqual([]);
  });

  it('of a silent runner are taken over, and what the silent one says afterwards does not count', async () => {
    const backoffice = await test.as('backoffice');
    await app.scoped(blue, (unit) => unit.jobs.enqueue(job('slow', null)));
    const [first] = await backoffice.scoped(blue, (unit) => unit.jobs.claim(['slow'], 1, 1_000));
    const start = test.clock.now();
    test.clock.set(start + 2_000);
    const [second] = await backoffice.scoped(blue, (unit) => unit.jobs.claim(['slow'], 1, 1_000));
    test.clock.set(start);
    if (first === undefined || second === undefined) throw new Error('both runners claim the job');
    expect(second).toMatchObject({ id: first.id, attempts: 2 });
    expect(await backoffice.scoped(blue, (unit) => unit.jobs.finish(first, { status: 'done' }))).toBe(false);
    expect(await backoffice.scoped(blue, (unit) => unit.jobs.retryAt(second, start, 'again'))).toBe(true);
    const [third] = await backoffice.scoped(blue, (unit) => unit.jobs.claim(['slow'], 1, 1_000));
    if (third === undefined) throw new Error('the job is due again');
    expect(await backoffice.scoped(blue, (unit) => unit.jobs.finish(third, { status: 'done', result: { rows: 3 } }))).toBe(true);
    expect(await app.scoped(blue, (unit) => unit.jobs.get(third.id))).toMatchObject({ status: 'done', attempts: 3, result: { rows: 3 } });
  });
});
