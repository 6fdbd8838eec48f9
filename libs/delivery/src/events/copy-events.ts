import { z } from 'zod';
import { decimalText, idText, timeText } from '../wire';
import { define } from './define';

const state = z.object({
  copy_id: idText('cpy'),
  leader_id: idText('ldr'),
  follower_id: idText('flw'),
  state: z.string(),
  previous_state: z.string().nullable(),
  reason: z.string().nullable(),
});

const settings = z.object({ copy_id: idText('cpy'), settings_version: z.int().min(1), changed: z.array(z.string()) });

const consent = z.object({
  copy_id: idText('cpy'),
  leader_id: idText('ldr'),
  version: z.int().min(1),
  actor: z.string().describe('The API key by which it was given.'),
});

const breaker = z.object({
  copy_id: idText('cpy'),
  limit: z.string().describe('Which limit, e.g. `from_start`.'),
  threshold: decimalText,
  measured: decimalText,
  action: z
    .enum(['alert', 'halt_new', 'close', 'release'])
    .describe('`halt_new`: no new risk is taken, exits go on. `close`: everything copied is closed. `release`: the loss is smaller again.'),
});

const limit = z.object({
  copy_id: idText('cpy'),
  limit: z.string().describe('Which limit, e.g. `leverage`.'),
  threshold: decimalText.describe('The limit in money; of `liquidation_distance` the floor, as a share of the mark.'),
  measured: decimalText.describe('What is held under it, in money; of `liquidation_distance` the nearest distance there is.'),
  action: z
    .enum(['alert', 'trim', 'close', 'release'])
    .describe(
      '`trim`: positions are reduced to 5 % below it, or until they are 5 % above a floor. `close`: they are closed. Both halt new risk. `release`: it is met again.',
    ),
});

const exposure = z.object({
  limit: z
    .enum([
      'max_follower_exposure',
      'max_underlying_share',
      'max_leader_exposure',
      'alert_follower_exposure',
      'alert_underlying_share',
      'alert_leader_exposure',
    ])
    .describe('Which limit, by its name under `exposure` of the limits.'),
  follower_id: idText('flw').nullable().describe('Whose copies share it; null where it is one of a leader.'),
  leader_id: idText('ldr').nullable().describe('Whose copies share it; null where it is one of a follower.'),
  underlying: z.string().nullable().describe('Of a share, what is held too much of, whatever dex lists it; null of every other limit.'),
  threshold: decimalText
    .nullable()
    .describe(
      'The limit in money; of a share that share of what all copies of the follower are worth. Null: it was taken away, or no copy has it any more.',
    ),
  measured: decimalText.describe('What all the copies hold under it, in money.'),
  action: z.enum(['alert', 'release']).describe('`alert`: it is passed; nothing is traded for that. `release`: what is held is 5 % below it again.'),
});

const forfeit = z.object({ copy_id: idText('cpy'), coin: z.string(), size: decimalText, reason: z.string() });
const flatness = z.object({
  copy_id: idText('cpy'),
  flat: z.boolean(),
  dust_pending: z.array(z.object({ coin: z.string(), size: decimalText, notional: decimalText })),
  handed_over: z
    .array(z.object({ coin: z.string(), size: decimalText, price: decimalText, notional: decimalText }))
    .optional()
    .describe('What became the follower’s own, at the mark at which the copy’s books were closed. Absent in events of before it could be.'),
});
const exitStuck = z.object({ copy_id: idText('cpy'), coin: z.string(), size: decimalText, attempts: z.int().min(1) });

const crossed = z.object({
  cross_no: z.string(),
  venue_account_id: idText('vac'),
  coin: z.string(),
  buyer_copy_id: idText('cpy'),
  seller_copy_id: idText('cpy'),
  size: decimalText,
  price: decimalText.describe('The middle between `bid` and `ask`.'),
  bid: decimalText,
  ask: decimalText,
});

const venueAccount = z.object({
  venue_account_id: idText('vac'),
  follower_id: idText('flw'),
  status: z.string(),
  agent_status: z.string(),
  agent_valid_until: timeText.nullable(),
  builder_fee_approved_tenths_bp: z.int().min(0),
  reason: z.string().nullable(),
});

const proposal = z.object({
  proposal_id: idText('prp'),
  copy_id: idText('cpy'),
  leader_id: idText('ldr'),
  coin: z.string(),
  side: z.enum(['buy', 'sell']),
  size: decimalText.describe('What may still be approved.'),
  approved_size: decimalText.describe('What was approved so far.'),
  price: decimalText.describe('The leader’s price, from which the bound of an approved order is made.'),
  status: z.enum(['open', 'approved', 'declined', 'ended', 'withdrawn']),
  ends_at: timeText.describe('From then on nothing of it can be approved.'),
});

/** The life of copies and the accounts they trade through. */
export const copyEvents = {
  'copy.state_changed': define(1, 'A copy went from one state to another.', state),
  'copy.settings_changed': define(1, 'A new version of a copy’s settings is in force.', settings),
  'copy.consented': define(1, 'The follower of a copy consented to a version of the leader’s terms.', consent),
  'copy.forfeited': define(1, 'An increment was given up and will not be caught up.', forfeit),
  'copy.flat': define(1, 'A stop ended: the copy is flat, or what is left or was handed over is listed.', flatness),
  'copy.exit_stuck': define(
    1,
    'An exit could not be filled up to the venue’s price band, or a busy or halted venue keeps refusing it; it is repeated.',
    exitStuck,
  ),
  'copy.crossed': define(1, 'Two copies of one venue account traded with each other inside it; no order left and no fee was paid.', crossed),
  'breaker.triggered': define(1, 'A loss limit of a copy was met.', breaker),
  'limit.passed': define(1, 'What a copy holds passed one of its limits, or meets it again.', limit),
  'exposure.passed': define(
    1,
    'What all copies of a follower or of a leader hold together passed a limit they share, or one that is only told, or meets it again.',
    exposure,
  ),
  'proposal.made': define(1, 'An increase waits for the follower’s approval.', proposal),
  'proposal.changed': define(1, 'A proposal grew or shrank with the leader’s position, or some of it was approved.', proposal),
  'proposal.ended': define(
    1,
    'Nothing of a proposal can be approved any more: all was, it was declined, its time is over, or the leader or the copy left (`withdrawn`).',
    proposal,
  ),
  'venue_account.changed': define(1, 'A venue account’s status or approvals changed.', venueAccount),
} as const;
