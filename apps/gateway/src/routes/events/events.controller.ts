import { parsePositionText, positionText } from '@lockstep/delivery';
import { partiesOfCopies } from '@lockstep/storage';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Answers } from '../../http/documented';
import { ProblemException } from '../../http/problem-exception';
import { Reads } from '../../http/reads';
import { eventJson } from '../../stream/event-json';
import { eventsInside } from '../../stream/events-inside';
import { eventListSchema } from './event-body';

class EventsQuery extends createZodDto(
  z.object({
    after: z.string().max(80).optional().describe('A position `epoch:seq`, exclusive. Left out: from the beginning.'),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
  }),
) {}

/** The tenant's event log: the same events and positions as on the stream. */
@ApiTags('events')
@Controller('v1/events')
export class EventsController {
  constructor(@Inject(Reads) private readonly reads: Reads) {}

  @Get()
  @Answers(200, eventListSchema)
  @Needs('events:read')
  list(@CurrentCall() call: Call, @Query() query: EventsQuery) {
    const parsed = query.after === undefined ? null : parsePositionText(query.after);
    if (parsed !== null && !parsed.ok) throw new ProblemException('invalid_cursor', { detail: 'A position is epoch:seq.' });
    const asked = parsed === null ? null : parsed.value;
    return this.reads.run(call, async (unit) => {
      const head = await unit.events.head();
      if (head === null) return { data: [], position: null, top: null, has_more: false };
      if (asked !== null && (asked.epoch !== head.epoch || asked.seq > head.seq)) {
        throw new ProblemException('gone', { detail: 'The stream was restarted: reload your state by REST and begin without a position.' });
      }
      const from = asked ?? { epoch: head.epoch, seq: 0n };
      const rows = await unit.events.after(from, query.limit);
      if (asked !== null && asked.seq < head.seq && rows[0]?.seq !== asked.seq + 1n) {
        throw new ProblemException('gone', {
          detail: 'Events after this position are no longer kept: reload your state by REST and begin without a position.',
        });
      }
      const last = rows.at(-1);
      const position = last === undefined ? from : { epoch: head.epoch, seq: last.seq };
      const { narrowing } = call.key;
      const data = rows.map((row): unknown => JSON.parse(row.data));
      const inside = narrowing === null ? null : await eventsInside(narrowing, data, (ids) => partiesOfCopies(unit, ids));
      const shown = rows.filter((_, index) => inside === null || inside[index] === true);
      return {
        data: shown.map((row) => ({ position: positionText(row), event: JSON.parse(eventJson(row)) })),
        position: positionText(position),
        top: positionText(head),
        has_more: position.seq < head.seq,
      };
    });
  }
}
