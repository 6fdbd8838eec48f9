import { err, type LeaderId, ok, type Result } from '@lockstep/kernel';
import { LEADER_ACCESS } from '@lockstep/roster';
import type { ScopedUnit } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { CountsAs, Needs } from '../../auth/access';
import { changedFields, madeWith } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery } from '../../http/cursors';
import { Answers, AnswersTag, TakesTag } from '../../http/documented';
import { addressField, idField, nameField, timeCursor } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, type Refusal, refusal } from '../../http/problem-exception';
import { publish, told } from '../../http/publish';
import { beyondQuota } from '../../http/quotas';
import { Reads } from '../../http/reads';
import { staleRefusal } from '../../http/tags';
import { networkField, networkNamed, venueField } from '../venue';
import { type LeaderBody, leaderListSchema, leaderRevision, leaderSchema, presentLeaders } from './leader-body';

const accessField = z
  .enum(LEADER_ACCESS)
  .describe('Who may copy it. `granted`: followers with an entitlement alone; copies of others take no new risk, what reduces risk goes on.')
  .meta({ examples: ['granted'] });

class CreateLeaderDto extends createZodDto(
  z.strictObject({
    name: nameField,
    venue: venueField,
    network: networkField,
    address: addressField.describe('The account to follow. Any public account; nobody is told.'),
    terms: z.record(z.string().max(60), z.unknown()).default({}),
    access: accessField.default('everyone'),
  }),
) {}
class PatchLeaderDto extends createZodDto(
  z.strictObject({
    name: nameField.optional(),
    status: z.enum(['active', 'paused']).optional().describe('Copies of a paused leader take no new risk; what reduces risk goes on.'),
    access: accessField.optional(),
  }),
) {}
class LeaderPath extends createZodDto(z.object({ id: idField('ldr') })) {}
class LeadersQuery extends createZodDto(pageQuery.extend({ status: z.enum(['active', 'paused', 'closed']).optional() })) {}

/** A tenant's strategies over watched accounts. */
@ApiTags('leaders')
@Controller('v1/leaders')
export class LeadersController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Post()
  @Answers(201, leaderSchema)
  @Needs('leaders:write')
  create(@CurrentCall() call: Call, @Body() body: CreateLeaderDto) {
    return this.mutations.run(
      call,
      201,
      async (unit) => {
        const network = await networkNamed(unit, this.context, body.venue, body.network);
        if (!network.ok) return network;
        const beyond = await beyondQuota(unit, call, 'leaders');
        if (beyond !== null) return err(beyond);
        const watched = await unit.inbox.watch(body.venue, network.value, body.address);
        const id = this.context.ids.next('leader');
        const times = { createdAt: unit.now, updatedAt: unit.now };
        await unit.leaders.insert({ id, watchedNo: watched.no, name: body.name, terms: body.terms, status: 'active', access: body.access, ...times });
        await this.mutations.command(unit, { kind: 'leader.watch', targetId: id, payload: {}, actor: call.key.keyId });
        const { terms: _own, ...made } = body;
        await this.mutations.audit(unit, call, 'leader.create', id, {}, madeWith({ ...made, status: 'active' }));
        return this.presented(unit, id);
      },
      leaderRevision,
    );
  }

  @Get()
  @Answers(200, leaderListSchema)
  @Needs('leaders:read')
  list(@CurrentCall() call: Call, @Query() query: LeadersQuery) {
    const request = this.cursors.request(call.scope, 'leaders', query, timeCursor);
    return this.reads.run(call, async (unit) => {
      const page = await unit.leaders.page(request, query.status === undefined ? {} : { status: query.status });
      return this.cursors.body(call.scope, 'leaders', query, page, await presentLeaders(unit, page.rows));
    });
  }

  @Get(':id')
  @Answers(200, leaderSchema)
  @AnswersTag()
  @Needs('leaders:read')
  get(@CurrentCall() call: Call, @Param() path: LeaderPath) {
    return this.reads.tagged(call, leaderRevision, (unit) => this.find(unit, path.id as LeaderId));
  }

  @Patch(':id')
  @Answers(200, leaderSchema)
  @TakesTag()
  @Needs('leaders:write')
  @CountsAs('orders')
  patch(@CurrentCall() call: Call, @Param() path: LeaderPath, @Body() body: PatchLeaderDto) {
    const id = path.id as LeaderId;
    return this.mutations.run(
      call,
      200,
      async (unit) => {
        const row = await unit.leaders.findOne({ id }, { lock: true });
        if (row === null) return err(NOT_FOUND);
        const stale = await staleRefusal(call, async () => (await presentLeaders(unit, [row]))(row), leaderRevision);
        if (stale !== null) return err(stale);
        if (row.status === 'closed') return err(refusal('state_conflict', 'A closed leader stays closed.'));
        const change = { name: body.name ?? row.name, status: body.status ?? row.status, access: body.access ?? row.access, updatedAt: unit.now };
        await unit.leaders.update({ id }, change);
        if (change.status !== row.status) {
          const kind = change.status === 'paused' ? 'leader.pause' : 'leader.resume';
          await this.mutations.command(unit, { kind, targetId: id, payload: {}, actor: call.key.keyId });
        }
        if (change.access !== row.access) {
          const kind = change.access === 'granted' ? 'leader.restrict' : 'leader.open';
          await this.mutations.command(unit, { kind, targetId: id, payload: {}, actor: call.key.keyId });
        }
        const { name, status, access } = row;
        const changed = changedFields({ name, status, access }, { name: change.name, status: change.status, access: change.access });
        await this.mutations.audit(unit, call, 'leader.update', id, body, changed);
        if (change.access !== access) {
          await publish(this.context, unit, told('leader.access_changed', { leader_id: id, access: change.access, actor: call.key.keyId }));
        }
        return this.presented(unit, id);
      },
      leaderRevision,
    );
  }

  @Post(':id/close')
  @Answers(202, leaderSchema)
  @Needs('leaders:write')
  @CountsAs('stops')
  close(@CurrentCall() call: Call, @Param() path: LeaderPath) {
    const id = path.id as LeaderId;
    return this.mutations.run(
      call,
      202,
      async (unit) => {
        const row = await unit.leaders.findOne({ id }, { lock: true });
        if (row === null) return err(NOT_FOUND);
        if (row.status === 'closed') return err(refusal('state_conflict', 'It is closed already.'));
        await unit.leaders.update({ id }, { status: 'closed', updatedAt: unit.now });
        await this.mutations.command(unit, { kind: 'leader.close', targetId: id, payload: {}, actor: call.key.keyId });
        await this.mutations.audit(unit, call, 'leader.close', id, {}, changedFields({ status: row.status }, { status: 'closed' }));
        return this.presented(unit, id);
      },
      leaderRevision,
    );
  }

  @Post(':id/close-all')
  @Answers(202, leaderSchema)
  @Needs('copies:write')
  @CountsAs('stops')
  closeAll(@CurrentCall() call: Call, @Param() path: LeaderPath) {
    const id = path.id as LeaderId;
    return this.mutations.run(
      call,
      202,
      async (unit) => {
        if ((await unit.leaders.findOne({ id })) === null) return err(NOT_FOUND);
        await this.mutations.command(unit, { kind: 'leader.close_all', targetId: id, payload: {}, actor: call.key.keyId });
        await this.mutations.audit(unit, call, 'leader.close_all', id);
        return this.presented(unit, id);
      },
      leaderRevision,
    );
  }

  private async find(unit: ScopedUnit, id: LeaderId): Promise<LeaderBody | null> {
    const row = await unit.leaders.findOne({ id });
    return row === null ? null : (await presentLeaders(unit, [row]))(row);
  }

  private async presented(unit: ScopedUnit, id: LeaderId): Promise<Result<LeaderBody, Refusal>> {
    const body = await this.find(unit, id);
    return body === null ? err(NOT_FOUND) : ok(body);
  }
}
