import { manifestSchema, WAKEUP_CHANNELS } from '@lockstep/delivery';
import { err, type Id, ok } from '@lockstep/kernel';
import { type ExportParams, type ExportRow, renderExportJob, type ScopedUnit } from '@lockstep/storage';
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
import { NOT_FOUND, ProblemException, refusal } from '../../http/problem-exception';
import { beyondQuota } from '../../http/quotas';
import { Reads } from '../../http/reads';
import { exportBody, exportKindField, exportListSchema, exportSchema, shownKindField } from './export-body';
import { fileAnswer } from './file-answer';

/** Longest stretch of time in one file. */
const RANGE_MAX_MS = 400 * 86_400_000;
/** Files of settlements are reached through their settlement, under its scope. */
const SETTLEMENT_KIND = 'settlement';

class CreateExportDto extends createZodDto(
  z.strictObject({
    kind: exportKindField,
    from: timeField,
    to: timeField.describe('First moment after the last row.'),
  }),
) {}
class ExportPath extends createZodDto(z.object({ id: idField('exp') })) {}
class ExportsQuery extends createZodDto(pageQuery.extend({ kind: shownKindField.optional() })) {}

/** Files made in the background. */
@ApiTags('exports')
@Controller('v1/exports')
export class ExportsController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Post()
  @Answers(202, exportSchema)
  @Needs('exports:write')
  @CountsAs('exports')
  create(@CurrentCall() call: Call, @Body() body: CreateExportDto) {
    const { ids } = this.context;
    return this.mutations.run(call, 202, async (unit) => {
      const params: ExportParams = { fromMs: Date.parse(body.from), toMs: Date.parse(body.to) };
      const length = params.toMs - params.fromMs;
      if (length <= 0 || length > RANGE_MAX_MS) return err(refusal('invalid_request', '`to` lies after `from`, by at most 400 days.'));
      const beyond = await beyondQuota(unit, call, 'export_jobs');
      if (beyond !== null) return err(beyond);
      const id = ids.next('export');
      await unit.exports.begin({ id, kind: body.kind, params });
      await unit.jobs.enqueue(renderExportJob(ids, unit.now, { exportId: id }));
      this.mutations.wake(unit, WAKEUP_CHANNELS.jobs);
      await this.mutations.audit(unit, call, 'export.create', id, body, madeWith({ ...body }));
      const row = await unit.exports.findOne({ id });
      return row === null ? err(NOT_FOUND) : ok(exportBody(row));
    });
  }

  @Get()
  @Answers(200, exportListSchema)
  @Needs('exports:read')
  list(@CurrentCall() call: Call, @Query() query: ExportsQuery) {
    const request = this.cursors.request(call.scope, 'exports', query, timeCursor);
    return this.reads.run(call, async (unit) => {
      const page = await (query.kind === undefined
        ? unit.exports.pageWithout(SETTLEMENT_KIND, request)
        : unit.exports.page(request, { kind: query.kind }));
      return this.cursors.body(call.scope, 'exports', query, page, exportBody);
    });
  }

  @Get(':id')
  @Answers(200, exportSchema)
  @Needs('exports:read')
  get(@CurrentCall() call: Call, @Param() path: ExportPath) {
    return this.reads.one(call, async (unit) => {
      const row = await this.find(unit, path);
      return row === null ? null : exportBody(row);
    });
  }

  @Get(':id/manifest')
  @Answers(200, manifestSchema)
  @Needs('exports:read')
  manifest(@CurrentCall() call: Call, @Param() path: ExportPath) {
    return this.reads.one(call, async (unit) => {
      const row = await this.find(unit, path);
      if (row === null) return null;
      if (row.status !== 'ready') throw new ProblemException('not_ready');
      return manifestSchema.parse(row.manifest);
    });
  }

  @Get(':id/file')
  @AnswersFile()
  @Needs('exports:read')
  @CountsAs('exports')
  file(@CurrentCall() call: Call, @Param() path: ExportPath) {
    return this.reads.one(call, async (unit) => {
      const row = await this.find(unit, path);
      return row === null ? null : fileAnswer(unit, row, call);
    });
  }

  private async find(unit: ScopedUnit, path: ExportPath): Promise<ExportRow | null> {
    const row = await unit.exports.findOne({ id: path.id as Id<'export'> });
    return row === null || row.kind === SETTLEMENT_KIND ? null : row;
  }
}
