import type { TenantScope } from '@lockstep/kernel';
import fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommitUnknownError, constraintOf, sqlState } from '../failures';
import type { Storage } from '../storage';
import { openTestStorage, type TestStorage } from '../testing/test-storage';
import type { Connections, UnitTransaction } from './connections';
import { together } from './together';

let test: TestStorage;
/** One connection: whatever a unit leaves on it meets the next one. */
let single: Connections;
let app: Storage;
let red: TenantScope;
let blue: TenantScope;

beforeAll(async () => {
  test = await openTestStorage();
  app = await test.as('app');
  red = await test.tenant('Red');
  blue = await test.tenant('Blue');
  for (const scope of [red, blue]) await app.scoped(scope, (unit) => unit.followers.insert(follower()));
  single = open();
});
afterAll(async () => {
  await single.close();
  await test.close();
});

const follower = () => ({ id: test.ids.next('follower'), externalRef: null, status: 'active' as const, createdAt: 1, updatedAt: 1 });
const BOUNDS = { statementTimeoutMs: 10_000, idleInTransactionTimeoutMs: 10_000, connectionWaitMaxMs: 20_000, silenceMaxMs: 15_000 };
const open = (url = test.urls.app.url, onStatement: (text: string) => void = () => undefined): Connections =>
  together({ url, applicationName: 'test', poolMax: 1, ...BOUNDS, onStatement });

const READS = { readOnly: true } as const;
const TENANTS = 'select distinct tenant_id from followers';
const SETTING = `select current_setting('app.tenant_id', true) as tenant, current_setting('app.environment', true) as environment,
  current_setting('transaction_read_only') as reads_only`;
const NOBODY = { tenant: expect.toBeOneOf(['', null]), environment: expect.toBeOneOf(['', null]) };

/** A unit as it is drawn: of whom, what it asks turn by turn, and how it ends. */
interface Drawn {
  readonly tenant: 'red' | 'blue' | 'nobody';
  readonly readOnly: boolean;
  readonly turns: readonly (readonly ('own' | 'fails' | 'nonsense' | 'waits')[])[];
  readonly end: 'commit' | 'rollBack' | 'nothing';
}

const rows = async (transaction: UnitTransaction, text: string) => (await transaction.run(text, [])).rows;

/** Runs work in a transaction of the single connection, commits and gives it back, whatever becomes of it. */
async function within<T>(
  scope: TenantScope | null,
  options: { readonly readOnly?: boolean },
  work: (transaction: UnitTransaction) => Promise<T>,
): Promise<T> {
  const transaction = single.open({ scope, options });
  try {
    const value = await work(transaction);
    await transaction.commit();
    return value;
  } catch (failure) {
    await transaction.rollBack();
    throw failure;
  } finally {
    await transaction.release();
  }
}

describe.each([
  ['that reads', READS],
  ['that writes', {}],
] as const)('a unit %s, whose statements leave together', (_name, options) => {
  it('has its scope in every statement: in the first, in those of the same message, and in those of later ones', async () => {
    const seen = await within(red, options, async (transaction) => {
      const first = await Promise.all([rows(transaction, TENANTS), rows(transaction, SETTING), rows(transaction, TENANTS)]);
      return [...first, await rows(transaction, TENANTS), await rows(transaction, SETTING)];
    });
    const own = [{ tenant_id: red.tenantId }];
    const setting = [{ tenant: red.tenantId, environment: 'live', reads_only: 'readOnly' in options ? 'on' : 'off' }];
    expect(seen).toEqual([own, setting, own, own, setting]);
  });

  it('leaves nothing of its scope on the connection, however it ends', async () => {
    const ends: readonly ((transaction: UnitTransaction) => Promise<unknown>)[] = [
      (transaction) => rows(transaction, TENANTS),
      (transaction) => rows(transaction, 'select 1 / 0'),
      (transaction) => Promise.all([rows(transaction, TENANTS), rows(transaction, 'select nonsense'), rows(transaction, TENANTS)]),
      (transaction) => rows(transaction, TENANTS).then(() => Promise.reject(new Error('work'))),
      // Asked and not waited for.
      async (transaction) => void rows(transaction, 'select pg_sleep(0.01)'),
    ];
    for (const end of ends) {
      await within(red, options, end).catch(() => undefined);
      await within(null, READS, async (transaction) => {
        expect(await rows(transaction, SETTING)).toEqual([{ ...NOBODY, reads_only: 'on' }]);
        expect(await rows(transaction, TENANTS)).toEqual([]);
      });
      await within(blue, options, async (transaction) => expect(await rows(transaction, TENANTS)).toEqual([{ tenant_id: blue.tenantId }]));
    }
  });

  it('is not opened for a scope that is none', () => {
    const environment = "live'; select 1; --" as TenantScope['environment'];
    const tenantId = `${red.tenantId}'` as TenantScope['tenantId'];
    for (const forged of [
      { ...red, environment },
      { ...red, tenantId },
    ])
      expect(() => single.open({ scope: forged, options })).toThrow('a scope names');
  });

  it('runs nothing behind a refused statement, of the same message or a later one, and does not end well although its work caught it', async () => {
    const later: unknown[] = [];
    const attempt = within(red, options, async (transaction) => {
      const together = [rows(transaction, TENANTS), rows(transaction, 'select 1 / 0'), rows(transaction, TENANTS)];
      const settled = await Promise.allSettled(together);
      later.push(...settled.map(({ status }) => status));
      later.push(await rows(transaction, TENANTS).then(() => 'ran', sqlState));
    });
    await expect(attempt).rejects.toSatisfy((failure) => sqlState(failure) === '22012' || sqlState(failure) === '25P02');
    expect(later.slice(0, 3)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(later[3]).not.toBe('ran');
  });

  it('takes parameters as values, whatever they hold', async () => {
    const awkward = ["'; drop table followers; --", '\\', '"', '{a,"b"}', 'ü€😀', '', 'NULL'];
    const list = [...awkward, null];
    const [row] = await within(red, options, (transaction) =>
      transaction
        .run(
          'select $1::text as one, $2::text[] as many, $3::timestamptz as at, $4::bytea as bytes, $5::json as json, $6::bigint as big, $7::bool as yes',
          [awkward.join('|'), list, new Date(1_700_000_000_123), Buffer.from([0, 255, 92]), { a: ["'", 1] }, 9_007_199_254_740_993n, true],
        )
        .then((answer) => answer.rows),
    );
    expect(row).toEqual({
      one: awkward.join('|'),
      many: list,
      at: new Date(1_700_000_000_123),
      bytes: Buffer.from([0, 255, 92]),
      json: { a: ["'", 1] },
      big: '9007199254740993',
      yes: true,
    });
  });

  it('goes on, in its scope, with statements that were prepared on the connection before', async () => {
    for (let time = 0; time < 12; time += 1) {
      const scope = time % 2 === 0 ? red : blue;
      await within(scope, options, async (transaction) => expect(await rows(transaction, TENANTS)).toEqual([{ tenant_id: scope.tenantId }]));
    }
    // More texts than a connection keeps, and back to the first.
    for (let no = 0; no < 200; no += 1) await within(red, options, (transaction) => rows(transaction, `${TENANTS} where ${no} = ${no}`));
    await within(blue, options, async (transaction) => expect(await rows(transaction, TENANTS)).toEqual([{ tenant_id: blue.tenantId }]));
  });

  it('takes a text without a statement for one without rows', async () => {
    expect(await within(red, options, (transaction) => rows(transaction, ' -- nothing'))).toEqual([]);
    await within(blue, options, async (transaction) => expect(await rows(transaction, TENANTS)).toEqual([{ tenant_id: blue.tenantId }]));
  });

  it('copies nothing, and is told so', async () => {
    const attempt = within(red, options, (transaction) => rows(transaction, 'copy followers from stdin'));
    await expect(attempt).rejects.toThrow();
    await within(blue, options, async (transaction) => expect(await rows(transaction, TENANTS)).toEqual([{ tenant_id: blue.tenantId }]));
  });

  it('runs nothing once it is over', async () => {
    const transaction = single.open({ scope: red, options });
    await transaction.commit();
    await transaction.release();
    await expect(transaction.run(TENANTS, [])).rejects.toThrow('once it ends');
  });

  it.each(['commit', 'rollBack'] as const)('takes no statement once its %s is on its way: it would run alone, and in no scope', async (end) => {
    let late: Promise<unknown> = Promise.resolve();
    const told = open(test.urls.app.url, (text) => {
      if (text === 'commit' || text === 'rollback') late = expect(transaction.run(TENANTS, [])).rejects.toThrow('once it ends');
    });
    const transaction = told.open({ scope: red, options });
    await transaction.run('select 1', []);
    const ending = transaction[end]();
    await ending;
    // A unit that reads sends nothing to end.
    await expect(transaction.run(TENANTS, [])).rejects.toThrow('once it ends');
    await late;
    await transaction.release();
    await told.close();
  });

  it('asks nothing of the database where it has no statement', async () => {
    const away = open('postgres://nobody:nothing@127.0.0.1:1/none');
    const transaction = away.open({ scope: red, options });
    await transaction.begin();
    await transaction.commit();
    await transaction.release();
    await away.close();
  });
});

describe('units of several tenants side by side', () => {
  it('each see their own rows alone, whatever they ask and however they and those before them on their connection ended', async () => {
    const few = together({ url: test.urls.app.url, applicationName: 'test', poolMax: 3, ...BOUNDS });
    const statement = fc.constantFrom<'own' | 'fails' | 'nonsense' | 'waits'>('own', 'own', 'own', 'fails', 'nonsense', 'waits');
    const texts = { own: TENANTS, fails: 'select 1 / 0', nonsense: 'select nonsense', waits: 'select tenant_id from followers, pg_sleep(0.001)' };
    const unit = fc.record({
      tenant: fc.constantFrom<'red' | 'blue' | 'nobody'>('red', 'blue', 'nobody'),
      readOnly: fc.boolean(),
      turns: fc.array(fc.array(statement, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      end: fc.constantFrom<'commit' | 'rollBack' | 'nothing'>('commit', 'rollBack', 'nothing'),
    });
    const run = async ({ tenant, readOnly, turns, end }: Drawn): Promise<readonly unknown[]> => {
      const scope = { red, blue, nobody: null }[tenant];
      const transaction = few.open({ scope, options: { readOnly } });
      const strangers: unknown[] = [];
      for (const turn of turns) {
        const answers = await Promise.allSettled(turn.map((each) => rows(transaction, texts[each])));
        for (const answer of answers)
          if (answer.status === 'fulfilled') strangers.push(...answer.value.filter((row) => row.tenant_id !== scope?.tenantId));
      }
      if (end !== 'nothing') await transaction[end]().catch(() => undefined);
      await transaction.release();
      return strangers;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(unit, { minLength: 5, maxLength: 25 }), async (units) => {
        expect((await Promise.all(units.map(run))).flat()).toEqual([]);
      }),
      { numRuns: 25 },
    );
    await few.close();
  }, 120_000);
});

describe('a server that refuses to be told the scope', () => {
  it('has no statement of the message run', async () => {
    // The scope's settings are of a kind anybody may set; a role can be kept from setting one, which stands for any reason the statement fails for.
    const owner = new Client({ connectionString: test.ownerUrl });
    await owner.connect();
    const signature = 'set_config(text, text, boolean)';
    try {
      await owner.query(`revoke execute on function pg_catalog.${signature} from public`);
      for (const options of [READS, {}]) {
        const seen: unknown[] = [];
        const attempt = within(red, options, async (transaction) => {
          const asked = [rows(transaction, TENANTS), rows(transaction, 'select name from tiers'), rows(transaction, 'select 1 as one')];
          seen.push(...(await Promise.allSettled(asked)).map((ended) => (ended.status === 'rejected' ? sqlState(ended.reason) : ended.value)));
          return rows(transaction, TENANTS);
        });
        await expect(attempt).rejects.toSatisfy((failure) => sqlState(failure) === '42501');
        expect(seen).toEqual(['42501', '42501', '42501']);
      }
    } finally {
      await owner.query(`grant execute on function pg_catalog.${signature} to public`);
      await owner.end();
    }
    await within(blue, READS, async (transaction) => expect(await rows(transaction, TENANTS)).toEqual([{ tenant_id: blue.tenantId }]));
  });
});

describe('a unit that reads', () => {
  it('writes nothing', async () => {
    const change = app.scoped(red, (unit) => unit.execute(`update followers set status = 'closed'`), READS);
    await expect(change).rejects.toSatisfy((failure) => sqlState(failure) === '25006');
  });

  it('sees in each statement what is committed when it begins', async () => {
    const seen = await app.scoped(
      red,
      async (unit) => {
        const before = await unit.followers.count({});
        await app.scoped(red, (other) => other.followers.insert(follower()));
        return (await unit.followers.count({})) - before;
      },
      READS,
    );
    expect(seen).toBe(1);
  });

  it('under repeatable read sees one moment throughout', async () => {
    const seen = await app.scoped(
      red,
      async (unit) => {
        const before = await unit.followers.count({});
        await app.scoped(red, (other) => other.followers.insert(follower()));
        return (await unit.followers.count({})) - before;
      },
      { readOnly: true, isolation: 'repeatable read' },
    );
    expect(seen).toBe(0);
  });
});

describe('a unit that writes', () => {
  it('writes all or nothing, of one message and of several', async () => {
    const [kept, lost] = [follower(), follower()];
    await app.scoped(red, (unit) => Promise.all([unit.followers.insert(kept), unit.followers.update({ id: kept.id }, { status: 'suspended' })]));
    const attempt = app.scoped(red, async (unit) => {
      await unit.followers.insert(lost);
      await unit.followers.insert(kept);
    });
    await expect(attempt).rejects.toSatisfy((failure) => constraintOf(failure) === 'followers_pkey');
    const [stands, fell] = await app.scoped(red, (unit) =>
      Promise.all([unit.followers.findOne({ id: kept.id }), unit.followers.findOne({ id: lost.id })]),
    );
    expect([stands?.status, fell]).toEqual(['suspended', null]);
  });

  it('does not stand where its work caught a refusal', async () => {
    const lost = follower();
    const attempt = app.scoped(red, async (unit) => {
      await unit.followers.insert(lost);
      await unit.query('select 1 / 0').catch(() => undefined);
    });
    await expect(attempt).rejects.toThrow();
    expect(await app.scoped(red, (unit) => unit.followers.findOne({ id: lost.id }))).toBeNull();
  });

  it('says that its outcome is not known where the connection is lost during its commit, and the next one has a new connection', async () => {
    const lines = open();
    const transaction = lines.open({ scope: red, options: {} });
    const [{ pid } = { pid: 0 }] = (await transaction.run('select pg_backend_pid() as pid', [])).rows;
    const owner = new Client({ connectionString: test.ownerUrl });
    await owner.connect();
    await owner.query('select pg_terminate_backend($1)', [pid]);
    await owner.end();
    await expect(transaction.commit()).rejects.toBeInstanceOf(CommitUnknownError);
    await transaction.rollBack().catch(() => undefined);
    await transaction.release();
    const next = lines.open({ scope: blue, options: READS });
    expect((await next.run(TENANTS, [])).rows).toEqual([{ tenant_id: blue.tenantId }]);
    await next.release();
    await lines.close();
  });
});
