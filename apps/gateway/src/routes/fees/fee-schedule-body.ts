import { decimalText, idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import { formatRate, rate } from '@lockstep/kernel';
import { effectiveSchedule } from '@lockstep/ledger';
import { type FeeScheduleRow, feeVersionOf } from '@lockstep/storage';
import { z } from 'zod';
import { named } from '../../http/documented';
import { livemodeField } from '../../http/fields';
import type { RevisionOf } from '../../http/tags';

/** One version of a tenant's execution markup. */
export const feeScheduleSchema = named(
  'FeeSchedule',
  z
    .object({
      id: idText('fee'),
      livemode: livemodeField,
      version: z.int().min(1),
      execution_markup_bps: decimalText.describe('Markup on the notional of each follower order, in basis points.'),
      flow: z.enum(['all', 'increases_only']).describe('Which orders carry it.'),
      builder_address: z.string().nullable().describe('Who receives it at venues with builder codes; null: accrued and invoiced.'),
      builder_owner: z.enum(['operator', 'tenant']).describe('Whose that address is; the other’s share is a payable.'),
      operator_share: decimalText.describe('The operator’s part of the markup, 0 to 1, by contract.'),
      missing_approval: z.enum(['deny_entries', 'send_without_markup']).describe('What an entry does whose follower has not approved the fee.'),
      created_at: timeText,
      effective_from: timeText,
    })
    .describe('A version of the execution markup.'),
);
export const feeScheduleListSchema = named(
  'FeeScheduleList',
  z
    .object({
      data: z.array(feeScheduleSchema),
      version_in_force: z.int().nullable().describe('Null while none has acted.'),
      next_cursor: z.null(),
      prev_cursor: z.null(),
      has_more: z.literal(false),
    })
    .describe('Every version, oldest first.'),
);

export const feeScheduleBody = (row: FeeScheduleRow): z.output<typeof feeScheduleSchema> => ({
  id: row.id,
  livemode: livemode(row.environment),
  version: row.version,
  execution_markup_bps: (row.markupTenths / 10).toFixed(1).replace(/\.0$/, ''),
  flow: row.flow,
  builder_address: row.builderAddress,
  builder_owner: row.builderOwner,
  operator_share: formatRate(rate(row.operatorShare)),
  missing_approval: row.missingApproval,
  created_at: wireTime(row.createdAt),
  effective_from: wireTime(row.effectiveFrom),
});

export type FeeScheduleListBody = z.output<typeof feeScheduleListSchema>;

export function feeScheduleList(rows: readonly FeeScheduleRow[], now: number): FeeScheduleListBody {
  const inForce = effectiveSchedule(rows.map(feeVersionOf), now)?.version ?? null;
  return { data: rows.map(feeScheduleBody), version_in_force: inForce, next_cursor: null, prev_cursor: null, has_more: false };
}

/** What a further version is based on: those there are, whichever of them is in force. */
export const feeScheduleRevision: RevisionOf<FeeScheduleListBody> = ({ data }) => data;
