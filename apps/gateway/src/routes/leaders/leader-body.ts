import { idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import { LEADER_ACCESS, termsInForce } from '@lockstep/roster';
import { type LeaderRow, type LeaderTermsRow, latestCommands, type ScopedUnit, watchedAccountsOf } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField } from '../../http/fields';
import type { RevisionOf } from '../../http/tags';
import { commandOrNull, commandSchema } from '../commands/command-body';
import { isCurrent, leaderDetectionBody, leaderDetectionSchema } from '../detection/detection-body';
import { leaderTermsBody, leaderTermsSchema } from '../rights/terms-body';
import { shownNetwork } from '../venue';

/** A tenant's strategy over a watched account. */
export const leaderSchema = named(
  'Leader',
  z
    .object({
      id: idText('ldr'),
      livemode: livemodeField,
      name: z.string(),
      venue: z.string(),
      network: z.string(),
      address: z.string().describe('The account that is followed, in lower case.'),
      terms: z.record(z.string(), z.unknown()).describe('Your own terms, as you wrote them.'),
      status: z.enum(['active', 'paused', 'closed']),
      access: z.enum(LEADER_ACCESS).describe('Who may copy it. `granted`: followers with an entitlement alone.'),
      terms_in_force: leaderTermsSchema.nullable().describe('The newest published terms that bind; null: none do.'),
      terms_announced: z.array(leaderTermsSchema).describe('Published terms that bind later, newest first.'),
      detection: leaderDetectionSchema
        .nullable()
        .describe('How the account is seen; null before the engine watched it, and once the leader is closed.'),
      command: commandSchema.nullable().describe('The newest wish about this leader.'),
      created_at: timeText,
      updated_at: timeText,
    })
    .describe('An account whose trades followers copy.'),
);
export const leaderListSchema = listOf('LeaderList', leaderSchema);
export type LeaderBody = z.output<typeof leaderSchema>;
/** What callers change of a leader. */
export const leaderRevision: RevisionOf<LeaderBody> = ({ name, terms, status, access }) => [name, terms, status, access];

const termsSchema = z.record(z.string(), z.unknown());

/** `terms` of one leader, oldest first. */
function termsBody(terms: readonly LeaderTermsRow[], now: number): Pick<LeaderBody, 'terms_in_force' | 'terms_announced'> {
  const inForce = termsInForce(terms, now);
  const announced = terms.filter(({ bindingFrom }) => bindingFrom > now).toReversed();
  return { terms_in_force: inForce === null ? null : leaderTermsBody(inForce), terms_announced: announced.map(leaderTermsBody) };
}

/** Presents leaders with the accounts they refer to, how these are seen, their published terms and newest commands: five statements, however many leaders. */
export async function presentLeaders(unit: ScopedUnit, rows: readonly LeaderRow[]): Promise<(row: LeaderRow) => LeaderBody> {
  const watched = await watchedAccountsOf(
    unit,
    rows.map((row) => row.watchedNo),
  );
  const commands = await latestCommands(
    unit,
    rows.map((row) => row.id),
  );
  const terms = await unit.leaderTerms.of(rows.map((row) => row.id));
  const sights = await unit.detection.sightsOf([...watched.keys()]);
  const told = await unit.detection.standings();
  const now = await unit.sandboxes.businessNow();
  const current = new Set(told.filter((row) => isCurrent(row, unit.now)).map(({ venue, network }) => `${venue}|${network}`));
  return (row) => {
    const account = watched.get(row.watchedNo);
    const engineTells = account !== undefined && current.has(`${account.venue}|${account.network}`);
    return {
      id: row.id,
      livemode: livemode(row.environment),
      name: row.name,
      venue: account?.venue ?? '',
      network: shownNetwork(account?.network ?? ''),
      address: account?.address ?? '',
      terms: termsSchema.parse(row.terms),
      status: row.status,
      access: row.access,
      ...termsBody(
        terms.filter(({ leaderId }) => leaderId === row.id),
        now,
      ),
      detection: row.status === 'closed' ? null : leaderDetectionBody(sights.get(row.watchedNo), engineTells),
      command: commandOrNull(commands.get(row.id)),
      created_at: wireTime(row.createdAt),
      updated_at: wireTime(row.updatedAt),
    };
  };
}
