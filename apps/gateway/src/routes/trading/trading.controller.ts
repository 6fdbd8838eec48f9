import type { CopyId, Id } from '@lockstep/kernel';
import type { ScopedUnit } from '@lockstep/storage';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery, wholeList } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { idField } from '../../http/fields';
import { Reads } from '../../http/reads';
import { fillBody, fillListSchema, fillSchema, orderBody, orderListSchema, orderSchema, positionBody, positionListSchema } from './trading-body';

const coin = z.string().max(40).optional();
class OrdersQuery extends createZodDto(
  pageQuery.extend({
    copy_id: idField('cpy').optional(),
    leader_id: idField('ldr').optional(),
    coin,
    wave_id: z
      .string()
      .regex(/^\d{1,18}$/)
      .optional(),
  }),
) {}
class FillsQuery extends createZodDto(pageQuery.extend({ copy_id: idField('cpy').optional(), order_id: idField('ord').optional(), coin })) {}
class PositionsQuery extends createZodDto(z.object({ copy_id: idField('cpy') })) {}
class OrderPath extends createZodDto(z.object({ id: idField('ord') })) {}
class FillPath extends createZodDto(z.object({ id: idField('fil') })) {}
const idCursor = z.string().max(80);

/** What was sent, what was executed, what is held. */
@ApiTags('trading')
@Controller('v1')
export class TradingController {
  constructor(
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Get('orders')
  @Answers(200, orderListSchema)
  @Needs('orders:read')
  orders(@CurrentCall() call: Call, @Query() query: OrdersQuery) {
    const request = this.cursors.request(call.scope, 'orders', query, idCursor);
    return this.reads.one(call, async (unit) => {
      const copyNo = await copyNoOf(unit, query.copy_id);
      if (copyNo === null) return null;
      const page = await unit.orders.page(request, {
        ...(copyNo === undefined ? {} : { copyNo }),
        ...(query.leader_id === undefined ? {} : { leaderId: query.leader_id }),
        ...(query.coin === undefined ? {} : { coin: query.coin }),
        ...(query.wave_id === undefined ? {} : { moveId: BigInt(query.wave_id) }),
      });
      return this.cursors.body(call.scope, 'orders', query, page, orderBody);
    });
  }

  @Get('orders/:id')
  @Answers(200, orderSchema)
  @Needs('orders:read')
  order(@CurrentCall() call: Call, @Param() path: OrderPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.orders.get(path.id as Id<'order'>);
      return row === null ? null : orderBody(row);
    });
  }

  @Get('fills')
  @Answers(200, fillListSchema)
  @Needs('fills:read')
  fills(@CurrentCall() call: Call, @Query() query: FillsQuery) {
    const request = this.cursors.request(call.scope, 'fills', query, idCursor);
    return this.reads.one(call, async (unit) => {
      const copyNo = await copyNoOf(unit, query.copy_id);
      if (copyNo === null) return null;
      const page = await unit.fills.page(request, {
        ...(copyNo === undefined ? {} : { copyNo }),
        ...(query.coin === undefined ? {} : { coin: query.coin }),
        ...(query.order_id === undefined ? {} : { orderId: query.order_id as Id<'order'> }),
      });
      return this.cursors.body(call.scope, 'fills', query, page, fillBody);
    });
  }

  @Get('fills/:id')
  @Answers(200, fillSchema)
  @Needs('fills:read')
  fill(@CurrentCall() call: Call, @Param() path: FillPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.fills.get(path.id as Id<'fill'>);
      return row === null ? null : fillBody(row);
    });
  }

  @Get('positions')
  @Answers(200, positionListSchema)
  @Needs('positions:read')
  positions(@CurrentCall() call: Call, @Query() query: PositionsQuery) {
    return this.reads.one(call, async (unit) => {
      const copyNo = await copyNoOf(unit, query.copy_id);
      if (copyNo === null || copyNo === undefined) return null;
      const rows = await unit.positions.ofCopies(copyNo);
      return wholeList(rows.map((row) => positionBody(query.copy_id, row)));
    });
  }
}

/** The short number of a copy of this scope: undefined when none was named, null when there is no such copy here. */
async function copyNoOf(unit: ScopedUnit, id: string | undefined): Promise<bigint | null | undefined> {
  if (id === undefined) return undefined;
  return (await unit.copies.findOne({ id: id as CopyId }))?.no ?? null;
}
