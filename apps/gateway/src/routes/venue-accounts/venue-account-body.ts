import { idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import { ACCOUNT_TYPES, AGENT_STATUSES, addressOrErased, latestCommands, type ScopedUnit, type VenueAccountRow } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField, timeOrNull } from '../../http/fields';
import type { RevisionOf } from '../../http/tags';
import { commandOrNull, commandSchema } from '../commands/command-body';
import { shownNetwork } from '../venue';
import { APPROVAL_KINDS, offersOf } from './approvals';

const approvalSchema = named(
  'Approval',
  z
    .object({
      kind: z.enum(APPROVAL_KINDS),
      typed_data: z.record(z.string(), z.unknown()).describe('EIP-712 typed data: `domain`, `types`, `primaryType`, `message`.'),
    })
    .describe('What the follower’s wallet is asked to sign.'),
);

/** An account at a venue through which a follower trades. */
export const venueAccountSchema = named(
  'VenueAccount',
  z
    .object({
      id: idText('vac'),
      livemode: livemodeField,
      follower_id: idText('flw'),
      venue: z.string(),
      network: z.string(),
      address: z.string().nullable().describe('The account that trades, in lower case; null: erased with its follower.'),
      account_type: z
        .enum(ACCOUNT_TYPES)
        .describe('`sub_account` and `vault` have no key of their own: the wallet of their master (of a vault: of its leader) signs the approvals.'),
      master_address: z.string().nullable().describe('Whose wallet signs the approvals, in lower case; null: the account’s own.'),
      account_mode: z.enum(['unknown', 'standard', 'unified']).describe('How the venue holds its margin; `unknown` until the engine has asked.'),
      agent_address: z.string().nullable().describe('The agent that signs orders for it; null: erased with its follower.'),
      agent_status: z
        .enum(AGENT_STATUSES)
        .describe(
          '`expiring`: it ends soon, renew its approval. `expired`, `removed` (the venue no longer knows it): no entries leave, exits are tried until it is renewed.',
        ),
      agent_valid_until: timeText.nullable(),
      builder_address: z
        .string()
        .nullable()
        .describe(
          'Builder for whom the follower approved a fee at the venue, or is asked to when it is registered; null: none. A renewed approval shows once the venue does.',
        ),
      builder_fee_approved_tenths_bp: z.int().min(0).describe('Builder fee the follower approved, in tenths of a basis point.'),
      approvals: z.array(approvalSchema).describe('What was offered last for the wallet to sign.'),
      status: z.enum(['pending', 'active', 'suspended', 'closed']),
      status_reason: z.string().nullable().describe('For people.'),
      command: commandSchema.nullable().describe('The newest wish about this account.'),
      created_at: timeText,
      updated_at: timeText,
    })
    .describe('An account at a venue through which a follower trades.'),
);
export const venueAccountListSchema = listOf('VenueAccountList', venueAccountSchema);
export type VenueAccountBody = z.output<typeof venueAccountSchema>;
/** Everything but the newest wish about it. */
export const venueAccountRevision: RevisionOf<VenueAccountBody> = ({ command: _wish, ...account }) => account;

/** Presents accounts with their newest commands. The sealed agent key is in none of it. */
export async function presentAccounts(unit: ScopedUnit, rows: readonly VenueAccountRow[]): Promise<(row: VenueAccountRow) => VenueAccountBody> {
  const commands = await latestCommands(
    unit,
    rows.map((row) => row.id),
  );
  return (row) => ({
    id: row.id,
    livemode: livemode(row.environment),
    follower_id: row.followerId,
    venue: row.venue,
    network: shownNetwork(row.network),
    address: addressOrErased(row.address),
    account_type: row.accountType,
    master_address: addressOrErased(row.masterAddress),
    account_mode: row.mode,
    agent_address: addressOrErased(row.agentAddress),
    agent_status: row.agentStatus,
    agent_valid_until: timeOrNull(row.agentValidUntil),
    builder_address: row.builderAddress,
    builder_fee_approved_tenths_bp: row.builderFeeApproved,
    approvals: offersOf(row).map(({ kind, typed_data }) => ({ kind, typed_data })),
    status: row.status,
    status_reason: row.statusReason,
    command: commandOrNull(commands.get(row.id)),
    created_at: wireTime(row.createdAt),
    updated_at: wireTime(row.updatedAt),
  });
}
