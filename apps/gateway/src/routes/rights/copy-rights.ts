import { timeText } from '@lockstep/delivery';
import { consentRefusal, entitledUntil, firstUncovered, isEntitled } from '@lockstep/roster';
import type { CopyDetails, CopyRow, EntitlementRow, LeaderRow, LeaderTermsRow, ScopedUnit } from '@lockstep/storage';
import { z } from 'zod';
import { named } from '../../http/documented';
import { timeOrNull } from '../../http/fields';
import { type Refusal, refusal } from '../../http/problem-exception';

/** Whether a copy may take new risk as far as its rights go. */
export const copyRightsSchema = named(
  'CopyRights',
  z
    .object({
      entitlement: z.object({
        status: z
          .enum(['not_needed', 'granted', 'missing', 'ended', 'revoked'])
          .describe(
            '`not_needed`: everyone may copy the leader. With `missing`, `ended` and `revoked` the copy takes no new risk (`entitlement`); its exits go on.',
          ),
        id: z.string().nullable().describe('The entitlement of the copy’s follower for its leader; null: there is none.'),
        until: timeText.nullable().describe('It ends with this moment; null: with none.'),
      }),
      consent: z.object({
        status: z
          .enum(['not_needed', 'given', 'announced', 'missing'])
          .describe(
            '`not_needed`: no terms are published. `given`: it covers everything published. `announced`: newer terms bind from `needed_from` on. `missing`: they bind; the copy takes no new risk (`consent`), its exits go on.',
          ),
        version: z.int().nullable().describe('Newest version of the leader’s terms that was consented to; null: none was.'),
        consented_at: timeText.nullable(),
        actor: z.string().nullable().describe('The API key by which it was given.'),
        needed_version: z.int().nullable().describe('First terms that are not consented to; null: there are none.'),
        needed_from: timeText.nullable().describe('From when on they bind.'),
      }),
    })
    .describe('Whether the copy’s follower may copy the leader, and consented to the leader’s terms.'),
);
export type CopyRightsBody = z.output<typeof copyRightsSchema>;

/** Presents the rights of a copy, with every version of its leader's terms, oldest first, at a business time. */
export function rightsBody(
  { access, entitlement, consent }: Pick<CopyDetails, 'access' | 'entitlement' | 'consent'>,
  terms: readonly LeaderTermsRow[],
  now: number,
): CopyRightsBody {
  const needed = firstUncovered(terms, consent?.version ?? 0);
  const missing = entitlement === null ? 'missing' : entitlement.revokedAt !== null ? 'revoked' : 'ended';
  return {
    entitlement: {
      status: access === 'granted' ? (isEntitled(entitlement, now) ? 'granted' : missing) : 'not_needed',
      id: entitlement?.id ?? null,
      until: timeOrNull(entitlement?.until ?? null),
    },
    consent: {
      status: terms.length === 0 ? 'not_needed' : needed === null ? 'given' : needed.bindingFrom > now ? 'announced' : 'missing',
      version: consent?.version ?? null,
      consented_at: timeOrNull(consent?.consentedAt ?? null),
      actor: consent?.actor ?? null,
      needed_version: needed?.version ?? null,
      needed_from: timeOrNull(needed?.bindingFrom ?? null),
    },
  };
}

/** Why a consent to `version` does not do for a copy of a leader now; null: it does. */
export async function consentProblem(unit: ScopedUnit, { id }: Pick<LeaderRow, 'id'>, version: number | null): Promise<Refusal | null> {
  return consentProblemOf(await unit.leaderTerms.of([id]), version, await unit.sandboxes.businessNow());
}

function consentProblemOf(terms: readonly LeaderTermsRow[], version: number | null, now: number): Refusal | null {
  const code = consentRefusal(terms, version, now);
  if (code === null) return null;
  const detail = CONSENT_DETAILS[code];
  return { code, detail, errors: [{ pointer: '/consent_version', code, detail }] };
}

const CONSENT_DETAILS = {
  consent_missing: 'The leader has terms in force: name the version the follower consented to in `consent_version`.',
  terms_unknown: 'The leader has no terms of this version.',
  terms_outdated: 'Newer terms are in force: the follower has to consent to those.',
} as const;

/** Entitlements and terms of the leaders and followers that copies are to be made of. */
export interface RightsFacts {
  /** By leader and follower. */
  readonly entitlements: ReadonlyMap<string, EntitlementRow>;
  readonly terms: ReadonlyMap<string, readonly LeaderTermsRow[]>;
}

/** Reads what `rightsToBegin` asks for: two statements, however many pairs. */
export async function rightsFactsOf(unit: ScopedUnit, pairs: readonly Pick<CopyRow, 'leaderId' | 'followerId'>[]): Promise<RightsFacts> {
  const [entitlements, rows] = await Promise.all([unit.entitlements.ofCopies(pairs), unit.leaderTerms.of(pairs.map(({ leaderId }) => leaderId))]);
  const terms = new Map<string, LeaderTermsRow[]>();
  for (const row of rows) terms.set(row.leaderId, [...(terms.get(row.leaderId) ?? []), row]);
  return { entitlements, terms };
}

/** What a copy of a leader needs to be made for a follower: the entitlement it goes by, or null where none is needed; or why it may not be. */
export function rightsToBegin(
  { entitlements, terms }: RightsFacts,
  wanted: { readonly leader: LeaderRow; readonly followerId: CopyRow['followerId']; readonly consentVersion: number | null; readonly now: number },
): { readonly refused: Refusal } | { readonly refused: null; readonly entitlementId: string | null } {
  const { leader, followerId, consentVersion, now } = wanted;
  const entitlement = leader.access === 'everyone' ? null : (entitlements.get(`${leader.id} ${followerId}`) ?? null);
  if (entitledUntil(leader.access, entitlement) <= now)
    return { refused: refusal('entitlement_missing', 'The leader may be copied by followers with an entitlement alone.') };
  const refused = consentProblemOf(terms.get(leader.id) ?? [], consentVersion, now);
  return refused === null ? { refused, entitlementId: entitlement?.id ?? null } : { refused };
}
