import type { LeaderId } from '@lockstep/kernel';
import type { ScopedUnit } from '@lockstep/storage';
import { egressStandingSchema, forecast, ipsNeeded, schedulerFrom } from '@lockstep/venues/egress';
import { Body, Controller, Get, Inject, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { CountsAs, Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Answers } from '../../http/documented';
import { idField } from '../../http/fields';
import { ProblemException } from '../../http/problem-exception';
import { Reads } from '../../http/reads';
import { networkField, networkNamed, venueField } from '../venue';
import { egressBody, egressForecastSchema, egressSchema, type ForecastAsked, forecastBody, type StandingRow } from './egress-body';

/** Orders of one forecast: more than any wave has. */
const ORDERS_MAX = 100_000;
/** A day: nobody waits longer for a wave. */
const TARGET_MAX_MS = 86_400_000;

class EgressQuery extends createZodDto(z.object({ venue: venueField, network: networkField })) {}
class ForecastDto extends createZodDto(
  z.strictObject({
    venue: venueField,
    network: networkField,
    orders: z.int().min(0).max(ORDERS_MAX).optional().describe('Size of the wave. Give this or `leader_id`.'),
    leader_id: idField('ldr').optional().describe('The wave of one move of this leader: one order for each of its active copies.'),
    reductions: z.int().min(0).max(ORDERS_MAX).optional().describe('Of the orders, those that take risk off; none unless given.'),
    target_ms: z.int().min(1).max(TARGET_MAX_MS).optional().describe('How soon the wave should have its last answer.'),
  }),
) {}

/** What the venue's rate limits let leave, how long a wave would take, and how many addresses a target needs. */
@ApiTags('egress')
@Controller('v1/egress')
export class EgressController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Reads) private readonly reads: Reads,
  ) {}

  @Get()
  @Answers(200, egressSchema)
  @Needs('instruments:read')
  get(@CurrentCall() call: Call, @Query() query: EgressQuery) {
    return this.reads.run(call, async (unit) =>
      egressBody(query.venue, query.network, await standingOf(unit, this.context, query.venue, query.network)),
    );
  }

  @Post('forecast')
  @Answers(200, egressForecastSchema)
  @Needs('copies:read')
  @CountsAs('reads')
  forecast(@CurrentCall() call: Call, @Body() body: ForecastDto) {
    return this.reads.run(call, async (unit) => {
      const row = await standingOf(unit, this.context, body.venue, body.network);
      const orders = await ordersOf(unit, body);
      const reductions = Math.min(orders, body.reductions ?? 0);
      const asked: ForecastAsked = { network: body.network, orders, reductions, targetMs: body.target_ms ?? null };
      return forecastBody(asked, row === null ? null : toldBy(row, asked, this.context.clock.now()));
    });
  }
}

function toldBy({ standing, toldAt }: StandingRow, { orders, reductions, targetMs }: ForecastAsked, at: number) {
  const { scheduler, now } = schedulerFrom(standing, at - standing.at);
  const mix = { reduction: reductions, entry: orders - reductions };
  return { at: toldAt, forecast: forecast(scheduler, mix, now), needed: targetMs === null ? null : ipsNeeded(scheduler, mix, targetMs) };
}

/** What the engine last told of a network of the caller's environment; null where no limits are kept to. */
async function standingOf(unit: ScopedUnit, context: GatewayContext, venue: string, network: string): Promise<StandingRow | null> {
  const named = await networkNamed(unit, context, venue, network);
  if (!named.ok) throw new ProblemException('not_found');
  const row = await unit.markets.egress(venue, named.value);
  if (row === null) return null;
  // One that a newer engine wrote may have another form: nothing is known then.
  const standing = egressStandingSchema.safeParse(row.standing);
  return standing.success ? { standing: standing.data, toldAt: row.toldAt } : null;
}

async function ordersOf(unit: ScopedUnit, body: ForecastDto): Promise<number> {
  if ((body.orders === undefined) === (body.leader_id === undefined))
    throw new ProblemException('invalid_request', { detail: 'Give either `orders` or `leader_id`.' });
  if (body.leader_id === undefined) return body.orders ?? 0;
  const leaderId = body.leader_id as LeaderId;
  if ((await unit.leaders.findOne({ id: leaderId })) === null) throw new ProblemException('not_found');
  return unit.copies.count({ leaderId, state: 'active' });
}
