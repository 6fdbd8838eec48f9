import { PLATFORM_CHAIN, type PlatformUnit } from '@lockstep/storage';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { OperatorOnly } from '../auth/access';
import { Cursors, OPERATOR_LISTS, pageQuery } from '../http/cursors';
import { Answers } from '../http/documented';
import { operatorAuditBody, operatorAuditListSchema } from '../routes/audit-log/audit-body';
import { verificationBody, verificationQuery, verificationSchema } from '../routes/audit-log/verification-body';

class OperatorAuditQuery extends createZodDto(
  pageQuery.extend({
    target_id: z.string().max(60).optional().describe('Lines about one object.'),
    action: z.string().max(60).optional().describe('Lines of one action, e.g. `tenant.update`.'),
  }),
) {}
class OperatorVerificationQuery extends createZodDto(verificationQuery) {}

/** What the operator changed, chained line by line. */
@ApiTags('operator')
@OperatorOnly()
@Controller('v1/operator/audit-log')
export class OperatorAuditLogController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Get()
  @Answers(200, operatorAuditListSchema)
  list(@Query() query: OperatorAuditQuery) {
    const request = this.cursors.request(OPERATOR_LISTS, 'audit-log', query, z.string());
    return this.read(async (unit) => {
      const page = await unit.audit.page(request, {
        ...(query.target_id === undefined ? {} : { targetId: query.target_id }),
        ...(query.action === undefined ? {} : { action: query.action }),
      });
      return this.cursors.body(OPERATOR_LISTS, 'audit-log', query, page, operatorAuditBody);
    });
  }

  @Get('verification')
  @Answers(200, verificationSchema)
  verification(@Query() query: OperatorVerificationQuery) {
    return this.read(({ audit }) =>
      verificationBody({ chain: PLATFORM_CHAIN, head: () => audit.head(), links: (from, limit) => audit.links(from, limit) }, query),
    );
  }

  private read<T>(work: (unit: PlatformUnit) => Promise<T>): Promise<T> {
    return this.context.storage.platform(work, { readOnly: true, isolation: 'repeatable read' });
  }
}
