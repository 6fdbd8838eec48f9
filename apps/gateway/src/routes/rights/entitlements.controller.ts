import { err, type FollowerId, type Id, type LeaderId, ok, type Result } from '@lockstep/kernel';
import { entitledUntil } from '@lockstep/roster';
import type { CommandKind, EntitlementRow, ScopedUnit } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { CountsAs, Needs } from '../../auth/access';
import { type AuditChange, changedFields, madeWith } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { idField, timeCursor, timeField, timeOrNull } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, type Refusal, refusal } from '../../http/problem-exception';
import { publish, told } from '../../http/publish';
import { Reads } from '../../http/reads';
import { type EntitlementBody, entitlementListSchema, entitlementSchema, presentEntitlements } from './entitlement-body';

class GrantEntitlementDto extends createZodDto(
  z.strictObject({
    leader_id: idField('ldr'),
    follower_id: idField('flw'),
    until: timeField
      .nullable()
      .default(null)
      .describe('It ends with this moment: nothing is entered at it or after; exits go on. Null: it has no end.')
      .meta({ examples: ['2026-12-31T00:00:00.000Z'] }),
  }),
) {}
class EntitlementPath extends createZodDto(z.object({ id: idField('ent') })) {}
class EntitlementsQuery extends createZodDto(pageQuery.extend({ leader_id: idField('ldr').optional(), follower_id: idField('flw').optional() })) {}

/** Which followers may copy leaders whose `access` is `granted`. Of a leader and a follower there is one. */
@ApiTags('entitlements')
@Controller('v1/entitlements')
export class EntitlementsController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Post()
  @Answers(201, entitlementSchema)
  @Needs('entitlements:write')
  grant(@CurrentCall() call: Call, @Body() body: GrantEntitlementDto) {
    const [leaderId, followerId] = [body.leader_id as LeaderId, body.follower_id as FollowerId];
    const until = body.until === null ? null : Date.parse(body.until);
    return this.mutations.run(call, 201, async (unit) => {
      if (until !== null && until <= (await unit.sandboxes.businessNow())) return err(refusal('invalid_request', '`until` is in the past.'));
      const [leader, follower] = [await unit.leaders.findOne({ id: leaderId }), await unit.followers.findOne({ id: followerId })];
      if (leader === null || follower === null) return err(refusal('not_found', leader === null ? 'No such leader.' : 'No such follower.'));
      if (leader.status === 'closed') return err(refusal('state_conflict', 'The leader is closed.'));
      const before = await unit.entitlements.hold(leaderId, followerId);
      const change = { until, revokedAt: null, actor: call.key.keyId, updatedAt: unit.now };
      const id = before?.id ?? this.context.ids.next('entitlement');
      if (before === null) await unit.entitlements.insert({ id, leaderId, followerId, ...change, createdAt: unit.now });
      else await unit.entitlements.update({ id }, change);
      return this.changed(unit, call, id, kindOf(before, until), before);
    });
  }

  @Get()
  @Answers(200, entitlementListSchema)
  @Needs('entitlements:read')
  list(@CurrentCall() call: Call, @Query() query: EntitlementsQuery) {
    const request = this.cursors.request(call.scope, 'entitlements', query, timeCursor);
    return this.reads.run(call, async (unit) => {
      const page = await unit.entitlements.page(request, {
        ...(query.leader_id === undefined ? {} : { leaderId: query.leader_id }),
        ...(query.follower_id === undefined ? {} : { followerId: query.follower_id }),
      });
      return this.cursors.body(call.scope, 'entitlements', query, page, await presentEntitlements(unit, page.rows));
    });
  }

  @Get(':id')
  @Answers(200, entitlementSchema)
  @Needs('entitlements:read')
  get(@CurrentCall() call: Call, @Param() path: EntitlementPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.entitlements.findOne({ id: path.id as Id<'entitlement'> });
      return row === null ? null : (await presentEntitlements(unit, [row]))(row);
    });
  }

  @Post(':id/revoke')
  @Answers(200, entitlementSchema)
  @Needs('entitlements:write')
  @CountsAs('stops')
  revoke(@CurrentCall() call: Call, @Param() path: EntitlementPath) {
    const id = path.id as Id<'entitlement'>;
    return this.mutations.run(call, 200, async (unit) => {
      const row = await unit.entitlements.findOne({ id }, { lock: true });
      if (row === null) return err(NOT_FOUND);
      if (row.revokedAt !== null) return err(refusal('state_conflict', 'It is revoked already.'));
      await unit.entitlements.update({ id }, { revokedAt: unit.now, actor: call.key.keyId, updatedAt: unit.now });
      return this.changed(unit, call, id, 'entitlement.revoke', row);
    });
  }

  private async changed(
    unit: ScopedUnit,
    call: Call,
    id: Id<'entitlement'>,
    kind: CommandKind,
    before: EntitlementRow | null,
  ): Promise<Result<EntitlementBody, Refusal>> {
    const row = await unit.entitlements.findOne({ id });
    if (row === null) return err(NOT_FOUND);
    const { leaderId, followerId, until, revokedAt, actor } = row;
    await this.mutations.command(unit, { kind, targetId: id, payload: {}, actor });
    const detail = { leader_id: leaderId, follower_id: followerId, until: timeOrNull(until) };
    await this.mutations.audit(
      unit,
      call,
      revokedAt === null ? 'entitlement.grant' : 'entitlement.revoke',
      id,
      detail,
      entitlementChange(before, row),
    );
    const status = revokedAt === null ? ('granted' as const) : ('revoked' as const);
    await publish(this.context, unit, told('entitlement.changed', { entitlement_id: id, ...detail, status, actor }));
    return ok((await presentEntitlements(unit, [row]))(row));
  }
}

const standing = ({ until, revokedAt }: EntitlementRow) => ({ until: timeOrNull(until), revoked_at: timeOrNull(revokedAt) });
const entitlementChange = (before: EntitlementRow | null, after: EntitlementRow): AuditChange =>
  before === null ? madeWith(standing(after)) : changedFields(standing(before), standing(after));

/** A grant that ends sooner than what stood is met as a stop is. */
const kindOf = (before: EntitlementRow | null, until: number | null): CommandKind =>
  entitledUntil('granted', before) > entitledUntil('granted', { until, revokedAt: null }) ? 'entitlement.shorten' : 'entitlement.grant';
