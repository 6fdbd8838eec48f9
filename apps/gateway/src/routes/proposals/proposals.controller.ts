import { err, type Id, ok, parseSize } from '@lockstep/kernel';
import { type AnswerProposal, type CommandKind, PROPOSAL_STATUSES } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CountsAs, Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { idField, timeCursor } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, refusal } from '../../http/problem-exception';
import { Reads } from '../../http/reads';
import { proposalAnswerSchema, proposalBody, proposalListSchema, proposalSchema } from './proposal-body';

const sizeField = z
  .string()
  .refine((text) => {
    const parsed = parseSize(text);
    return parsed.ok && parsed.value > 0n && parsed.value < 2n ** 62n;
  }, 'a plain decimal above 0 with at most 8 decimals, as text')
  .meta({ pattern: '^\\d{1,10}(\\.\\d{1,8})?$', examples: ['0.4'] });

class ProposalPath extends createZodDto(z.object({ id: idField('prp') })) {}
class ProposalsQuery extends createZodDto(pageQuery.extend({ copy_id: idField('cpy').optional(), status: z.enum(PROPOSAL_STATUSES).optional() })) {}
class ApproveProposalDto extends createZodDto(
  z.strictObject({
    size: sizeField.describe(
      'What is approved: the size the follower was shown. What the leader took back meanwhile is not entered; what he added stays open.',
    ),
  }),
) {}

/** Increases that wait for a follower's approval, of copies with `approve_within_ms`. */
@ApiTags('proposals')
@Controller('v1/proposals')
export class ProposalsController {
  constructor(
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Get()
  @Answers(200, proposalListSchema)
  @Needs('copies:read')
  list(@CurrentCall() call: Call, @Query() query: ProposalsQuery) {
    const request = this.cursors.request(call.scope, 'proposals', query, timeCursor);
    return this.reads.run(call, async (unit) => {
      const page = await unit.proposals.page(request, {
        ...(query.copy_id === undefined ? {} : { copyId: query.copy_id }),
        ...(query.status === undefined ? {} : { status: query.status }),
      });
      return this.cursors.body(call.scope, 'proposals', query, page, proposalBody);
    });
  }

  @Get(':id')
  @Answers(200, proposalSchema)
  @Needs('copies:read')
  get(@CurrentCall() call: Call, @Param() path: ProposalPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.proposals.findOne({ id: path.id as Id<'proposal'> });
      return row === null ? null : proposalBody(row);
    });
  }

  @Post(':id/approve')
  @Answers(202, proposalAnswerSchema)
  @Needs('copies:write')
  @CountsAs('orders')
  approve(@CurrentCall() call: Call, @Param() path: ProposalPath, @Body() body: ApproveProposalDto) {
    return this.answer(call, path.id as Id<'proposal'>, 'proposal.approve', { proposal: path.id, size: body.size });
  }

  @Post(':id/decline')
  @Answers(202, proposalAnswerSchema)
  @Needs('copies:write')
  @CountsAs('stops')
  decline(@CurrentCall() call: Call, @Param() path: ProposalPath) {
    return this.answer(call, path.id as Id<'proposal'>, 'proposal.decline', { proposal: path.id });
  }

  /** The engine has the last word: what is open here may be over when the command gets there. */
  private answer(call: Call, id: Id<'proposal'>, kind: CommandKind, payload: AnswerProposal) {
    return this.mutations.run(call, 202, async (unit) => {
      const row = await unit.proposals.findOne({ id });
      if (row === null) return err(NOT_FOUND);
      if (row.status !== 'open' || row.endsAt <= (await unit.sandboxes.businessNow()))
        return err(refusal('state_conflict', `The proposal is ${row.status === 'open' ? 'ended' : row.status}.`));
      await this.mutations.audit(unit, call, kind, id, payload);
      const no = await this.mutations.command(unit, { kind, targetId: row.copyId, payload, actor: call.key.keyId });
      return ok({ proposal: proposalBody(row), command_no: no.toString() });
    });
  }
}
