import { timeText, wireTime } from '@lockstep/delivery';
import type { DetectionStandingRow, LeaderSightRow } from '@lockstep/storage';
import type { DetectionStanding, LatencyFigure } from '@lockstep/venues/port';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { timeOrNull } from '../../http/fields';
import { shownNetwork } from '../venue';

/** A standing older than this, in ms, is no longer believed: the engine writes one every few seconds. */
const STANDING_MAX_AGE_MS = 60_000;

const latencySchema = named(
  'DetectionLatency',
  z
    .object({
      median_ms: z.number().nullable(),
      p99_ms: z.number().nullable(),
    })
    .describe('From the venue’s time of a fill to its arrival here, by the newest thousand; null before the first. The clocks’ difference is in it.'),
);

/** How the leaders of one network are seen. */
const networkDetectionSchema = named(
  'NetworkDetection',
  z
    .object({
      venue: z.string(),
      network: z.string(),
      updated_at: timeText,
      current: z.boolean().describe('False: the engine has not told for a while, the numbers are old.'),
      seats: z
        .object({
          total: z.int().min(0),
          reserved_for_orders: z.int().min(0).describe('Of the total, kept for leaders whose working orders are followed.'),
          left: z.int().min(0).describe('Free now.'),
        })
        .describe(
          'User streams the venue gives one address of the operator’s. The hottest leaders have them; leaders without one are found in public trades.',
        ),
      sweep: z.object({
        complete: z.boolean().describe('Whether the trades of every coin are received now.'),
        coins: z.int().min(0),
        losses: z.int().min(0).describe('How often trades of a coin may have been missed; what was missed is read and told.'),
      }),
      budget: z
        .object({
          weight_per_minute: z.int().min(0),
          subscriptions: z.int().min(0),
          subscriptions_max: z.int().min(0),
          connections: z.int().min(0),
        })
        .describe('What detection uses of the venue’s limits per address.'),
      latency: z.object({ stream: latencySchema, sweep: latencySchema }),
    })
    .describe('How the leaders of one network are seen.'),
);
export const networkDetectionListSchema = listOf('NetworkDetectionList', networkDetectionSchema);
export type NetworkDetectionBody = z.output<typeof networkDetectionSchema>;

const figure = z.object({ count: z.number(), medianMs: z.number().nullable(), p99Ms: z.number().nullable() }) satisfies z.ZodType<LatencyFigure>;
const count = z.number();
/** What the engine wrote down, in the port's words. */
const standingSchema = z.object({
  seatsTotal: count,
  seatsUsed: count,
  seatsReserved: count,
  watched: count,
  streamed: count,
  swept: count,
  unread: count,
  sweepCovers: z.boolean(),
  sweepLosses: count,
  coins: count,
  connections: count,
  subscriptions: count,
  subscriptionsMax: count,
  weightPerMinuteMax: count,
  readsWaiting: count,
  stream: figure,
  sweep: figure,
}) satisfies z.ZodType<Partial<DetectionStanding>>;

/** Presents a network's standing to a brand: what it may count on, and nothing that tells how much others watch. Null when it cannot be read, e.g. one written by a newer engine. */
export function networkDetectionBody(row: DetectionStandingRow, now: number): NetworkDetectionBody | null {
  const read = standingSchema.safeParse(row.standing);
  if (!read.success) return null;
  const standing = read.data;
  return {
    venue: row.venue,
    network: shownNetwork(row.network),
    updated_at: wireTime(row.updatedAt),
    current: isCurrent(row, now),
    seats: {
      total: standing.seatsTotal,
      reserved_for_orders: standing.seatsReserved,
      left: Math.max(0, standing.seatsTotal - standing.seatsUsed),
    },
    sweep: { complete: standing.sweepCovers, coins: standing.coins, losses: standing.sweepLosses },
    budget: {
      weight_per_minute: standing.weightPerMinuteMax,
      subscriptions: standing.subscriptions,
      subscriptions_max: standing.subscriptionsMax,
      connections: standing.connections,
    },
    latency: { stream: latencyBody(standing.stream), sweep: latencyBody(standing.sweep) },
  };
}

const latencyBody = ({ medianMs, p99Ms }: LatencyFigure) => ({ median_ms: medianMs, p99_ms: p99Ms });

export const isCurrent = (row: Pick<DetectionStandingRow, 'updatedAt'>, now: number): boolean => now - row.updatedAt <= STANDING_MAX_AGE_MS;

export const leaderDetectionSchema = named(
  'LeaderDetection',
  z
    .object({
      source: z
        .enum(['stream', 'sweep', 'none'])
        .describe('`stream`: the venue’s own stream of the account. `sweep`: public trades, checked against its state. `none`: nobody sees it now.'),
      seat: z.boolean().describe('Whether it holds one of the network’s seats.'),
      last_seen_at: timeText.nullable().describe('Venue time of its newest fill or checked state.'),
    })
    .describe('How the account is seen now.'),
);

/** Presents how a leader is seen; null before the engine told. While the engine is silent nobody sees it. */
export function leaderDetectionBody(sight: LeaderSightRow | undefined, current: boolean): z.output<typeof leaderDetectionSchema> | null {
  if (sight === undefined) return null;
  return { source: current ? sight.source : 'none', seat: sight.seat, last_seen_at: timeOrNull(sight.lastSeenAt) };
}
