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
import { NOT_FOUND, problemOf, type Refusal, refusal } from '../../http/problem-exception';
import { beyondQuota } from '../../http/quotas';
import { Reads } from '../../http/reads';
import { keepNames, takenNames } from '../../personal/names';
import { askForErasure } from './ask-for-erasure';
import { externalId, type FollowerBody, followerListSchema, followerRevision, followerSchema, newFollower, presentFollowers } from './follower-body';
import { NEW_FOLLOWER } from './make-followers';

class CreateFollowerDto extends createZodDto(newFollower) {}
const NAME_TAKEN: Refusal = refusal('already_exists', 'A follower with this external_id exists.');
/** An id that no follower has: a page of a name that is not taken is empty. */
const NOBODY = 'flw_';

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
          const { external_id: name } = body;
          if (name !== undefined && (await takenNames(this.context.keys, unit, [name])).size > 0) return err(NAME_TAKEN);
          await unit.followers.insert({ id, externalRef: null, status: 'active', createdAt: unit.now, updatedAt: unit.now });
          if (name !== undefined) await keepNames(this.context.keys, unit, new Map([[id, name]]));
          await this.mutations.audit(unit, call, 'follower.create', id, {}, madeWith(NEW_FOLLOWER));
          return this.presented(unit, id);
        },
        followerRevision,
      );
    } catch (error) {
      // Somebody else took the name in the same moment.
      if (constraintOf(error) !== null) throw problemOf(NAME_TAKEN);
      throw error;
    }
  }

  @Get()
  @Answers(200, followerListSchema)
  @Needs('followers:read')
  list(@CurrentCall() call: Call, @Query() query: FollowersQuery) {
    const request = this.cursors.request(call.scope, 'followers', query, timeCursor);
    return this.reads.run(call, async (unit) => {
      const { keys } = this.context;
      const name = query.external_id;
      const named = name === undefined ? undefined : ((await takenNames(keys, unit, [name])).get(name) ?? NOBODY);
      const page = await unit.followers.page(request, named === undefined ? {} : { id: named });
      return this.cursors.body(
        call.scope,
        'followers',
        query,
        page,
        await presentFollowers(
          keys,
          unit,
          page.rows.map(({ id }) => id),
        ),
      );
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

  @Post(':id/erasure')
  @Answers(202, followerSchema)
  @Needs('followers:erase')
  erase(@CurrentCall() call: Call, @Param() path: FollowerPath) {
    const id = path.id as FollowerId;
    return this.mutations.run(
      call,
      202,
      async (unit) => {
        const asked = await askForErasure({ context: this.context, mutations: this.mutations }, unit, call, id);
        return asked.ok ? this.presented(unit, id) : asked;
      },
      followerRevision,
    );
  }

  private async find(unit: ScopedUnit, id: FollowerId): Promise<FollowerBody | null> {
    const [row, present] = await Promise.all([unit.followers.findOne({ id }), presentFollowers(this.context.keys, unit, [id])]);
    return row === null ? null : present(row);
  }

  private async presented(unit: ScopedUnit, id: FollowerId): Promise<Result<FollowerBody, Refusal>> {
    const body = await this.find(unit, id);
    return body === null ? err(NOT_FOUND) : ok(body);
  }
}
