import { decimalText, timeText, wireTime } from '@lockstep/delivery';
import { price, formatRate as rateText } from '@lockstep/kernel';
import { CAPS, type Preview, type PreviewWave, REASONS, type ReasonCode } from '@lockstep/replication';
import { LOSS_LIMITS } from '@lockstep/risk';
import { z } from 'zod';
import { named } from '../../http/documented';
import { coinField, moneyText, priceText, reasonField, sizeText } from '../../http/fields';

const REASON_CODES = REASONS.map(([code]) => code);

const waveSchema = z.object({
  at: timeText.describe('When the leader traded.'),
  coin: coinField,
  leader_before: decimalText,
  leader_after: decimalText,
  price: decimalText.describe('The leader’s price, at which orders are taken to fill.'),
  target: decimalText.describe('The copy’s target after it, signed.'),
  ordered: decimalText.describe('What would have been ordered, signed; 0 is nothing.'),
  reason: reasonField(REASON_CODES),
  cuts: z.array(z.object({ cap: z.enum(CAPS), amount: decimalText })),
});

export const previewSchema = named(
  'CopyPreview',
  z
    .object({
      moves: z.int().describe('Moves of the leader’s recorded past that were played.'),
      from: timeText.nullable().describe('When the first of them was; null: there are none.'),
      to: timeText.nullable(),
      orders: z.int(),
      notional: decimalText,
      fees: decimalText,
      net_pnl: decimalText.describe('Profit after fees, closed and open, without funding and slippage.'),
      worst_drawdown: decimalText.describe('Largest fall from the highest value, as a share, at the prices of the moves.'),
      increases: z.int().describe('Increases of the leader.'),
      missed: z.int().describe('Increases of which nothing would have been ordered.'),
      reasons: z.array(z.object({ reason: reasonField(REASON_CODES), moves: z.int() })).describe('What was decided how often.'),
      dust: z.array(z.object({ coin: coinField, size: decimalText })).describe('Remnants too small to close alone at the end.'),
      closed_by: z
        .object({ limit: z.enum(LOSS_LIMITS), at: timeText })
        .nullable()
        .describe('The loss limit that would have closed the copy.'),
      least_allocation: decimalText
        .nullable()
        .describe(
          'About the least allocation with which nine in ten of the increases would have been followed; null where sizes do not depend on it, or none is enough.',
        ),
      waves: z.array(waveSchema).describe('The newest moves, oldest first.'),
    })
    .describe('A settings draft played over a leader’s recorded past.'),
);
export type PreviewBody = z.output<typeof previewSchema>;

const waveBody = (wave: PreviewWave): z.output<typeof waveSchema> => ({
  at: wireTime(wave.at),
  coin: wave.coin,
  leader_before: sizeText(wave.leaderBefore),
  leader_after: sizeText(wave.leaderAfter),
  price: priceText(price(BigInt(wave.price))),
  target: sizeText(wave.target),
  ordered: sizeText(wave.ordered),
  reason: wave.reason ?? 'unknown_reason',
  cuts: wave.cuts.map(({ cap, amount }) => ({ cap, amount: sizeText(amount) })),
});

/** A preview on the wire, with so many of its newest waves. */
export function previewBody(preview: Preview, leastAllocation: bigint | null, wavesShown: number): PreviewBody {
  const { waves } = preview;
  const [first, last] = [waves[0], waves.at(-1)];
  const reasons = [...preview.reasons].map(([reason, moves]: [ReasonCode, number]) => ({ reason, moves }));
  return {
    moves: waves.length,
    from: first === undefined ? null : wireTime(first.at),
    to: last === undefined ? null : wireTime(last.at),
    orders: preview.orders,
    notional: moneyText(preview.notional),
    fees: moneyText(preview.fees),
    net_pnl: moneyText(preview.netPnl),
    worst_drawdown: rateText(preview.worstDrawdown),
    increases: preview.increases,
    missed: preview.missed,
    reasons: reasons.sort((a, b) => b.moves - a.moves),
    dust: preview.dust.map(({ coin, size }) => ({ coin, size: sizeText(size) })),
    closed_by: preview.closedBy === null ? null : { limit: preview.closedBy.limit, at: wireTime(preview.closedBy.at) },
    least_allocation: leastAllocation === null ? null : moneyText(leastAllocation),
    waves: waves.slice(-wavesShown).map(waveBody),
  };
}
