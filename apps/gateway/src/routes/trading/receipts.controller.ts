import type { CopyId } from '@lockstep/kernel';
import { decodeJournal, receiptOf } from '@lockstep/replication';
import type { CopyRow, JournalRow } from '@lockstep/storage';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Answers } from '../../http/documented';
import { idField } from '../../http/fields';
import { Reads } from '../../http/reads';
import { type ReceiptBody, receiptBody, receiptListSchema, waveReceiptSchema } from './receipt-body';

const waveId = z.string().regex(/^\d{1,18}$/, { error: 'a wave number' });
class CopyPath extends createZodDto(z.object({ id: idField('cpy') })) {}
class ReceiptPath extends createZodDto(z.object({ id: idField('cpy'), waveId })) {}
class ReceiptsQuery extends createZodDto(z.object({ limit: z.coerce.number().int().min(1).max(200).default(50), before: waveId.optional() })) {}

/** Journal rows looked through for one page: a leader's waves, of which one copy may have had few. */
const ROWS_PER_RECEIPT = 4;

/** Receipts: what was decided for a copy in each wave, skips included, read from the very rows that were committed before the orders left. */
@ApiTags('receipts')
@Controller('v1/copies')
export class ReceiptsController {
  constructor(@Inject(Reads) private readonly reads: Reads) {}

  @Get(':id/receipts')
  @Answers(200, receiptListSchema)
  @Needs('receipts:read')
  list(@CurrentCall() call: Call, @Param() path: CopyPath, @Query() query: ReceiptsQuery) {
    return this.reads.one(call, async (unit) => {
      const copy = await unit.copies.findOne({ id: path.id as CopyId });
      if (copy === null) return null;
      const before = query.before === undefined ? null : BigInt(query.before);
      const limit = query.limit * ROWS_PER_RECEIPT;
      const rows = await unit.journal.ofLeader(copy.leaderId, before, limit);
      const found = receiptsIn(rows, copy);
      const data = found.slice(0, query.limit);
      const last = data.at(-1)?.wave_id ?? rows.at(-1)?.moveId.toString() ?? null;
      const more = rows.length === limit || found.length > query.limit;
      return { data, before: more ? last : null, has_more: more };
    });
  }

  @Get(':id/receipts/:waveId')
  @Answers(200, waveReceiptSchema)
  @Needs('receipts:read')
  get(@CurrentCall() call: Call, @Param() path: ReceiptPath) {
    return this.reads.one(call, async (unit) => {
      const copy = await unit.copies.findOne({ id: path.id as CopyId });
      if (copy === null) return null;
      const parts = receiptsIn(await unit.journal.ofMove(BigInt(path.waveId)), copy);
      return parts.length === 0 ? null : { copy_id: copy.id, wave_id: path.waveId, parts };
    });
  }
}

function receiptsIn(rows: readonly JournalRow[], copy: CopyRow): ReceiptBody[] {
  return rows.flatMap((row) => {
    const decoded = decodeJournal(row.packed);
    const receipt = decoded.ok ? receiptOf(decoded.value, Number(copy.no)) : null;
    return receipt === null ? [] : [receiptBody(copy.id, row, receipt)];
  });
}
