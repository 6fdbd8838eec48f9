import { z } from 'zod';
import { CLASSES, type EgressClass, type IpLimits, QUEUED } from './limits';
import { EgressScheduler } from './scheduler';

/*
 * What a process that owns egress addresses tells of them, so that another one can forecast: plain JSON, its age in it. The other one builds a scheduler from it
 * and asks that; what happened since is not in it, so a forecast is as old as its standing.
 */

const count = z.number().min(0);
const byClass = z.partialRecord(z.enum(CLASSES), count);
const limitsSchema = z.object({
  meters: z.array(z.object({ name: z.string(), perWindow: count, kept: byClass, most: byClass })).max(8),
  windowMs: count,
  inFlightMax: count,
  lateMs: count,
  backoffMinMs: count,
  backoffMaxMs: count,
  answerMs: count,
});
const addressSchema = z.object({
  /** What may be shown of the address to the operator. */
  label: z.string(),
  inFlight: count,
  /** How long nothing leaves because the venue complained. */
  pausedMs: count,
  answerMs: count,
  /** Complaints of the venue since the process began. */
  refusals: count,
  waiting: z.object({ reduction: count, control: count, entry: count }),
  meters: z.array(
    z.object({ name: z.string(), used: count, free: count, spends: z.array(z.array(z.tuple([count, count])).max(1_000)).max(CLASSES.length) }),
  ),
});

export const egressStandingSchema = z.object({
  /** Epoch ms. */
  at: count,
  limits: limitsSchema,
  accounts: z.object({ free: count, spacingMs: count, cancelsBeyond: count }),
  actionCost: z.object({ meters: z.array(count), inFlight: z.boolean() }),
  addresses: z.array(addressSchema).max(254),
});
export type EgressStanding = z.output<typeof egressStandingSchema>;

/** The standing of a scheduler. `labels` and `refusals` by address; `epoch` is the time it is told at. */
export function standingOf(
  scheduler: EgressScheduler,
  labels: readonly string[],
  refusals: readonly number[],
  now: number,
  epoch: number,
): EgressStanding {
  const { limits, accounts, actionCost } = scheduler.order;
  return {
    at: Math.floor(epoch),
    limits: { ...limits, meters: limits.meters.map((meter) => ({ ...meter, kept: { ...meter.kept }, most: { ...meter.most } })) },
    accounts: { ...accounts },
    actionCost: { meters: [...actionCost.meters], inFlight: actionCost.inFlight },
    addresses: Array.from({ length: scheduler.ips }, (_, ip) => {
      const budget = scheduler.budget(ip);
      return {
        label: labels[ip] ?? '',
        inFlight: budget.inFlight,
        pausedMs: budget.pausedUntil(now) - now,
        answerMs: budget.answerMs,
        refusals: refusals[ip] ?? 0,
        waiting: { reduction: scheduler.waiting(ip, 'reduction'), control: scheduler.waiting(ip, 'control'), entry: scheduler.waiting(ip, 'entry') },
        meters: budget.usage(now).map(({ name, used, free, spends }) => ({
          name,
          used,
          free,
          spends: spends.map((each) => each.map(([age, amount]): [number, number] => [age, amount])),
        })),
      };
    }),
  };
}

/** A scheduler that stands as told, `ageMs` later. What waited there waits in one flow here. Its time begins an hour in, so that spends of before fit. */
export function schedulerFrom(standing: EgressStanding, ageMs: number): { readonly scheduler: EgressScheduler; readonly now: number } {
  const now = STARTS_AT_MS + Math.max(0, ageMs);
  const scheduler = new EgressScheduler({
    ips: Math.max(1, standing.addresses.length),
    limits: limitsOf(standing),
    accounts: standing.accounts,
    actionCost: standing.actionCost,
  });
  for (const [ip, address] of standing.addresses.entries()) {
    scheduler.budget(ip).restore(address.meters, address.inFlight, address.pausedMs, address.answerMs, STARTS_AT_MS);
    const flow = scheduler.open();
    for (const cls of QUEUED) scheduler.ask(ip, flow, cls, { tokens: { length: 0 }, count: address.waiting[cls] });
  }
  return { scheduler, now };
}

const STARTS_AT_MS = 3_600_000;

function limitsOf({ limits }: EgressStanding): IpLimits {
  const known = (record: Partial<Record<EgressClass, number>>): Partial<Record<EgressClass, number>> => record;
  return { ...limits, meters: limits.meters.map(({ name, perWindow, kept, most }) => ({ name, perWindow, kept: known(kept), most: known(most) })) };
}
