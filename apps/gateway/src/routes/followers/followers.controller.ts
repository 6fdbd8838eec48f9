import { err, type FollowerId, ok, type Result } from '@lockstep/kernel';
import { constraintOf, type ScopedUnit } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { CountsAs, Needs } from '../../auth/access';
import { madeWith } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery } from '../../http/cursors';
import { Answers, AnswersTag } from '../../http/documented';
import { idField, timeCursor } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, ProblemException, type Refusal } from '../../http/problem-exception';
import { beyondQuota } from '../../http/quotas';
import { Reads } from '../../http/reads';
import { externalId, type FollowerBody, followerListSchema, followerRevision, followerSchema, newFollower, presentFollowers } from './follower-body';
import { NEW_FOLLOWER } from './make-followers';

class CreateFollowerDto extends createZodDto(newFollower) {}
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
  @Answers(201, followerSchema)
  @Needs('followers:write')
  async create(@CurrentCall() call: Call, @Body() body: CreateFollowerDto) {
    const id = this.context.ids.next('follower');
    try {
      return await this.mutations.run(
        call,
        201,
        async (unit) => {
          const beyond = await beyondQuota(unit, call, 'followers');
          if (beyond !== null) return err(beyond);
          await unit.followers.insert({ id, externalRef: body.external_id ?? null, status: 'active', createdAt: unit.now, updatedAt: unit.now });
          await this.mutations.audit(unit, call, 'follower.create', id, {}, madeWith(NEW_FOLLOWER));
          return this.presented(unit, id);
        },
        followerRevision,
      );
    } catch (error) {
      if (constraintOf(error) !== null) throw new ProblemException('already_exists', { detail: 'A follower with this external_id exists.' });
      throw error;
    }
  }

  @Get()
  @Answers(200, followerListSchema)
  @Needs('followers:read')
  list(@CurrentCall() call: Call, @Query() query: FollowersQuery) {
    const request = this.cursors.request(call.scope, 'followers', query, timeCursor);
    return this.reads.run(call, async (unit) => {
      const page = await unit.followers.page(request, query.external_id === undefined ? {} : { externalRef: query.external_id });
      return this.cursors.body(call.scope, 'followers', query, page, await presentFollowers(unit, page.rows));
    });
  }

  @Get(':id')
  @Answers(200, followerSchema)
  @AnswersTag()
  @Needs('followers:read')
  get(@CurrentCall() call: Call, @Param() path: FollowerPath) {
    return this.reads.tagged(call, followerRevision, (unit) => this.find(unit, path.id as FollowerId));
  }

  @Post(':id/close-all')
  @Answers(202, followerSchema)
  @Needs('copies:write')
  @CountsAs('stops')
  closeAll(@CurrentCall() call: Call, @Param() path: FollowerPath) {
    const id = path.id as FollowerId;
    return this.mutations.run(
      call,
      202,
      async (unit) => {
        if ((await unit.followers.findOne({ id })) === null) return err(NOT_FOUND);
        await this.mutations.command(unit, { kind: 'follower.close_all', targetId: id, payload: {}, actor: call.key.keyId });
        await this.mutations.audit(unit, call, 'follower.close_all', id);
        return this.presented(unit, id);
      },
      followerRevision,
    );
  }

  private async find(unit: ScopedUnit, id: FollowerId): Promise<FollowerBody | null> {
    const row = await unit.followers.findOne({ id });
    return row === null ? null : (await presentFollowers(unit, [row]))(row);
  }

  private async presented(unit: ScopedUnit, id: FollowerId): Promise<Result<FollowerBody, Refusal>> {
    const body = await this.find(unit, id);
    return body === null ? err(NOT_FOUND) : ok(body);
  }
}
