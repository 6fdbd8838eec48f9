import { livemode, wireTime } from '@lockstep/delivery';
import { type CopyId, formatRate, type Id, rate } from '@lockstep/kernel';
import type { CopyPositionRow, FillRow, OrderRow, ScopedUnit } from '@lockstep/storage';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery } from '../../http/cursors';
import { idField, moneyText, timeOrNull } from '../../http/fields';
import { Reads } from '../../http/reads';

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
  @Needs('orders:read')
  order(@CurrentCall() call: Call, @Param() path: OrderPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.orders.get(path.id as Id<'order'>);
      return row === null ? null : orderBody(row);
    });
  }

  @Get('fills')
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
  @Needs('fills:read')
  fill(@CurrentCall() call: Call, @Param() path: FillPath) {
    return this.reads.one(call, async (unit) => {
      const row = await unit.fills.get(path.id as Id<'fill'>);
      return row === null ? null : fillBody(row);
    });
  }

  @Get('positions')
  @Needs('positions:read')
  positions(@CurrentCall() call: Call, @Query() query: PositionsQuery) {
    return this.reads.one(call, async (unit) => {
      const copyNo = await copyNoOf(unit, query.copy_id);
      if (copyNo === null || copyNo === undefined) return null;
      const rows = await unit.positions.ofCopies(copyNo);
      return { data: rows.map((row) => positionBody(query.copy_id, row)), next_cursor: null, has_more: false };
    });
  }
}

/** The short number of a copy of this scope: undefined when none was named, null when there is no such copy here. */
async function copyNoOf(unit: ScopedUnit, id: string | undefined): Promise<bigint | null | undefined> {
  if (id === undefined) return undefined;
  return (await unit.copies.findOne({ id: id as CopyId }))?.no ?? null;
}

const orderBody = (row: OrderRow) => ({
  id: row.id,
  livemode: livemode(row.environment),
  copy_id: row.copyId,
  leader_id: row.leaderId,
  wave_id: row.moveId.toString(),
  leg: row.leg,
  attempt: row.attempt,
  coin: row.coin,
  side: row.side,
  reduce_only: row.reduceOnly,
  limit_price: moneyText(row.price),
  size: moneyText(row.size),
  filled_size: moneyText(row.filledSize),
  average_price: row.avgPrice === 0n ? null : moneyText(row.avgPrice),
  status: row.status,
  reject_code: row.rejectCode,
  reason: row.reason,
  client_order_id: row.clientOrderId,
  venue_order_id: row.venueOrderId,
  settings_version: row.settingsVersion,
  builder_fee_tenths_bp: row.builderFeeTenths,
  expires_at: row.expiresAfterMs === 0 ? null : wireTime(row.expiresAfterMs),
  stages: { leader_fill: row.m0, received: row.m1, decided: row.m2, sent: row.m3, filled: row.mf, answered: row.m4 },
  created_at: wireTime(row.createdAt),
  updated_at: wireTime(row.updatedAt),
});

const fillBody = (row: FillRow) => ({
  id: row.id,
  livemode: livemode(row.environment),
  copy_id: row.copyId,
  order_id: row.orderId,
  wave_id: row.moveId?.toString() ?? null,
  coin: row.coin,
  side: row.side,
  price: moneyText(row.price),
  size: moneyText(row.size),
  closed_pnl: moneyText(row.closedPnl),
  fee: moneyText(row.fee),
  builder_fee: moneyText(row.builderFee),
  fee_asset: row.feeAsset,
  taker: row.crossed,
  liquidation: row.liquidation,
  venue_trade_id: row.tradeId,
  filled_at: wireTime(row.venueTimeMs),
  recorded_at: timeOrNull(row.recordedAt),
});

const positionBody = (copyId: string, row: CopyPositionRow) => ({
  livemode: livemode(row.environment),
  copy_id: copyId,
  coin: row.coin,
  position: moneyText(row.position),
  target: moneyText(row.target),
  ratio: formatRate(rate(row.rho)),
  average_entry: row.avgEntry === 0n ? null : moneyText(row.avgEntry),
  realised_pnl: moneyText(row.realisedPnl),
  fees: moneyText(row.fees),
  funding: moneyText(row.funding),
  forfeited: moneyText(row.forfeited),
  forfeit_reason: row.forfeitReason,
  user_closed: row.userClosed,
  dust_pending: row.dust,
  last_wave_id: row.lastMoveId.toString(),
  updated_at: wireTime(row.updatedAt),
});
