import { type CopyId, err, ok, present } from '@lockstep/kernel';
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
import { idField } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, refusal } from '../../http/problem-exception';
import { publish, told } from '../../http/publish';
import { Reads } from '../../http/reads';
import { copyRevision, copySchema, presentCopy } from '../copies/copy-body';
import { consentProblem } from './copy-rights';
import { copyConsentBody, copyConsentListSchema } from './terms-body';

class ConsentDto extends createZodDto(
  z.strictObject({
    version: z
      .int()
      .min(1)
      .describe('Of the leader’s terms: the newest in force, or one that is announced.')
      .meta({ examples: [2] }),
  }),
) {}
class CopyPath extends createZodDto(z.object({ id: idField('cpy') })) {}

/** What followers of copies consented to. */
@ApiTags('copies')
@Controller('v1/copies/:id')
export class ConsentsController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
  ) {}

  /** Asked again for a version that was consented to, nothing is written: the first consent is the proof. */
  @Post('consent')
  @Answers(202, copySchema)
  @Needs('copies:write')
  give(@CurrentCall() call: Call, @Param() path: CopyPath, @Body() { version }: ConsentDto) {
    return this.mutations.run(
      call,
      202,
      async (unit) => {
        const copy = await unit.copies.findOne({ id: path.id as CopyId }, { lock: true });
        if (copy === null) return err(NOT_FOUND);
        if (copy.state === 'stopped') return err(refusal('state_conflict', 'The copy is stopped.'));
        const refused = await consentProblem(unit, { id: copy.leaderId }, version);
        if (refused !== null) return err(refused);
        if ((await unit.copyConsents.findOne({ copyId: copy.id, version })) === null) {
          const actor = call.key.keyId;
          await unit.copyConsents.insert({ copyId: copy.id, leaderId: copy.leaderId, version, actor, consentedAt: unit.now });
          await this.mutations.command(unit, { kind: 'copy.consent', targetId: copy.id, payload: {}, actor });
          await this.mutations.audit(unit, call, 'copy.consent', copy.id, { version }, madeWith({ version }));
          await publish(this.context, unit, told('copy.consented', { copy_id: copy.id, leader_id: copy.leaderId, version, actor }));
        }
        return ok(present(await presentCopy(unit, copy.id), 'a copy that is held'));
      },
      copyRevision,
    );
  }

  @Get('consents')
  @Answers(200, copyConsentListSchema)
  @Needs('copies:read')
  list(@CurrentCall() call: Call, @Param() path: CopyPath) {
    return this.reads.one(call, async (unit) => {
      const copy = await unit.copies.findOne({ id: path.id as CopyId });
      if (copy === null) return null;
      return wholeList((await unit.copyConsents.find({ copyId: copy.id }, { orderBy: { version: 'DESC' } })).map(copyConsentBody));
    });
  }
}
