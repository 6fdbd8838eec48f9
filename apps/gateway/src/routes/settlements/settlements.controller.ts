import { manifestSchema, WAKEUP_CHANNELS } from '@lockstep/delivery';
import { err, type Id, ok } from '@lockstep/kernel';
import { closePeriodJob, type MarkPeriodError, markPeriod } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { CountsAs, Needs } from '../../auth/access';
import { madeWith } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery } from '../../http/cursors';
import { Answers, AnswersFile } from '../../http/documented';
import { idField, timeCursor, timeField } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { ProblemException, refusal } from '../../http/problem-exception';
import { Reads } from '../../http/reads';
import { fileAnswer } from '../exports/file-answer';
import { settlementBody, settlementListSchema, settlementSchema } from './settlement-body';

class ClosePeriodDto extends createZodDto(
  z.strictObject({ from: timeField, to: timeField.describe('First moment after the period; it must have passed.') }),
) {}
class SettlementPath extends createZodDto(z.object({ id: idField('stl') })) {}
class SettlementsQuery extends createZodDto(pageQuery) {}

const WHY: Readonly<Record<MarkPeriodError, string>> = {
  period_empty: 'The period is empty.',
  period_not_over: 'The period is not over.',
  period_overlaps: 'The period overlaps one that is settled.',
  period_gap: 'The period must begin where the last one ended.',
  earlier_period_open: 'The period before is still being closed.',
  id_in_use: 'Try again.',
};

/** Settlements: a period closes once, its file comes from the ledger alone, and the same file is given for ever. */
@ApiTags('settlements')
@Controller('v1/settlements')
export class SettlementsController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Post()
  @Answers(202, settlementSchema)
  @Needs('settlements:write')
  @CountsAs('exports')
  close(@CurrentCall() call: Call, @Body() body: ClosePeriodDto) {
    const { ids } = this.context;
    return this.mutations.run(call, 202, async (unit) => {
      const wanted = {
        settlementId: ids.next('settlement'),
        exportId: ids.next('export'),
        periodStartMs: Date.parse(body.from),
        periodEndMs: Date.parse(body.to),
      };
      const marked = await markPeriod(unit, wanted);
      if (!marked.ok) return err(refusal('period_conflict', WHY[marked.error]));
      const row = marked.value;
      if (row.id === wanted.settlementId) {
        await unit.jobs.enqueue(closePeriodJob(ids, unit.now, wanted));
        this.mutations.wake(unit, WAKEUP_CHANNELS.jobs);
        await this.mutations.audit(
          unit,
          call,
          'settlement.close',
          row.id,
          { from: body.from, to: body.to },
          madeWith({ from: body.from, to: body.to }),
        );
      }
      return ok(settlementBody(row));
    });
  }

  @Get()
  @Answers(200, settlementListSchema)
  @Needs('settlements:read')
  list(@CurrentCall() call: Call, @Query() query: SettlementsQuery) {
    const request = this.cursors.request(call.scope, 'settlements', query, timeCursor);
    return this.reads.run(call, async (unit) =>
      this.cursors.body(call.scope, 'settlements', query, await unit.settlements.page(request), settlementBody),
    );
  }

  @Get(':id')
  @Answers(200, settlementSchema)
  @Needs('settlements:read')
  get(@CurrentCall() call: Call, @Param() path: SettlementPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.settlements.findOne({ id: path.id as Id<'settlement'> });
      return row === null ? null : settlementBody(row);
    });
  }

  @Get(':id/manifest')
  @Answers(200, manifestSchema)
  @Needs('settlements:read')
  manifest(@CurrentCall() call: Call, @Param() path: SettlementPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.settlements.findOne({ id: path.id as Id<'settlement'> });
      if (row === null) return null;
      if (row.status !== 'closed') throw new ProblemException('not_ready');
      return manifestSchema.parse(row.manifest);
    });
  }

  @Get(':id/file')
  @AnswersFile()
  @Needs('settlements:read')
  @CountsAs('exports')
  file(@CurrentCall() call: Call, @Param() path: SettlementPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.settlements.findOne({ id: path.id as Id<'settlement'> });
      if (row === null) return null;
      const file = row.exportId === null ? null : await unit.exports.findOne({ id: row.exportId });
      if (row.status !== 'closed' || file === null) throw new ProblemException('not_ready');
      return fileAnswer(unit, file, call);
    });
  }
}
