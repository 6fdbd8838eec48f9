import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeObjects } from './testing/objects';
import { type GatewayRig, good, HTTP_ADAPTERS, openRig, type RigTenant } from './testing/rig';

const COPIES = 5;
const TIMES = 4;

/** A brand with copies, each as it reads when nobody else asks. */
interface Owner {
  readonly tenant: RigTenant;
  readonly copies: readonly { readonly id: string; readonly body: object; readonly tag: string }[];
}

describe.each(HTTP_ADAPTERS)('copies that many ask for at once, on %s', (httpAdapter) => {
  let rig: GatewayRig;
  let owners: readonly Owner[];
  beforeAll(async () => {
    rig = await openRig({}, undefined, httpAdapter);
    owners = [await ownerOf('One'), await ownerOf('Two')];
  }, 300_000);
  afterAll(() => rig?.close());

  const read = (tenant: RigTenant, id: string, headers: Record<string, string> = {}) =>
    rig.call(tenant.key, 'get', `/v1/copies/${id}`, undefined, headers);

  async function ownerOf(name: string): Promise<Owner> {
    const tenant = await rig.tenant(name);
    const copies: Owner['copies'][number][] = [];
    for (let no = 0; no < COPIES; no += 1) {
      const { copy } = await makeObjects(rig, tenant);
      const alone = await read(tenant, copy);
      copies.push({ id: copy, body: good(alone), tag: String(alone.headers.etag) });
    }
    return { tenant, copies };
  }

  it('are each who owns them’s, with the tag they have when asked for alone, and to everybody else the same 404', async () => {
    const all = owners.flatMap(({ copies }) => copies);
    const asked = Array.from({ length: TIMES }, () => owners.flatMap((owner) => all.map((copy) => ({ owner, copy })))).flat();
    const answers = await Promise.all(asked.map(async ({ owner, copy }) => ({ owner, copy, answer: await read(owner.tenant, copy.id) })));
    for (const { owner, copy, answer } of answers) {
      if (owner.copies.includes(copy)) {
        expect([answer.status, answer.body, answer.headers.etag]).toEqual([200, copy.body, copy.tag]);
      } else expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
    }
    expect(answers.filter(({ answer }) => answer.status === 200)).toHaveLength(TIMES * COPIES * owners.length);
  });

  it('are new to whoever asks behind a change, among others that ask', async () => {
    const [owner] = owners;
    if (owner === undefined) throw new Error('an owner');
    const [changed, ...others] = owner.copies;
    if (changed === undefined) throw new Error('a copy');
    for (let no = 1; no <= 10; no += 1) {
      const before = others.map(({ id }) => read(owner.tenant, id));
      const allocation = `${1_000 + no}`;
      good(await rig.call(owner.tenant.key, 'patch', `/v1/copies/${changed.id}`, { allocation }));
      const [after, ...rest] = await Promise.all([read(owner.tenant, changed.id), ...others.map(({ id }) => read(owner.tenant, id)), ...before]);
      expect(good(after).allocation).toBe(allocation);
      expect(rest.map(({ status }) => status)).toEqual(rest.map(() => 200));
    }
  });

  it('are not sent again to whoever knows them, among others that do not', async () => {
    const asked = owners.flatMap(({ tenant, copies }) => copies.slice(1).map((copy, no) => ({ tenant, copy, knows: no % 2 === 0 })));
    const statuses = await Promise.all(
      asked.map(async ({ tenant, copy, knows }) => (await read(tenant, copy.id, knows ? { 'If-None-Match': copy.tag } : {})).status),
    );
    expect(statuses).toEqual(asked.map(({ knows }) => (knows ? 304 : 200)));
  });
});
