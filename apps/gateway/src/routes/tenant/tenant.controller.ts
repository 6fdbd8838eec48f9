import { livemode, wireTime } from '@lockstep/delivery';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { ProblemException } from '../../http/problem-exception';
import { Reads } from '../../http/reads';
import { commandBody } from '../copies/copies.controller';
import { networkField, networkRefusal, venueField } from '../venue';

class InstrumentsQuery extends createZodDto(z.object({ venue: venueField, network: networkField })) {}
class CommandPath extends createZodDto(z.object({ no: z.string().regex(/^[1-9]\d{0,17}$/) })) {}

/** Who the key belongs to, what can be traded, and what became of a request to the engine. */
@ApiTags('tenant')
@Controller('v1')
export class TenantController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Reads) private readonly reads: Reads,
  ) {}

  @Get('tenant')
  @Needs('tenant:read')
  async tenant(@CurrentCall() call: Call) {
    const row = await this.context.storage.platform((unit) => unit.tenants.findOne({ id: call.scope.tenantId }), { readOnly: true });
    if (row === null) throw new ProblemException('not_found');
    return {
      id: row.id,
      livemode: livemode(call.scope.environment),
      name: row.name,
      branding: row.branding,
      tier: row.tier,
      time_zone: row.timeZone,
      created_at: wireTime(row.createdAt),
    };
  }

  @Get('instruments')
  @Needs('instruments:read')
  instruments(@CurrentCall() call: Call, @Query() query: InstrumentsQuery) {
    return this.reads.run(call, async (unit) => {
      if ((await networkRefusal(unit, call.scope.environment, query.venue, query.network)) !== null) throw new ProblemException('not_found');
      const rows = await unit.markets.instruments(query.venue, query.network);
      const data = rows.map((row) => ({
        coin: row.coin,
        dex: row.dex,
        size_decimals: row.szDecimals,
        max_leverage: row.maxLeverage,
        only_isolated: row.onlyIsolated,
        delisted: row.delisted,
        collateral: row.collateral,
      }));
      return { data, next_cursor: null, has_more: false };
    });
  }

  @Get('commands/:no')
  @Needs('copies:read')
  command(@CurrentCall() call: Call, @Param() path: CommandPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.commands.findOne({ no: BigInt(path.no) });
      return row === null ? null : commandBody(row);
    });
  }
}
