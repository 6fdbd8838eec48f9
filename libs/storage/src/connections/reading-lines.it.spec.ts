import type { TenantScope } from '@lockstep/kernel';
import fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DatabaseAwayError, sqlState } from '../failures';
import { openTestStorage, type TestStorage } from '../testing/test-storage';
import type { Connections } from './connections';
import { together } from './together';

/*
 * Incident: one partner's fifty reads at once took half a second of everybody's: connections were opened for them one after the other, and whoever came later
 * waited behind all of them.
 */

const BOUNDS = { statementTimeoutMs: 10_000, idleInTransactionTimeoutMs: 10_000, connectionWaitMaxMs: 20_000, silenceMaxMs: 15_000 };
const OWN = `select current_setting('app.tenant_id', true) as tenant, $1::text as asked, pg_backend_pid() as pid`;

let test: TestStorage;
let red: TenantScope;
let blue: TenantScope;
const opened: Connections[] = [];
beforeAll(async () => {
  test = await openTestStorage();
  red = await test.tenant('Red');
  blue = await test.tenant('Blue');
});
afterAll(async () => {
  await Promise.all(opened.map((each) => each.close()));
  await test.close();
});

/** Connections of which so many are for units that read. */
function linesOf(lines: number): Connections {
  const made = together({ url: test.urls.app.url, applicationName: 'lines', poolMax: lines * 2, ...BOUNDS });
  opened.push(made);
  return made;
}

async function ask(lines: Connections, scope: TenantScope, text: string, values: readonly unknown[] = []) {
  const unit = lines.open({ scope, options: { readOnly: true } });
  try {
    return (await unit.run(text, values)).rows;
  } finally {
    await unit.release();
  }
}

describe('questions that come at once', () => {
  it('share few connections and are each answered in their own scope', async () => {
    const lines = linesOf(2);
    const asked = Array.from({ length: 60 }, (_, no) => ({ scope: no % 3 === 0 ? blue : red, no: `${no}` }));
    const answers = await Promise.all(asked.map(({ scope, no }) => ask(lines, scope, OWN, [no])));
    expect(answers.flat().map(({ tenant, asked: no }) => [tenant, no])).toEqual(asked.map(({ scope, no }) => [scope.tenantId, no]));
    expect(new Set(answers.flat().map(({ pid }) => pid)).size).toBeLessThanOrEqual(2);
  });

  it('each stand for themselves: what the server refuses in one concerns no other of its message', async () => {
    const lines = linesOf(1);
    const texts = { own: OWN, fails: 'select 1 / $1::int', nonsense: 'select nonsense, $1::text', many: 'select generate_series(1, $1::int) as one' };
    const question = fc.record({ of: fc.boolean(), what: fc.constantFrom<keyof typeof texts>('own', 'own', 'fails', 'nonsense', 'many') });
    await fc.assert(
      fc.asyncProperty(fc.array(question, { minLength: 1, maxLength: 40 }), async (questions) => {
        const answers = await Promise.allSettled(
          questions.map(({ of, what }, no) => ask(lines, of ? red : blue, texts[what], [what === 'fails' ? '0' : `${no}`])),
        );
        answers.forEach((answer, no) => {
          const { of, what } = questions[no] ?? { of: true, what: 'own' };
          if (what === 'fails' || what === 'nonsense') {
            expect(answer.status === 'rejected' && sqlState(answer.reason)).toBe(what === 'fails' ? '22012' : '42703');
            return;
          }
          const rows = answer.status === 'fulfilled' ? answer.value : [];
          if (what === 'many') expect(rows).toHaveLength(no);
          else expect(rows).toMatchObject([{ tenant: (of ? red : blue).tenantId, asked: `${no}` }]);
        });
      }),
      { numRuns: 25 },
    );
  });

  it('are all told when their connection is lost, and the next ones have another', async () => {
    const lines = linesOf(1);
    const SLEEP = 'select pg_backend_pid() as pid, pg_sleep($1::float)';
    const [row] = await ask(lines, red, SLEEP, ['0']);
    const asked = Promise.allSettled(Array.from({ length: 5 }, () => ask(lines, red, SLEEP, ['20'])));
    const owner = new Client({ connectionString: test.ownerUrl });
    await owner.connect();
    // Only once the server is at the first of them.
    const isAsleep = `select 1 from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'`;
    await vi.waitFor(async () => expect((await owner.query(isAsleep, [row?.pid])).rowCount).toBe(1), { timeout: 20_000 });
    await owner.query('select pg_terminate_backend($1)', [row?.pid]);
    await owner.end();
    for (const answer of await asked) expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(DatabaseAwayError) });
    expect(await ask(lines, blue, OWN, ['next'])).toMatchObject([{ tenant: blue.tenantId, asked: 'next' }]);
  });
});

describe('a tenant that asks for much', () => {
  it('has others answered in turn with its own: they wait for two messages at most, not for all it has asked', async () => {
    const lines = linesOf(1);
    await ask(lines, red, OWN, ['prepared']);
    const order: string[] = [];
    const noted = (name: string) => (): void => void order.push(name);
    const noise = Array.from({ length: 200 }, (_, no) => ask(lines, red, OWN, [`${no}`]).then(noted('noise')));
    const quiet = ask(lines, blue, OWN, ['quiet']).then(noted('quiet'));
    await Promise.all([...noise, quiet]);
    expect(order.indexOf('quiet')).toBeLessThanOrEqual(16);
  });

  it('has its slow questions take half of the lines at most, and nobody waits behind one', async () => {
    const lines = linesOf(2);
    const SLOW = 'select pg_sleep(0.4)';
    await ask(lines, red, OWN, ['prepared']);
    await ask(lines, red, SLOW);
    const order: string[] = [];
    const noted = (name: string) => (): void => void order.push(name);
    const slow = Array.from({ length: 3 }, () => ask(lines, red, SLOW).then(noted('slow')));
    const quick = Array.from({ length: 20 }, (_, no) => ask(lines, blue, OWN, [`${no}`]).then(noted('quick')));
    await Promise.all([...slow, ...quick]);
    expect(order.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'quick'));
  });

  /** Whether a question of another tenant is answered before any of these slow ones. */
  async function isFirst(lines: Connections, slow: readonly Promise<unknown>[]): Promise<boolean> {
    const ended = Promise.race(slow).then(() => 'slow');
    const quiet = ask(lines, blue, OWN, ['quiet']).then(() => 'quiet');
    const first = await Promise.race([ended, quiet]);
    await Promise.all(slow);
    return first === 'quiet';
  }

  it('leaves a line to the others, whether its questions are known to be slow or not, and although they are quick for another', async () => {
    const SLEEP = 'select pg_sleep($1::float)';
    const burst = linesOf(2);
    await Promise.all([ask(burst, red, OWN, ['prepared']), ask(burst, red, SLEEP, ['0'])]);
    const many = Array.from({ length: 16 }, () => ask(burst, red, SLEEP, ['0.1']));
    // Its own connection is opened for it where it has to be.
    expect(await isFirst(burst, many.slice(-1))).toBe(true);

    const lines = linesOf(4);
    await ask(lines, red, OWN, ['prepared']);
    await ask(lines, red, SLEEP, ['0.3']);
    await ask(lines, blue, SLEEP, ['0']);
    const slow: Promise<unknown>[] = [];
    for (let no = 0; no < 8; no += 1) {
      slow.push(ask(lines, red, SLEEP, ['1']));
      await new Promise(setImmediate);
    }
    expect(await isFirst(lines, slow)).toBe(true);
  });
});
