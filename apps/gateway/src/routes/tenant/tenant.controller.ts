import { livemode, wireTime } from '@lockstep/delivery';
import { err, formatRate, ok, rate } from '@lockstep/kernel';
import { Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { CountsAs, Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { wholeList } from '../../http/cursors';
import { Answers, AnswersTag } from '../../http/documented';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, ProblemException } from '../../http/problem-exception';
import { Reads } from '../../http/reads';
import { taggedAnswer } from '../../http/tags';
import { commandBody, commandSchema } from '../commands/command-body';
import { networkField, networkNamed, venueField } from '../venue';
import { instrumentListSchema, tenantSchema } from './tenant-body';

class InstrumentsQuery extends createZodDto(z.object({ venue: venueField, network: networkField })) {}
class CommandPath extends createZodDto(z.object({ no: z.string().regex(/^[1-9]\d{0,17}$/) })) {}

/** Who the key belongs to, what can be traded, and what became of a request to the engine. */
@ApiTags('tenant')
@Controller('v1')
export class TenantController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Mutations) private readonly mutations: Mutations,
  ) {}

  @Get('tenant')
  @Answers(200, tenantSchema)
  @AnswersTag()
  @Needs('tenant:read')
  async tenant(@CurrentCall() call: Call) {
    const { tenantId: id } = call.scope;
    const { row, contract } = await this.context.storage.platform(
      async (unit) => ({ row: await unit.tenants.findOne({ id }), contract: await unit.contracts.inForce(id) }),
      { readOnly: true },
    );
    if (row === null) throw new ProblemException('not_found');
    const body = {
      id: row.id,
      livemode: livemode(call.scope.environment),
      name: row.name,
      tier: row.tier,
      time_zone: row.timeZone,
      operator_share: formatRate(rate(contract?.operatorShare ?? 0n)),
      created_at: wireTime(row.createdAt),
    };
    return taggedAnswer(call, body, (whole) => whole);
  }

  @Post('close-all')
  @Answers(202, commandSchema)
  @Needs('copies:write')
  @CountsAs('stops')
  closeAll(@CurrentCall() call: Call) {
    const id = call.scope.tenantId;
    return this.mutations.run(call, 202, async (unit) => {
      const no = await this.mutations.command(unit, { kind: 'tenant.close_all', targetId: id, payload: {}, actor: call.key.keyId });
      await this.mutations.audit(unit, call, 'tenant.close_all', id);
      const row = await unit.commands.findOne({ no });
      return row === null ? err(NOT_FOUND) : ok(commandBody(row));
    });
  }

  @Get('instruments')
  @Answers(200, instrumentListSchema)
  @Needs('instruments:read')
  instruments(@CurrentCall() call: Call, @Query() query: InstrumentsQuery) {
    return this.reads.run(call, async (unit) => {
      const named = await networkNamed(unit, this.context, query.venue, query.network);
      if (!named.ok) throw new ProblemException('not_found');
      const rows = await unit.markets.instruments(query.venue, named.value);
      const data = rows.map((row) => ({
        coin: row.coin,
        dex: row.dex,
        size_decimals: row.szDecimals,
        max_leverage: row.maxLeverage,
        only_isolated: row.onlyIsolated,
        delisted: row.delisted,
        collateral: row.collateral,
      }));
      return wholeList(data);
    });
  }

  @Get('commands/:no')
  @Answers(200, commandSchema)
  @Needs('copies:read')
  command(@CurrentCall() call: Call, @Param() path: CommandPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.commands.findOne({ no: BigInt(path.no) });
      return row === null ? null : commandBody(row);
    });
  }
}
