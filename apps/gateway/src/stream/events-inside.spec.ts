import { makeId } from '@lockstep/kernel';
import { type Narrowing, narrowingOf } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { type CopyParties, eventsInside, remembering } from './events-inside';

const zeros = new Uint8Array(10);
const idsOf = (no: number) => ({ leader: makeId('leader', no, zeros), follower: makeId('follower', no, zeros), copy: makeId('copy', no, zeros) });
const [one, other] = [idsOf(1), idsOf(2)];
const copies = new Map<string, CopyParties>([one, other].map(({ leader, follower, copy }) => [copy, { leaderId: leader, followerId: follower }]));
const narrowings: Readonly<Record<string, Narrowing | null>> = {
  leader: narrowingOf([one.leader]),
  follower: narrowingOf([one.follower]),
  copy: narrowingOf([one.copy]),
};

const shownTo = async (kind: string, data: unknown, find = async () => copies): Promise<boolean> => {
  const narrowing = narrowings[kind];
  if (!narrowing) throw new Error('a narrowing');
  return (await eventsInside(narrowing, [data], find))[0] === true;
};

describe('an event', () => {
  it.each([
    ['of a copy', { copy_id: one.copy }, { leader: true, follower: true, copy: true }],
    ['of another copy', { copy_id: other.copy }, { leader: false, follower: false, copy: false }],
    ['of an order', { copy_id: one.copy, leader_id: one.leader }, { leader: true, follower: true, copy: true }],
    ['of a leader', { leader_id: one.leader }, { leader: true, follower: false, copy: false }],
    ['of a leader and a follower', { leader_id: other.leader, follower_id: one.follower }, { leader: false, follower: true, copy: false }],
    ['of a command on a copy', { command_no: '1', target_id: one.copy }, { leader: true, follower: true, copy: true }],
    ['of a switch on another leader', { target: 'leader', target_id: other.leader }, { leader: false, follower: false, copy: false }],
    ['of the tenant', { tenant_id: 'ten_x', status: 'suspended' }, { leader: false, follower: false, copy: false }],
    ['of two copies', { buyer_copy_id: one.copy, seller_copy_id: one.copy }, { leader: false, follower: false, copy: false }],
    ['that names nobody', { copy_id: null, leader_id: null }, { leader: false, follower: false, copy: false }],
    ['of another form', ['copy_id', one.copy], { leader: false, follower: false, copy: false }],
  ])('%s is shown to whom it belongs to', async (_what, data, shown) => {
    for (const [kind, expected] of Object.entries(shown)) expect([kind, await shownTo(kind, data)]).toEqual([kind, expected]);
  });

  it('of a copy that is not found is shown only to who is narrowed to the copy', async () => {
    const none = async () => new Map<string, CopyParties>();
    for (const kind of ['leader', 'follower', 'copy']) expect(await shownTo(kind, { copy_id: one.copy }, none)).toBe(kind === 'copy');
  });
});

describe('a reader', () => {
  it('asks for each copy once', async () => {
    const asked: string[] = [];
    const find = remembering(async (ids) => {
      asked.push(...ids);
      return copies;
    });
    for (let time = 0; time < 3; time += 1) await shownTo('follower', { copy_id: one.copy }, async () => new Map(await find([one.copy])));
    expect(asked).toEqual([one.copy]);
  });
});
