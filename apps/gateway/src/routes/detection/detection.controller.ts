import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { wholeList } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { Reads } from '../../http/reads';
import { networksOf } from '../venue';
import { networkDetectionBody, networkDetectionListSchema } from './detection-body';

/** How leaders are seen, network by network. */
@ApiTags('leaders')
@Controller('v1/detection')
export class DetectionController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Reads) private readonly reads: Reads,
  ) {}

  @Get()
  @Answers(200, networkDetectionListSchema)
  @Needs('leaders:read')
  networks(@CurrentCall() call: Call) {
    return this.reads.run(call, async (unit) => {
      const ours = await networksOf(unit);
      const standings = (await unit.detection.standings()).filter(({ venue, network }) => ours.has(`${venue}|${network}`));
      const now = this.context.clock.now();
      return wholeList(standings.flatMap((row) => networkDetectionBody(row, now) ?? []));
    });
  }
}
