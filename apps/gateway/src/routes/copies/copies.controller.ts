import { type CopyId, err, type LeaderId, ok, parseMoney, type Result, unwrap, type VenueAccountId } from '@lockstep/kernel';
import { COPIES_PER_VENUE_ACCOUNT_MAX, COPY_STATES, type CopyState } from '@lockstep/roster';
import type { ActivateCopy, ChangeAllocation, CommandKind, CopyRow, ScopedUnit } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { CountsAs, Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery, wholeList } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { amountField, idField, timeCursor } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, type Refusal, refusal } from '../../http/problem-exception';
import { publish, told } from '../../http/publish';
import { beyondQuota } from '../../http/quotas';
import { Reads } from '../../http/reads';
import { rightsToBegin } from '../rights/copy-rights';
import { settingsRefusal, sharingRefusal } from './account-sharing';
import { type CopyBody, copyListSchema, copySchema, presentCopies, settingsJson, settingsVersionBody, settingsVersionListSchema } from './copy-body';
import { changedSettings, DEFAULT_SETTINGS, mergeSettings, settingsDraft } from './settings';
import { STOPPED_FROM, stopBody, stopWish } from './stop-body';

class CreateCopyDto extends createZodDto(
  z.strictObject({
    leader_id: idField('ldr'),
    venue_account_id: idField('vac').describe(
      `The account it trades through. Up to ${COPIES_PER_VENUE_ACCOUNT_MAX} copies of different leaders may share one: each has its own position, the account holds the net.`,
    ),
    allocation: amountField.describe('Money the copy is sized on; ratios, limits and losses are computed on it.'),
    settings: settingsDraft.default({}),
    consent_version: z
      .int()
      .min(1)
      .optional()
      .describe('Version of the leader’s terms the follower consented to; needed where terms are in force (`terms_in_force` of the leader).')
      .meta({ examples: [2] }),
  }),
) {}
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
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Post()
  @Answers(201, copySchema)
  @Needs('copies:write')
  @CountsAs('orders')
  create(@CurrentCall() call: Call, @Body() body: CreateCopyDto) {
    return this.mutations.run(call, 201, async (unit) => {
      const settings = mergeSettings(DEFAULT_SETTINGS, body.settings);
      if (!settings.ok) return settings;
      const leader = await unit.leaders.findOne({ id: body.leader_id as LeaderId });
      const account = await unit.venueAccounts.findOne({ id: body.venue_account_id as VenueAccountId }, { lock: true });
      if (leader === null || account === null) return err(refusal('not_found', leader === null ? 'No such leader.' : 'No such venue account.'));
      if (leader.status === 'closed') return err(refusal('state_conflict', 'The leader is closed.'));
      if (account.status === 'closed' || account.status === 'suspended')
        return err(refusal('state_conflict', `The venue account is ${account.status}.`));
      const consentVersion = body.consent_version ?? null;
      const rights = await rightsToBegin(unit, leader, account.followerId, consentVersion);
      if (rights.refused !== null) return err(rights.refused);
      const conflict = await sharingRefusal(unit, account.id, { leader, settings: settings.value });
      if (conflict !== null) return err(conflict);
      const beyond = await beyondQuota(unit, call, 'active_copies');
      if (beyond !== null) return err(beyond);
      const id = this.context.ids.next('copy');
      const allocation = unwrap(parseMoney(body.allocation), 'the allocation was checked');
      await unit.copies.insert({
        id,
        leaderId: leader.id,
        followerId: account.followerId,
        venueAccountId: account.id,
        allocation,
        state: 'preparing',
        stateReason: null,
        settingsVersion: 1,
        createdAt: unit.now,
        updatedAt: unit.now,
        startedAt: null,
        stoppedAt: null,
        unwindBy: null,
      });
      await unit.copies.addSettings({ copyId: id, version: 1, settings: settings.value, actor: call.key.keyId, effectiveFrom: unit.now });
      if (consentVersion !== null) {
        const consent = { copyId: id, leaderId: leader.id, version: consentVersion };
        await unit.copyConsents.insert({ ...consent, actor: call.key.keyId, consentedAt: unit.now });
      }
      const detail = { leader_id: leader.id, allocation: body.allocation, ...(consentVersion !== null && { consent_version: consentVersion }) };
      await this.mutations.audit(unit, call, 'copy.create', id, detail);
      const needs = [account.id, leader.id, ...(rights.entitlementId === null ? [] : [rights.entitlementId])];
      const made = await this.command(unit, call, id, 'copy.activate', { needs } satisfies ActivateCopy);
      if (consentVersion !== null) {
        const consented = { copy_id: id, leader_id: leader.id, version: consentVersion, actor: call.key.keyId };
        await publish(this.context, unit, told('copy.consented', consented));
      }
      return made;
    });
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
      return this.cursors.body(call.scope, 'copies', query, page, await presentCopies(unit, page.rows));
    });
  }

  @Get(':id')
  @Answers(200, copySchema)
  @Needs('copies:read')
  get(@CurrentCall() call: Call, @Param() path: CopyPath) {
    return this.reads.one(call, (unit) => this.present(unit, path.id as CopyId));
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
  @Needs('copies:write')
  @CountsAs('orders')
  patch(@CurrentCall() call: Call, @Param() path: CopyPath, @Body() body: PatchCopyDto) {
    const id = path.id as CopyId;
    return this.mutations.run(call, 200, async (unit) => {
      const copy = await unit.copies.findOne({ id }, { lock: true });
      if (copy === null) return err(NOT_FOUND);
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
        await this.mutations.audit(unit, call, 'copy.allocation', id, {
          allocation: body.allocation,
          applies: body.allocation_applies ?? 'next_increase',
        });
        await this.mutations.command(unit, {
          kind: 'copy.allocation',
          targetId: id,
          payload: { allocation: allocation.toString(), applies: body.allocation_applies ?? 'next_increase' } satisfies ChangeAllocation,
          actor: call.key.keyId,
        });
      }
      const presented = await this.present(unit, id);
      return presented === null ? err(NOT_FOUND) : ok(presented);
    });
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
    const wish = stopWish(body, this.context.clock.now());
    return this.mutations.run(call, 202, async (unit) =>
      wish.ok ? this.wishIn(unit, call, path.id as CopyId, STOPPED_FROM[body.mode], 'copy.stop', wish.value) : wish,
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
    return this.mutations.run(call, 202, (unit) => this.wishIn(unit, call, id, from, kind, payload));
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
    await this.mutations.audit(unit, call, 'copy.settings', copy.id, { version, changed: changedSettings(base, merged.value) });
    await this.mutations.command(unit, { kind: 'copy.settings', targetId: copy.id, payload: { version }, actor: call.key.keyId });
    return ok(true);
  }

  private async isFlat(unit: ScopedUnit, copy: CopyRow): Promise<boolean> {
    return (await unit.positions.ofCopies(copy.no)).every(({ position, target }) => position === 0n && target === 0n);
  }

  private async command(unit: ScopedUnit, call: Call, id: CopyId, kind: CommandKind, payload: unknown): Promise<Result<CopyBody, Refusal>> {
    await this.mutations.command(unit, { kind, targetId: id, payload, actor: call.key.keyId });
    const presented = await this.present(unit, id);
    return presented === null ? err(NOT_FOUND) : ok(presented);
  }

  private async present(unit: ScopedUnit, id: CopyId): Promise<CopyBody | null> {
    const copy = await unit.copies.findOne({ id });
    return copy === null ? null : (await presentCopies(unit, [copy]))(copy);
  }
}
