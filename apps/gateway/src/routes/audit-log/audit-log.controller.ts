import { chainOfScope } from '@lockstep/storage';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { timeCursor } from '../../http/fields';
import { Reads } from '../../http/reads';
import { auditBody, auditListSchema } from './audit-body';
import { verificationBody, verificationQuery, verificationSchema } from './verification-body';

class AuditQuery extends createZodDto(
  pageQuery.extend({
    target_id: z.string().max(60).optional().describe('Lines about one object.'),
    action: z.string().max(60).optional().describe('Lines of one action, e.g. `copy.stop`.'),
  }),
) {}

class VerificationQuery extends createZodDto(verificationQuery) {}

/** Who changed what, by key or as the operator. */
@ApiTags('audit-log')
@Controller('v1/audit-log')
export class AuditLogController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Get()
  @Answers(200, auditListSchema)
  @Needs('audit:read')
  list(@CurrentCall() call: Call, @Query() query: AuditQuery) {
    const request = this.cursors.request(call.scope, 'audit-log', query, timeCursor);
    return this.reads.run(call, async (unit) => {
      const page = await unit.audit.page(request, {
        ...(query.target_id === undefined ? {} : { targetId: query.target_id }),
        ...(query.action === undefined ? {} : { action: query.action }),
      });
      return this.cursors.body(call.scope, 'audit-log', query, page, auditBody);
    });
  }

  @Get('verification')
  @Answers(200, verificationSchema)
  @Needs('audit:read')
  verification(@CurrentCall() call: Call, @Query() query: VerificationQuery) {
    const chain = chainOfScope(call.scope.tenantId, call.scope.environment);
    return this.context.storage.scoped(
      call.scope,
      ({ audit }) => verificationBody({ chain, head: () => audit.head(), links: (from, limit) => audit.links(from, limit) }, query),
      { readOnly: true, isolation: 'repeatable read' },
    );
  }
}
