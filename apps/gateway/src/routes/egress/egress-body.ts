import { timeText } from '@lockstep/delivery';
import type { EgressForecast, EgressStanding } from '@lockstep/venues/egress';
import { z } from 'zod';
import { named } from '../../http/documented';

const meterSchema = named(
  'EgressMeter',
  z
    .object({
      name: z.string().describe('What the venue counts, e.g. `weight` or `messages`.'),
      per_minute: z.number().describe('What all kinds of requests may spend in a minute.'),
      free_for_entries: z.number().min(0).describe('What new orders may spend now.'),
    })
    .describe('One thing a venue counts per address.'),
);

const addressSchema = named(
  'EgressAddress',
  z
    .object({
      no: z.int().min(1).describe('Its number, as in receipts.'),
      paused_ms: z.number().min(0).describe('How long nothing leaves because the venue complained.'),
      answer_ms: z.number().min(0).describe('Mean time to an answer.'),
      meters: z.array(meterSchema),
    })
    .describe('An address requests leave from. Its network address is not shown.'),
);

/** What may leave towards a network now. */
export const egressSchema = named(
  'Egress',
  z
    .object({
      venue: z.string(),
      network: z.string(),
      limited: z.boolean().describe('False where no limits are kept to: everything leaves at once, and the rest is empty.'),
      told_at: timeText.nullable().describe('When the engine last told it.'),
      orders_per_minute: z.number().min(0).nullable().describe('Orders that all addresses together let leave in a minute, for as long as it lasts.'),
      addresses: z.array(addressSchema),
    })
    .describe('Egress addresses towards a network, shared by all brands.'),
);

/** How long a wave would take. */
export const egressForecastSchema = named(
  'EgressForecast',
  z
    .object({
      network: z.string(),
      limited: z.boolean().describe('False where no limits are kept to: a wave takes as long as its answers.'),
      orders: z.int().min(0),
      reductions: z.int().min(0).describe('Of the orders, those that take risk off: they leave first.'),
      told_at: timeText.nullable(),
      ends_in_ms: z.number().min(0).nullable().describe('Until the last answer; null where nothing is known or some order could never leave.'),
      reductions_end_in_ms: z.number().min(0).nullable(),
      limited_by: z.string().nullable().describe('What it waits for longest: a meter, `in_flight`, `address`, `backoff`; null: for answers alone.'),
      addresses: z.array(z.object({ no: z.int().min(1), orders: z.int().min(0), ends_in_ms: z.number().min(0).nullable() })),
      target_ms: z.int().min(1).nullable(),
      addresses_needed: z
        .int()
        .min(1)
        .nullable()
        .describe('Rested addresses that end such a wave within the target; null without a target, or where no number is enough.'),
    })
    .describe('How long a wave would take if it began now, behind what waits already.'),
);

export interface StandingRow {
  readonly standing: EgressStanding;
  readonly toldAt: number;
}

const wholeMs = (ms: number): number | null => (Number.isFinite(ms) ? Math.round(ms) : null);

/** Orders a minute: of each address what its scarcest meter gives entries. */
function ordersPerMinute({ limits, actionCost, addresses }: EgressStanding): number {
  const each = Math.min(
    ...limits.meters.flatMap(({ perWindow, kept }, index) => {
      const cost = actionCost.meters[index] ?? 0;
      const held = Object.values(kept).reduce((sum, amount) => sum + amount, 0);
      return cost > 0 ? [(perWindow - held) / cost] : [];
    }),
  );
  return Number.isFinite(each) ? Math.floor((each * addresses.length * 60_000) / limits.windowMs) : 0;
}

export function egressBody(venue: string, network: string, row: StandingRow | null): z.output<typeof egressSchema> {
  if (row === null) return { venue, network, limited: false, told_at: null, orders_per_minute: null, addresses: [] };
  const { standing, toldAt } = row;
  return {
    venue,
    network,
    limited: true,
    told_at: new Date(toldAt).toISOString(),
    orders_per_minute: ordersPerMinute(standing),
    addresses: standing.addresses.map((address, index) => ({
      no: index + 1,
      paused_ms: Math.round(address.pausedMs),
      answer_ms: Math.round(address.answerMs),
      meters: address.meters.map(({ name, free }, meter) => ({
        name,
        per_minute: Math.floor(((standing.limits.meters[meter]?.perWindow ?? 0) * 60_000) / standing.limits.windowMs),
        free_for_entries: free,
      })),
    })),
  };
}

/** What was asked to be forecast. */
export interface ForecastAsked {
  readonly network: string;
  readonly orders: number;
  readonly reductions: number;
  readonly targetMs: number | null;
}

export function forecastBody(
  { network, orders, reductions, targetMs }: ForecastAsked,
  told: { readonly at: number; readonly forecast: EgressForecast; readonly needed: number | null } | null,
): z.output<typeof egressForecastSchema> {
  const asked = { network, orders, reductions, target_ms: targetMs };
  if (told === null) {
    const unknown = { told_at: null, ends_in_ms: null, reductions_end_in_ms: null, limited_by: null, addresses_needed: null };
    return { ...asked, ...unknown, limited: false, addresses: [] };
  }
  const { at, forecast, needed } = told;
  return {
    ...asked,
    limited: true,
    told_at: new Date(at).toISOString(),
    ends_in_ms: wholeMs(forecast.endsInMs),
    reductions_end_in_ms: wholeMs(forecast.reductionsEndInMs),
    limited_by: forecast.limitedBy,
    addresses: forecast.perIp.map((address, index) => ({ no: index + 1, orders: address.requests, ends_in_ms: wholeMs(address.endsInMs) })),
    addresses_needed: needed,
  };
}
