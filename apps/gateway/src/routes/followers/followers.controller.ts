import { livemode, wireTime } from '@lockstep/delivery';
import { err, type FollowerId, ok } from '@lockstep/kernel';
import { constraintOf, type FollowerRow } from '@lockstep/storage';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery } from '../../http/cursors';
import { idField, timeCursor } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, ProblemException } from '../../http/problem-exception';
import { Reads } from '../../http/reads';

const externalId = z.string().min(1).max(120).describe('Your own name for this user, unique among your followers. Put no personal data here.');
class CreateFollowerDto extends createZodDto(z.strictObject({ external_id: externalId.optional(), name: z.string().max(120).optional() })) {}
class FollowerPath extends createZodDto(z.object({ id: idField('flw') })) {}
class FollowersQuery extends createZodDto(pageQuery.extend({ external_id: externalId.optional() })) {}

/** A tenant's end users. */
@ApiTags('followers')
@Controller('v1/followers')
export class FollowersController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Post()
  @HttpCode(201)
  @Needs('followers:write')
  async create(@CurrentCall() call: Call, @Body() body: CreateFollowerDto) {
    const id = this.context.ids.next('follower');
    try {
      return await this.mutations.run(call, 201, async (unit) => {
        const row = { id, externalRef: body.external_id ?? null, status: 'active', createdAt: unit.now, updatedAt: unit.now } as const;
        await unit.followers.insert(row);
        await this.mutations.audit(unit, call, 'follower.create', id);
        return ok(followerBody({ ...row, ...call.scope }));
      });
    } catch (error) {
      if (constraintOf(error) !== null) throw new ProblemException('already_exists', { detail: 'A follower with this external_id exists.' });
      throw error;
    }
  }

  @Get()
  @Needs('followers:read')
  list(@CurrentCall() call: Call, @Query() query: FollowersQuery) {
    const request = this.cursors.request(call.scope, 'followers', query, timeCursor);
    return this.reads.run(call, async (unit) => {
      const page = await unit.followers.page(request, query.external_id === undefined ? {} : { externalRef: query.external_id });
      return this.cursors.body(call.scope, 'followers', query, page, followerBody);
    });
  }

  @Get(':id')
  @Needs('followers:read')
  get(@CurrentCall() call: Call, @Param() path: FollowerPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.followers.findOne({ id: path.id as FollowerId });
      return row === null ? null : followerBody(row);
    });
  }

  @Post(':id/close-all')
  @HttpCode(202)
  @Needs('copies:write')
  closeAll(@CurrentCall() call: Call, @Param() path: FollowerPath) {
    const id = path.id as FollowerId;
    return this.mutations.run(call, 202, async (unit) => {
      const row = await unit.followers.findOne({ id });
      if (row === null) return err(NOT_FOUND);
      const no = await this.mutations.command(unit, { kind: 'follower.close_all', targetId: id, payload: {}, actor: call.key.keyId });
      await this.mutations.audit(unit, call, 'follower.close_all', id);
      return ok({ ...followerBody(row), command: { no: no.toString(), status: 'pending' } });
    });
  }
}

const followerBody = (row: FollowerRow) => ({
  id: row.id,
  livemode: livemode(row.environment),
  external_id: row.externalRef,
  status: row.status,
  created_at: wireTime(row.createdAt),
});
