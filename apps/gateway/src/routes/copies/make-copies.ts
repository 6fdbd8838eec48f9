import { type CopyId, err, type LeaderId, type Money, ok, parseMoney, type Result, unwrap, type VenueAccountId } from '@lockstep/kernel';
import { COPIES_PER_VENUE_ACCOUNT_MAX, type CopySettingsJson } from '@lockstep/roster';
import type { ActivateCopy, CopyRow, LeaderRow, ScopedUnit, VenueAccountRow } from '@lockstep/storage';
import { z } from 'zod';
import type { GatewayContext } from '../../app/context';
import { madeWith } from '../../http/audit-change';
import type { ItemRefusal } from '../../http/bulk';
import type { Call } from '../../http/call';
import { amountField, idField } from '../../http/fields';
import type { Mutations } from '../../http/mutations';
import { FIELD_ERRORS_MAX } from '../../http/problem.filter';
import { type Refusal, refusal } from '../../http/problem-exception';
import { publishAll, told } from '../../http/publish';
import { roomFor } from '../../http/quotas';
import { type RightsFacts, rightsFactsOf, rightsToBegin } from '../rights/copy-rights';
import { type AccountSharers, sharersOfAccounts } from './account-sharing';
import { type CopyLoops, loopsOver } from './copy-loops';
import { DEFAULT_SETTINGS, mergeSettings, settingsDraft } from './settings';

/** A copy to be made. */
export const newCopy = z.strictObject({
  leader_id: idField('ldr'),
  venue_account_id: idField('vac').describe(
    `The account it trades through. Up to ${COPIES_PER_VENUE_ACCOUNT_MAX} copies of different leaders may share one: each has its own position, the account holds the net.`,
  ),
  allocation: amountField.describe('Money the copy is sized on; ratios, limits and losses are computed on it.'),
  settings: settingsDraft.default({}),
  consent_version: z
    .int()
    .min(1)
    .optional()
    .describe('Version of the leader’s terms the follower consented to; needed where terms are in force (`terms_in_force` of the leader).')
    .meta({ examples: [2] }),
});
type CopyDraft = z.output<typeof newCopy>;

/** A draft whose settings were read: what it does not say is left to the layers above. */
export interface AskedCopy extends Omit<CopyDraft, 'settings'> {
  readonly settings: CopySettingsJson;
}

/** The draft with its settings read; invalid ones are named by their fields. */
export function readCopy(draft: CopyDraft): Result<AskedCopy, Refusal> {
  const settings = mergeSettings(DEFAULT_SETTINGS, draft.settings);
  return settings.ok ? ok({ ...draft, settings: settings.value }) : settings;
}

/** All drafts of one body, which is valid as a whole or not at all: the faults of its items, by their places in `items`. */
export function readCopies(drafts: readonly CopyDraft[]): Result<readonly AskedCopy[], Refusal> {
  const read = drafts.map(readCopy);
  const errors = read.flatMap((one, index) =>
    one.ok ? [] : (one.error.errors ?? []).map((error) => ({ ...error, pointer: `/items/${index}${error.pointer}` })),
  );
  if (errors.length > 0) return err({ code: 'invalid_request', errors: errors.slice(0, FIELD_ERRORS_MAX) });
  return ok(read.flatMap((one) => (one.ok ? [one.value] : [])));
}

/** What is known of the objects that drafts name; accounts are held until the unit ends, so that copies join them one after another. */
interface Facts {
  readonly leaders: ReadonlyMap<string, LeaderRow>;
  readonly accounts: ReadonlyMap<string, VenueAccountRow>;
  readonly sharers: AccountSharers;
  readonly loops: CopyLoops;
  readonly rights: RightsFacts;
}

/** A draft that may be made. */
interface Admitted {
  readonly draft: AskedCopy;
  readonly id: CopyId;
  readonly leader: LeaderRow;
  readonly account: VenueAccountRow;
  readonly entitlementId: string | null;
}

interface Tools {
  readonly context: GatewayContext;
  readonly mutations: Mutations;
}

/**
 * Makes copies in the unit, as many as the plan has room for: each is made or refused, in the order of the drafts, by what stood before it and by the drafts
 * in front of it. A fixed number of statements, however many drafts.
 */
export async function makeCopies(
  tools: Tools,
  unit: ScopedUnit,
  call: Call,
  drafts: readonly AskedCopy[],
): Promise<readonly Result<CopyId, ItemRefusal>[]> {
  const [facts, now] = await Promise.all([factsOf(unit, drafts), unit.sandboxes.businessNow()]);
  const room = await roomFor(unit, call, 'active_copies');
  const admitted: Admitted[] = [];
  const results = drafts.map((draft): Result<CopyId, ItemRefusal> => {
    const decided = decide(facts, draft, now);
    if (!decided.ok) return decided;
    if (admitted.length >= room.places) return err(room.refusal);
    const id = tools.context.ids.next('copy');
    const { account, leader } = decided.value;
    facts.sharers.join(account.id, { copyId: id, leader, settings: draft.settings });
    facts.loops.join(leader.watchedNo, account.id);
    admitted.push({ ...decided.value, draft, id });
    return ok(id);
  });
  await write(tools, unit, call, admitted);
  return results;
}

async function factsOf(unit: ScopedUnit, drafts: readonly AskedCopy[]): Promise<Facts> {
  // Asked in this order: whatever is read behind the hold is read while it holds.
  const [accounts, leaders] = await Promise.all([
    unit.venueAccounts.hold(drafts.map((draft) => draft.venue_account_id as VenueAccountId)),
    unit.leaders.of(drafts.map((draft) => draft.leader_id as LeaderId)),
  ]);
  const pairs = drafts.flatMap((draft) => {
    const [leader, account] = [leaders.get(draft.leader_id as LeaderId), accounts.get(draft.venue_account_id as VenueAccountId)];
    return leader === undefined || account === undefined ? [] : [{ leaderId: leader.id, followerId: account.followerId }];
  });
  const ids = [...accounts.keys()];
  const [sharers, loops, rights] = await Promise.all([sharersOfAccounts(unit, ids), loopsOver(unit, ids), rightsFactsOf(unit, pairs)]);
  return { leaders, accounts, sharers, loops, rights };
}

function decide(
  { leaders, accounts, sharers, loops, rights }: Facts,
  draft: AskedCopy,
  now: number,
): Result<Omit<Admitted, 'draft' | 'id'>, ItemRefusal> {
  const leader = leaders.get(draft.leader_id);
  const account = accounts.get(draft.venue_account_id);
  if (leader === undefined) return err(notThere('/leader_id', 'No such leader.'));
  if (account === undefined) return err(notThere('/venue_account_id', 'No such venue account.'));
  if (leader.status === 'closed') return err(refusal('state_conflict', 'The leader is closed.'));
  if (account.status === 'closed' || account.status === 'suspended') return err(refusal('state_conflict', `The venue account is ${account.status}.`));
  if (loops.closes(leader.watchedNo, account.id)) return err(COPY_LOOP);
  const allowed = rightsToBegin(rights, { leader, followerId: account.followerId, consentVersion: draft.consent_version ?? null, now });
  if (allowed.refused !== null) return err(allowed.refused);
  const conflict = sharers.refusal(account.id, { leader, settings: draft.settings });
  return conflict === null ? ok({ leader, account, entitlementId: allowed.entitlementId }) : err(conflict);
}

const COPY_LOOP = refusal(
  'copy_loop',
  'The leader’s own account would follow this one, directly or over other copies: each order would be answered by further ones. Use another leader or another account.',
);

const notThere = (pointer: string, detail: string): Refusal => ({ code: 'not_found', detail, errors: [{ pointer, code: 'not_found', detail }] });

async function write({ context, mutations }: Tools, unit: ScopedUnit, call: Call, admitted: readonly Admitted[]): Promise<void> {
  if (admitted.length === 0) return;
  const actor = call.key.keyId;
  const settings = admitted.map(({ id, draft }) => ({ copyId: id, version: 1, settings: draft.settings, actor, effectiveFrom: unit.now }));
  const consents = admitted.flatMap(({ id, leader, draft: { consent_version: version } }) =>
    version === undefined ? [] : [{ copyId: id, leaderId: leader.id, version, actor, consentedAt: unit.now }],
  );
  // Asked in this order: what refers to a copy comes behind it.
  await Promise.all([
    unit.copies.insertAll(admitted.map((one) => rowOf(one, unit.now))),
    unit.copies.addAllSettings(settings),
    unit.copyConsents.insertAll(consents),
  ]);
  for (const { id, leader, account, draft } of admitted) {
    const asked = { leader_id: leader.id, allocation: draft.allocation };
    const detail = { ...asked, ...(draft.consent_version !== undefined && { consent_version: draft.consent_version }) };
    await mutations.audit(unit, call, 'copy.create', id, detail, madeWith({ ...asked, venue_account_id: account.id, settings_version: 1 }));
  }
  await mutations.commands(
    unit,
    admitted.map(({ id, account, leader, entitlementId }) => {
      const needs = [account.id, leader.id, ...(entitlementId === null ? [] : [entitlementId])];
      return { kind: 'copy.activate', targetId: id, payload: { needs } satisfies ActivateCopy, actor };
    }),
  );
  await publishAll(
    context,
    unit,
    consents.map(({ copyId, leaderId, version }) => told('copy.consented', { copy_id: copyId, leader_id: leaderId, version, actor })),
  );
}

function rowOf({ draft, id, leader, account }: Admitted, now: number): Omit<CopyRow, 'tenantId' | 'environment' | 'no'> {
  const allocation: Money = unwrap(parseMoney(draft.allocation), 'the allocation was checked');
  return {
    id,
    leaderId: leader.id,
    followerId: account.followerId,
    venueAccountId: account.id,
    allocation,
    state: 'preparing',
    stateReason: null,
    settingsVersion: 1,
    createdAt: now,
    updatedAt: now,
    startedAt: null,
    stoppedAt: null,
    unwindBy: null,
  };
}
