import type { NarrowingKind } from '@lockstep/tenancy';

/** Where a request names the object it reaches. */
export interface Place {
  readonly in: 'path' | 'body' | 'query';
  readonly name: string;
}
/** How an operation keeps a narrowed key inside: it reaches nothing of anybody, its pages or its events show what lies inside, or it names one object. */
export type Reach = 'nothing' | 'pages' | 'events' | Place;

const path = (name = 'id'): Place => ({ in: 'path', name });
const body = (name: string): Place => ({ in: 'body', name });
const all = (reach: Reach): Readonly<Record<NarrowingKind, Reach>> => ({ leader: reach, follower: reach, copy: reach });

/**
 * What a key that is narrowed to leaders, followers or copies may call, by operation id and what it is narrowed to. Everything else is refused to it: a new
 * operation is, until somebody writes here how it is kept inside.
 */
const NARROWED: ReadonlyMap<string, Partial<Readonly<Record<NarrowingKind, Reach>>>> = new Map<string, Partial<Record<NarrowingKind, Reach>>>([
  ['tenant.tenant', all('nothing')],
  ['tenant.instruments', all('nothing')],
  ['tenant.command', all(path('no'))],
  ['events.list', all('events')],
  // The stream it opens shows its key's events.
  ['streamTickets.create', all('nothing')],
  ['leaders.list', { leader: 'pages' }],
  ['leaders.get', { leader: path() }],
  ['leaders.patch', { leader: path() }],
  ['leaders.close', { leader: path() }],
  ['leaders.closeAll', { leader: path() }],
  ['leaderTerms.publish', { leader: path() }],
  ['leaderTerms.list', { leader: path() }],
  ['preview.preview', { leader: body('leader_id') }],
  ['followers.list', { follower: 'pages' }],
  ['followers.get', { follower: path() }],
  ['followers.closeAll', { follower: path() }],
  ['followers.erase', { follower: path() }],
  ['venueAccounts.list', { follower: 'pages' }],
  ['venueAccounts.get', { follower: path() }],
  ['venueAccounts.create', { follower: body('follower_id') }],
  ['venueAccounts.import', { follower: body('follower_id') }],
  ['venueAccounts.approve', { follower: path() }],
  ['venueAccounts.renew', { follower: path() }],
  ['entitlements.list', { leader: 'pages', follower: 'pages' }],
  ['entitlements.get', { leader: path(), follower: path() }],
  ['entitlements.grant', { leader: body('leader_id'), follower: body('follower_id') }],
  ['entitlements.revoke', { leader: path(), follower: path() }],
  ['copies.list', all('pages')],
  ['copies.create', { leader: body('leader_id'), follower: body('venue_account_id') }],
  ['copies.get', all(path())],
  ['copies.history', all(path())],
  ['copies.patch', all(path())],
  ['copies.pause', all(path())],
  ['copies.resume', all(path())],
  ['copies.stop', all(path())],
  ['copies.rebase', all(path())],
  ['copies.reEnable', all(path())],
  ['consents.give', all(path())],
  ['consents.list', all(path())],
  ['receipts.list', all(path())],
  ['receipts.get', all(path())],
  ['proposals.list', all('pages')],
  ['proposals.get', all(path())],
  ['proposals.approve', all(path())],
  ['proposals.decline', all(path())],
  ['killSwitches.get', all(path())],
  ['killSwitches.engage', all(path())],
  ['killSwitches.release', all(path())],
  ['trading.orders', all('pages')],
  ['trading.order', all(path())],
  ['trading.fills', all('pages')],
  ['trading.fill', all(path())],
  ['trading.positions', all({ in: 'query', name: 'copy_id' })],
]);

/** How an operation keeps a key inside that is narrowed to this kind; undefined: it cannot. */
export const reachOf = (operation: string, kind: NarrowingKind): Reach | undefined => NARROWED.get(operation)?.[kind];
/** The operations that have a row. */
export const NARROWED_OPERATIONS: readonly string[] = [...NARROWED.keys()];
