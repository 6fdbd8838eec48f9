import { livemode, wireTime } from '@lockstep/delivery';
import { err, type LeaderId, ok } from '@lockstep/kernel';
import type { LeaderRow, WatchedAccountRow } from '@lockstep/storage';
import { Body, Controller, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery } from '../../http/cursors';
import { addressField, idField, nameField, timeCursor } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, refusal } from '../../http/problem-exception';
import { beyondQuota } from '../../http/quotas';
import { Reads } from '../../http/reads';
import { networkField, networkRefusal, venueField } from '../venue';

class CreateLeaderDto extends createZodDto(
  z.strictObject({
    name: nameField,
    venue: venueField,
    network: networkField,
    address: addressField.describe('The account to follow. Any public account; nobody is told.'),
    terms: z.record(z.string().max(60), z.json()).default({}),
  }),
) {}
class PatchLeaderDto extends createZodDto(z.strictObject({ name: nameField.optional(), status: z.enum(['active', 'paused']).optional() })) {}
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
  @HttpCode(201)
  @Needs('leaders:write')
  create(@CurrentCall() call: Call, @Body() body: CreateLeaderDto) {
    return this.mutations.run(call, 201, async (unit) => {
      const refused = await networkRefusal(unit, call.scope.environment, body.venue, body.network);
      if (refused !== null) return err(refused);
      const open = (await unit.leaders.count({})) - (await unit.leaders.count({ status: 'closed' }));
      const beyond = beyondQuota(call, 'leaders', open);
      if (beyond !== null) return err(beyond);
      const watched = await unit.inbox.watch(body.venue, body.network, body.address);
      const id = this.context.ids.next('leader');
      const times = { createdAt: unit.now, updatedAt: unit.now };
      await unit.leaders.insert({ id, watchedNo: watched.no, name: body.name, terms: body.terms, status: 'active', ...times });
      await this.mutations.command(unit, { kind: 'leader.watch', targetId: id, payload: {}, actor: call.key.keyId });
      await this.mutations.audit(unit, call, 'leader.create', id);
      const row = await unit.leaders.findOne({ id });
      return row === null ? err(NOT_FOUND) : ok(leaderBody(row, watched));
    });
  }

  @Get()
  @Needs('leaders:read')
  list(@CurrentCall() call: Call, @Query() query: LeadersQuery) {
    const request = this.cursors.request(call.scope, 'leaders', query, timeCursor);
    return this.reads.run(call, async (unit) => {
      const page = await unit.leaders.page(request, query.status === undefined ? {} : { status: query.status });
      const watched = await unit.inbox.watched();
      const byNo = new Map(watched.map((account) => [account.no, account]));
      return this.cursors.body(call.scope, 'leaders', query, page, (row) => leaderBody(row, byNo.get(row.watchedNo) ?? null));
    });
  }

  @Get(':id')
  @Needs('leaders:read')
  get(@CurrentCall() call: Call, @Param() path: LeaderPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.leaders.findOne({ id: path.id as LeaderId });
      if (row === null) return null;
      const watched = await unit.inbox.watched();
      return leaderBody(row, watched.find((account) => account.no === row.watchedNo) ?? null);
    });
  }

  @Patch(':id')
  @Needs('leaders:write')
  patch(@CurrentCall() call: Call, @Param() path: LeaderPath, @Body() body: PatchLeaderDto) {
    const id = path.id as LeaderId;
    return this.mutations.run(call, 200, async (unit) => {
      const row = await unit.leaders.findOne({ id }, { lock: true });
      if (row === null) return err(NOT_FOUND);
      if (row.status === 'closed') return err(refusal('state_conflict', 'A closed leader stays closed.'));
      const change = { name: body.name ?? row.name, status: body.status ?? row.status, updatedAt: unit.now };
      await unit.leaders.update({ id }, change);
      await this.mutations.audit(unit, call, 'leader.update', id, body);
      return ok(leaderBody({ ...row, ...change }, null));
    });
  }

  @Post(':id/close')
  @HttpCode(202)
  @Needs('leaders:write')
  close(@CurrentCall() call: Call, @Param() path: LeaderPath) {
    const id = path.id as LeaderId;
    return this.mutations.run(call, 202, async (unit) => {
      const row = await unit.leaders.findOne({ id }, { lock: true });
      if (row === null) return err(NOT_FOUND);
      if (row.status === 'closed') return err(refusal('state_conflict', 'It is closed already.'));
      await unit.leaders.update({ id }, { status: 'closed', updatedAt: unit.now });
      const no = await this.mutations.command(unit, { kind: 'leader.close', targetId: id, payload: {}, actor: call.key.keyId });
      await this.mutations.audit(unit, call, 'leader.close', id);
      return ok({ ...leaderBody({ ...row, status: 'closed' }, null), command: { no: no.toString(), status: 'pending' } });
    });
  }
}

const leaderBody = (row: LeaderRow, watched: WatchedAccountRow | null) => ({
  id: row.id,
  livemode: livemode(row.environment),
  name: row.name,
  ...(watched === null ? {} : { venue: watched.venue, network: watched.network, address: watched.address }),
  terms: row.terms,
  status: row.status,
  created_at: wireTime(row.createdAt),
  updated_at: wireTime(row.updatedAt),
});
