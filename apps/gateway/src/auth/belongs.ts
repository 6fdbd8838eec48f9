import { type CopyId, type FollowerId, isId, type LeaderId } from '@lockstep/kernel';
import type { ScopedUnit } from '@lockstep/storage';
import type { Belongs } from '@lockstep/tenancy';

/** Of what is not there, or belongs to no leader, follower or copy. */
const NOBODYS: Belongs = {};

/** What the object of the scope with an id belongs to, which may also be the number of a command: that belongs to what it is about. */
export async function belongsOf(unit: ScopedUnit, id: string): Promise<Belongs> {
  if (/^[1-9]\d{0,17}$/.test(id)) return belongsOfId(unit, (await unit.commands.findOne({ no: BigInt(id) }))?.targetId ?? '');
  return belongsOfId(unit, id);
}

async function belongsOfId(unit: ScopedUnit, id: string): Promise<Belongs> {
  if (isId('leader', id)) return (await unit.leaders.findOne({ id })) === null ? NOBODYS : { leader: id };
  if (isId('follower', id)) return (await unit.followers.findOne({ id })) === null ? NOBODYS : { follower: id };
  if (isId('copy', id)) return ofCopy(unit, id);
  if (isId('venueAccount', id)) return ofParties(await unit.venueAccounts.findOne({ id }));
  if (isId('entitlement', id)) return ofParties(await unit.entitlements.findOne({ id }));
  if (isId('proposal', id)) return ofCopy(unit, (await unit.proposals.findOne({ id }))?.copyId ?? null);
  if (isId('order', id)) return ofCopy(unit, (await unit.orders.get(id))?.copyId ?? null);
  if (isId('fill', id)) return ofCopy(unit, (await unit.fills.get(id))?.copyId ?? null);
  return NOBODYS;
}

async function ofCopy(unit: ScopedUnit, id: CopyId | null): Promise<Belongs> {
  const copy = id === null ? null : await unit.copies.findOne({ id });
  return copy === null ? NOBODYS : { copy: copy.id, leader: copy.leaderId, follower: copy.followerId };
}

const ofParties = (row: { readonly leaderId?: LeaderId; readonly followerId: FollowerId } | null): Belongs =>
  row === null ? NOBODYS : { leader: row.leaderId ?? null, follower: row.followerId };

export const isNobodys = (object: Belongs): boolean => Object.keys(object).length === 0;
