import { type CopyId, err, ok, parseMoney, present, type Result, unwrap } from '@lockstep/kernel';
import { COPY_STATES, type CopyState } from '@lockstep/roster';
import type { ChangeAllocation, CommandKind, CopyRow, ScopedUnit } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { CountsAs, Needs } from '../../auth/access';
import { changedFields } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery, wholeList } from '../../http/cursors';
import { Answers, AnswersTag, TakesTag } from '../../http/documented';
import { amountField, idField, moneyText, timeCursor } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, type Refusal, refusal } from '../../http/problem-exception';
import { ReadTogether } from '../../http/read-together';
import { Reads } from '../../http/reads';
import { staleRefusal } from '../../http/tags';
import { settingsRefusal } from './account-sharing';
import {
  type CopyBody,
  copyListSchema,
  copyRevision,
  copySchema,
  presentCopies,
  presentCopy,
  settingsJson,
  settingsVersionBody,
  settingsVersionListSchema,
} from './copy-body';
import { makeCopies, newCopy, readCopy } from './make-copies';
import { changedSettings, mergeSettings, settingsDraft } from './settings';
import { STOPPED_FROM, stopBody, stopWish } from './stop-body';

class CreateCopyDto extends createZodDto(newCopy) {}
/** When a new allocation acts on what the copy holds. */
const allocationApplies = z
  .enum(['next_increase', 'now'])
  .describe(
    '`next_increase` (default): nothing is traded because of it, the leader’s next increase is sized with it. `now`: less reduces every position by the share the copy’s equity loses; more makes targets what the mode asks for, as a re-basis does.',
  );
class PatchCopyDto extends createZodDto(
  z.strictObject({ settings: settingsDraft.optional(), allocation: amountField.optional(), allocation_applies: allocationApplies.optional() }),
) {}
/** A copy in these states takes no new terms any more. */
const ENDS: ReadonlySet<string> = new Set<CopyState>(['stopping', 'handing_over', 'stopped']);

class StopCopyDto extends createZodDto(stopBody) {}
class CopyPath extends createZodDto(z.object({ id: idField('cpy') })) {}
class CopiesQuery extends createZodDto(
  pageQuery.extend({ leader_id: idField('ldr').optional(), follower_id: idField('flw').optional(), state: z.enum(COPY_STATES).optional() }),
) {}

/** Follower × leader, with an allocation and versioned settings. What is asked for here is desired state: `command` shows what the engine made of it. */
@ApiTags('copies')
@Controller('v1/copies')
export class CopiesController {
  private readonly copies: ReadTogether<CopyBody>;

  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {
    this.copies = new ReadTogether(context.storage, (unit, ids) => presentCopies(unit, ids));
  }

  @Post()
  @Answers(201, copySchema)
  @Needs('copies:write')
  @CountsAs('orders')
  create(@CurrentCall() call: Call, @Body() body: CreateCopyDto) {
    const { context, mutations } = this;
    return mutations.run(
      call,
      201,
      async (unit) => {
        const asked = readCopy(body);
        if (!asked.ok) return asked;
        const [made] = await makeCopies({ context, mutations }, unit, call, [asked.value]);
        const result = present(made, 'the one draft');
        return result.ok ? this.presented(unit, result.value) : result;
      },
      copyRevision,
    );
  }

  @Get()
  @Answers(200, copyListSchema)
  @Needs('copies:read')
  list(@CurrentCall() call: Call, @Query() query: CopiesQuery) {
    const request = this.cursors.request(call.scope, 'copies', query, timeCursor);
    return this.reads.run(call, async (unit) => {
      const page = await unit.copies.page(request, {
        ...(query.leader_id === undefined ? {} : { leaderId: query.leader_id }),
        ...(query.follower_id === undefined ? {} : { followerId: query.follower_id }),
        ...(query.state === undefined ? {} : { state: query.state }),
      });
      const bodies = await presentCopies(
        unit,
        page.rows.map(({ id }) => id),
      );
      return this.cursors.body(call.scope, 'copies', query, page, ({ id }) => present(bodies.get(id), 'a copy of the page'));
    });
  }

  @Get(':id')
  @Answers(200, copySchema)
  @AnswersTag()
  @Needs('copies:read')
  get(@CurrentCall() call: Call, @Param() path: CopyPath) {
    return this.reads.taggedOf(call, copyRevision, this.copies, path.id);
  }

  @Get(':id/settings')
  @Answers(200, settingsVersionListSchema)
  @Needs('copies:read')
  history(@CurrentCall() call: Call, @Param() path: CopyPath) {
    return this.reads.one(call, async (unit) => {
      const copy = await unit.copies.findOne({ id: path.id as CopyId });
      if (copy === null) return null;
      return wholeList((await unit.copies.settingsHistory(copy.id)).map(settingsVersionBody));
    });
  }

  @Patch(':id')
  @Answers(200, copySchema)
  @TakesTag()
  @Needs('copies:write')
  @CountsAs('orders')
  patch(@CurrentCall() call: Call, @Param() path: CopyPath, @Body() body: PatchCopyDto) {
    const id = path.id as CopyId;
    return this.mutations.run(
      call,
      200,
      async (unit) => {
        const copy = await unit.copies.findOne({ id }, { lock: true });
        if (copy === null) return err(NOT_FOUND);
        const stale = await staleRefusal(call, async () => present(await presentCopy(unit, id), 'a copy that is held'), copyRevision);
        if (stale !== null) return err(stale);
        if (ENDS.has(copy.state)) return err(refusal('state_conflict', `The copy is ${copy.state}.`));
        if (body.allocation === undefined && body.allocation_applies !== undefined)
          return err(refusal('invalid_request', '`allocation_applies` belongs to `allocation`.'));
        if (body.settings !== undefined) {
          const written = await this.newVersion(unit, call, copy, body.settings);
          if (!written.ok) return written;
        }
        if (body.allocation !== undefined) {
          const allocation = unwrap(parseMoney(body.allocation), 'the allocation was checked');
          await unit.copies.update({ id }, { allocation, updatedAt: unit.now });
          const asked = { allocation: body.allocation, applies: body.allocation_applies ?? 'next_increase' };
          const changed = changedFields({ allocation: moneyText(copy.allocation) }, { allocation: moneyText(allocation) });
          await this.mutations.audit(unit, call, 'copy.allocation', id, asked, changed);
          await this.mutations.command(unit, {
            kind: 'copy.allocation',
            targetId: id,
            payload: { allocation: allocation.toString(), applies: body.allocation_applies ?? 'next_increase' } satisfies ChangeAllocation,
            actor: call.key.keyId,
          });
        }
        return this.presented(unit, id);
      },
      copyRevision,
    );
  }

  @Post(':id/pause')
  @Answers(202, copySchema)
  @Needs('copies:write')
  @CountsAs('stops')
  pause(@CurrentCall() call: Call, @Param() path: CopyPath) {
    return this.wish(call, path.id as CopyId, ['active'], 'copy.pause');
  }

  @Post(':id/resume')
  @Answers(202, copySchema)
  @Needs('copies:write')
  @CountsAs('orders')
  resume(@CurrentCall() call: Call, @Param() path: CopyPath) {
    return this.wish(call, path.id as CopyId, ['paused'], 'copy.resume');
  }

  @Post(':id/stop')
  @Answers(202, copySchema)
  @Needs('copies:write')
  @CountsAs('stops')
  stop(@CurrentCall() call: Call, @Param() path: CopyPath, @Body() body: StopCopyDto) {
    return this.mutations.run(
      call,
      202,
      async (unit) => {
        const wish = stopWish(body, await unit.sandboxes.businessNow());
        return wish.ok ? this.wishIn(unit, call, path.id as CopyId, STOPPED_FROM[body.mode], 'copy.stop', wish.value) : wish;
      },
      copyRevision,
    );
  }

  @Post(':id/rebase')
  @Answers(202, copySchema)
  @Needs('copies:write')
  @CountsAs('orders')
  rebase(@CurrentCall() call: Call, @Param() path: CopyPath) {
    return this.wish(call, path.id as CopyId, ['active'], 'copy.rebase');
  }

  @Post(':id/re-enable')
  @Answers(202, copySchema)
  @Needs('copies:write')
  @CountsAs('orders')
  reEnable(@CurrentCall() call: Call, @Param() path: CopyPath) {
    return this.wish(call, path.id as CopyId, ['breaker_closed'], 'copy.re_enable');
  }

  private wish(call: Call, id: CopyId, from: readonly CopyState[], kind: CommandKind, payload: unknown = {}) {
    return this.mutations.run(call, 202, (unit) => this.wishIn(unit, call, id, from, kind, payload), copyRevision);
  }

  private async wishIn(
    unit: ScopedUnit,
    call: Call,
    id: CopyId,
    from: readonly CopyState[],
    kind: CommandKind,
    payload: unknown,
  ): Promise<Result<CopyBody, Refusal>> {
    const copy = await unit.copies.findOne({ id }, { lock: true });
    if (copy === null) return err(NOT_FOUND);
    if (!from.some((state) => state === copy.state)) return err(refusal('state_conflict', `The copy is ${copy.state}.`));
    await this.mutations.audit(unit, call, kind, id, payload);
    return this.command(unit, call, id, kind, payload);
  }

  private async newVersion(unit: ScopedUnit, call: Call, copy: CopyRow, draft: z.output<typeof settingsDraft>): Promise<Result<true, Refusal>> {
    const current = await unit.copies.settings(copy.id, copy.settingsVersion);
    const base = settingsJson(current?.settings);
    const merged = mergeSettings(base, draft);
    if (!merged.ok) return merged;
    const conflict = await settingsRefusal(unit, copy, merged.value);
    if (conflict !== null) return err(conflict);
    if (merged.value.direction !== base.direction && !(await this.isFlat(unit, copy)))
      return err(refusal('state_conflict', 'The direction can change only while the copy is flat.'));
    const version = copy.settingsVersion + 1;
    await unit.copies.addSettings({ copyId: copy.id, version, settings: merged.value, actor: call.key.keyId, effectiveFrom: unit.now });
    await unit.copies.update({ id: copy.id }, { settingsVersion: version, updatedAt: unit.now });
    await this.mutations.audit(
      unit,
      call,
      'copy.settings',
      copy.id,
      { version, changed: changedSettings(base, merged.value) },
      changedFields(base, merged.value),
    );
    await this.mutations.command(unit, { kind: 'copy.settings', targetId: copy.id, payload: { version }, actor: call.key.keyId });
    return ok(true);
  }

  private async isFlat(unit: ScopedUnit, copy: CopyRow): Promise<boolean> {
    return (await unit.positions.ofCopies(copy.no)).every(({ position, target }) => position === 0n && target === 0n);
  }

  private async command(unit: ScopedUnit, call: Call, id: CopyId, kind: CommandKind, payload: unknown): Promise<Result<CopyBody, Refusal>> {
    await this.mutations.command(unit, { kind, targetId: id, payload, actor: call.key.keyId });
    return this.presented(unit, id);
  }

  private async presented(unit: ScopedUnit, id: CopyId): Promise<Result<CopyBody, Refusal>> {
    const body = await presentCopy(unit, id);
    return body === null ? err(NOT_FOUND) : ok(body);
  }
}
