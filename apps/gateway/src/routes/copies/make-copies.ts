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
  const facts = await factsOf(unit, drafts);
  const now = await unit.sandboxes.businessNow();
  const room = await roomFor(unit, call, 'active_copies');
  const admitted: Admitted[] = [];
  const results = drafts.map((draft): Result<CopyId, ItemRefusal> => {
    const decided = decide(facts, draft, now);
    if (!decided.ok) return decided;
    if (admitted.length >= room.places) return err(room.refusal);
    const id = tools.context.ids.next('copy');
    facts.sharers.join(decided.value.account.id, { copyId: id, leader: decided.value.leader, settings: draft.settings });
    admitted.push({ ...decided.value, draft, id });
    return ok(id);
  });
  await write(tools, unit, call, admitted);
  return results;
}

async function factsOf(unit: ScopedUnit, drafts: readonly AskedCopy[]): Promise<Facts> {
  const accounts = await unit.venueAccounts.hold(drafts.map((draft) => draft.venue_account_id as VenueAccountId));
  const leaders = await unit.leaders.of(drafts.map((draft) => draft.leader_id as LeaderId));
  const sharers = await sharersOfAccounts(unit, [...accounts.keys()]);
  const pairs = drafts.flatMap((draft) => {
    const [leader, account] = [leaders.get(draft.leader_id as LeaderId), accounts.get(draft.venue_account_id as VenueAccountId)];
    return leader === undefined || account === undefined ? [] : [{ leaderId: leader.id, followerId: account.followerId }];
  });
  return { leaders, accounts, sharers, rights: await rightsFactsOf(unit, pairs) };
}

function decide({ leaders, accounts, sharers, rights }: Facts, draft: AskedCopy, now: number): Result<Omit<Admitted, 'draft' | 'id'>, ItemRefusal> {
  const leader = leaders.get(draft.leader_id);
  const account = accounts.get(draft.venue_account_id);
  if (leader === undefined) return err(notThere('/leader_id', 'No such leader.'));
  if (account === undefined) return err(notThere('/venue_account_id', 'No such venue account.'));
  if (leader.status === 'closed') return err(refusal('state_conflict', 'The leader is closed.'));
  if (account.status === 'closed' || account.status === 'suspended') return err(refusal('state_conflict', `The venue account is ${account.status}.`));
  const allowed = rightsToBegin(rights, { leader, followerId: account.followerId, consentVersion: draft.consent_version ?? null, now });
  if (allowed.refused !== null) return err(allowed.refused);
  const conflict = sharers.refusal(account.id, { leader, settings: draft.settings });
  return conflict === null ? ok({ leader, account, entitlementId: allowed.entitlementId }) : err(conflict);
}

const notThere = (pointer: string, detail: string): Refusal => ({ code: 'not_found', detail, errors: [{ pointer, code: 'not_found', detail }] });

async function write({ context, mutations }: Tools, unit: ScopedUnit, call: Call, admitted: readonly Admitted[]): Promise<void> {
  if (admitted.length === 0) return;
  const actor = call.key.keyId;
  await unit.copies.insertAll(admitted.map((one) => rowOf(one, unit.now)));
  const settings = admitted.map(({ id, draft }) => ({ copyId: id, version: 1, settings: draft.settings, actor, effectiveFrom: unit.now }));
  await unit.copies.addAllSettings(settings);
  const consents = admitted.flatMap(({ id, leader, draft: { consent_version: version } }) =>
    version === undefined ? [] : [{ copyId: id, leaderId: leader.id, version, actor, consentedAt: unit.now }],
  );
  await unit.copyConsents.insertAll(consents);
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
