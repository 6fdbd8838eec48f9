import type { TenantScope } from '@lockstep/kernel';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Storage } from './storage';
import { openTestStorage, type TestStorage } from './testing/test-storage';
import type { Page, PageRequest, TimeCursor } from './unit/keyset';

let test: TestStorage;
let app: Storage;
beforeAll(async () => {
  test = await openTestStorage();
  app = await test.as('app');
});
afterAll(() => test.close());

/** Few moments for many rows, so that most rows share theirs with others. */
const moment = fc.integer({ min: 1, max: 3 });
const world = fc.record({
  before: fc.array(moment, { maxLength: 14 }),
  /** Rows written before each further page. */
  meanwhile: fc.array(fc.array(moment, { maxLength: 2 }), { maxLength: 8 }),
  limit: fc.integer({ min: 1, max: 5 }),
  order: fc.constantFrom('newest_first' as const, 'oldest_first' as const),
});

interface Place {
  readonly id: string;
  readonly createdAt: number;
}
type Follower = Page<Place, TimeCursor>;

describe('a list that is paged while rows are added', () => {
  it('shows every row of its beginning once and in order, forwards and then backwards, whatever times they share', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(world, async ({ before, meanwhile, limit, order }) => {
        const scope = await test.tenant(`Paged ${++runs}`);
        const first = await add(scope, before);
        const waiting = [...meanwhile];
        const read = async (request: Partial<PageRequest<TimeCursor>>): Promise<Follower> => {
          const page = await app.scoped(scope, (unit) => unit.followers.page({ limit, order, after: null, ...request }));
          await add(scope, waiting.shift() ?? []);
          return page;
        };
        const forwards = await walk(read, (page) => (page.next === null ? null : { after: page.next }));
        const end = forwards.at(-1)?.rows[0];
        const fromEnd = end === undefined ? null : { at: end.createdAt, id: end.id };
        const backwards =
          fromEnd === null ? [] : await walk(read, (page) => (page.previous === null ? null : { before: page.previous }), { before: fromEnd });
        const down = forwards.flatMap(({ rows }) => rows);
        const up = [...backwards.toReversed().flatMap(({ rows }) => rows), ...(forwards.at(-1)?.rows ?? [])];
        for (const rows of [down, up]) {
          expect(rows.map(({ id }) => id)).toEqual(rows.toSorted(inOrder(order)).map(({ id }) => id));
          expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
          expect(first.filter((id) => !rows.some((row) => row.id === id))).toEqual([]);
        }
        expect(forwards[0]?.previous ?? null).toBeNull();
      }),
      { numRuns: 40 },
    );
  }, 300_000);

  it('goes back by exactly the pages it came by, where nothing was added', async () => {
    const scope = await test.tenant('Unchanged');
    await add(scope, [1, 1, 2, 2, 2, 3, 3]);
    for (const order of ['newest_first', 'oldest_first'] as const) {
      const read = (request: Partial<PageRequest<TimeCursor>>): Promise<Follower> =>
        app.scoped(scope, (unit) => unit.followers.page({ limit: 2, order, after: null, ...request }));
      const forwards = await walk(read, (page) => (page.next === null ? null : { after: page.next }));
      expect(forwards.map(({ rows }) => rows.length)).toEqual([2, 2, 2, 1]);
      let at = forwards.length - 1;
      for (let previous = forwards[at]?.previous ?? null; previous !== null; at -= 1) {
        const page = await read({ before: previous });
        expect(page.rows).toEqual(forwards[at - 1]?.rows);
        expect((await read({ after: page.next })).rows).toEqual(forwards[at]?.rows);
        previous = page.previous;
      }
      expect(at).toBe(0);
    }
  });
});

/** Writes followers at these times and returns their ids. */
async function add(scope: TenantScope, times: readonly number[]): Promise<readonly string[]> {
  return app.scoped(scope, async (unit) => {
    const ids = times.map(() => test.ids.next('follower'));
    for (const [index, id] of ids.entries()) {
      const at = times[index] ?? 0;
      await unit.followers.insert({ id, externalRef: null, status: 'active', createdAt: at, updatedAt: at });
    }
    return ids;
  });
}

async function walk(
  read: (request: Partial<PageRequest<TimeCursor>>) => Promise<Follower>,
  step: (page: Follower) => Partial<PageRequest<TimeCursor>> | null,
  from: Partial<PageRequest<TimeCursor>> = {},
): Promise<readonly Follower[]> {
  const pages: Follower[] = [];
  for (let request: Partial<PageRequest<TimeCursor>> | null = from; request !== null; ) {
    const page: Follower = await read(request);
    pages.push(page);
    request = step(page);
  }
  return pages;
}

const inOrder =
  (order: 'newest_first' | 'oldest_first') =>
  (a: Place, b: Place): number => {
    const rising = a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
    return order === 'oldest_first' ? rising : -rising;
  };
