import { err, type LeaderId, ok } from '@lockstep/kernel';
import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Needs } from '../../auth/access';
import { madeWith } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { wholeList } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { idField, timeField } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, refusal } from '../../http/problem-exception';
import { publish, told } from '../../http/publish';
import { Reads } from '../../http/reads';
import { documentSha256Field, documentUrlField, leaderTermsBody, leaderTermsListSchema, leaderTermsSchema } from './terms-body';

/** Terms that bind sooner than so long after their publication, in ms, are met as a stop is. */
const NOTICE_MS = 60_000;

class PublishTermsDto extends createZodDto(
  z.strictObject({
    document_url: documentUrlField,
    sha256: documentSha256Field,
    binding_from: timeField
      .optional()
      .describe('Later for notice: consent may be given before. Now unless given.')
      .meta({ examples: ['2026-12-31T00:00:00.000Z'] }),
  }),
) {}
class LeaderPath extends createZodDto(z.object({ id: idField('ldr') })) {}

/** Terms that followers of a leader consent to, as numbered versions. */
@ApiTags('leaders')
@Controller('v1/leaders/:id/terms')
export class LeaderTermsController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
  ) {}

  @Post()
  @Answers(201, leaderTermsSchema)
  @Needs('leaders:write')
  publish(@CurrentCall() call: Call, @Param() path: LeaderPath, @Body() body: PublishTermsDto) {
    const leaderId = path.id as LeaderId;
    return this.mutations.run(call, 201, async (unit) => {
      // Held, so that versions follow each other.
      const leader = await unit.leaders.findOne({ id: leaderId }, { lock: true });
      if (leader === null) return err(NOT_FOUND);
      if (leader.status === 'closed') return err(refusal('state_conflict', 'The leader is closed.'));
      const now = await unit.sandboxes.businessNow();
      const bindingFrom = body.binding_from === undefined ? now : Date.parse(body.binding_from);
      if (bindingFrom < now) return err(refusal('invalid_request', 'Terms cannot bind in the past.'));
      const version = ((await unit.leaderTerms.of([leaderId])).at(-1)?.version ?? 0) + 1;
      const row = { leaderId, version, documentUrl: body.document_url, sha256: body.sha256, bindingFrom, actor: call.key.keyId, createdAt: now };
      await unit.leaderTerms.insert(row);
      const kind = bindingFrom < now + NOTICE_MS ? 'terms.bind' : 'terms.announce';
      await this.mutations.command(unit, { kind, targetId: leaderId, payload: {}, actor: call.key.keyId });
      const published = leaderTermsBody({ ...call.scope, ...row });
      await this.mutations.audit(unit, call, 'leader.terms', leaderId, { version }, madeWith(published));
      const { created_at: _at, ...event } = published;
      await publish(this.context, unit, told('leader.terms_published', event));
      return ok(published);
    });
  }

  @Get()
  @Answers(200, leaderTermsListSchema)
  @Needs('leaders:read')
  list(@CurrentCall() call: Call, @Param() path: LeaderPath) {
    return this.reads.one(call, async (unit) => {
      const leader = await unit.leaders.findOne({ id: path.id as LeaderId });
      return leader === null ? null : wholeList((await unit.leaderTerms.of([leader.id])).toReversed().map(leaderTermsBody));
    });
  }
}
