import { decimalText, idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import { price, size } from '@lockstep/kernel';
import { PROPOSAL_STATUSES, type ProposalRow } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { coinField, livemodeField, priceText, sideField, sizeText } from '../../http/fields';

/** An increase that a copy's follower is asked about. */
export const proposalSchema = named(
  'Proposal',
  z
    .object({
      id: idText('prp'),
      livemode: livemodeField,
      copy_id: idText('cpy'),
      leader_id: idText('ldr'),
      coin: coinField,
      side: sideField,
      asked_size: decimalText.describe('Everything that was asked about, in units of the instrument.'),
      size: decimalText.describe('What may still be approved: the leader’s reductions take back their share.'),
      approved_size: decimalText.describe('What was approved so far.'),
      price: decimalText.describe('The leader’s price, weighted by size: an approved order is bounded from it.'),
      status: z
        .enum(PROPOSAL_STATUSES)
        .describe(
          '`open`: it may be approved. `approved`: all of it was. `declined`. `ended`: its time was over. `withdrawn`: the leader or the copy left, or the follower closed by hand.',
        ),
      created_at: timeText,
      ends_at: timeText.describe('From then on nothing of it can be approved, and nothing approved is entered any more.'),
      updated_at: timeText,
    })
    .describe(
      'An increase that waits for the follower’s approval. Of a copy and an instrument at most one is open; it grows and shrinks with the leader.',
    ),
);
export const proposalListSchema = listOf('ProposalList', proposalSchema);
export type ProposalBody = z.output<typeof proposalSchema>;

/** What an answer to a proposal gives back at once. */
export const proposalAnswerSchema = named(
  'ProposalAnswer',
  z
    .object({
      proposal: proposalSchema,
      command_no: z
        .string()
        .regex(/^[1-9]\d{0,17}$/)
        .describe('The command that carries it out: `command.applied` or `command.refused` names it.'),
    })
    .describe('The proposal as it stands, and the command on its way to the engine.'),
);

export function proposalBody(row: ProposalRow): ProposalBody {
  return {
    id: row.id,
    livemode: livemode(row.environment),
    copy_id: row.copyId,
    leader_id: row.leaderId,
    coin: row.coin,
    side: row.buy ? 'buy' : 'sell',
    asked_size: sizeText(size(row.askedSize)),
    size: sizeText(size(row.leftSize)),
    approved_size: sizeText(size(row.approvedSize)),
    price: priceText(price(row.price)),
    status: row.status,
    created_at: wireTime(row.createdAt),
    ends_at: wireTime(row.endsAt),
    updated_at: wireTime(row.updatedAt),
  };
}
