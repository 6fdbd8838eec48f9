import { z } from 'zod';
import { decimalText, idText, timeText } from '../wire';
import { define } from './define';

const funding = z.object({
  copy_id: idText('cpy'),
  coin: z.string(),
  asset: z.string(),
  amount: decimalText.describe('Above zero received.'),
  at: timeText,
});

const settlement = z.object({
  settlement_id: idText('stl'),
  period: z.object({ start: timeText, end: timeText }),
  row_count: z.int().min(0),
  sha256: z.string(),
  manifest_sha256: z.string(),
});

const exportReady = z.object({
  export_id: idText('exp'),
  kind: z.string(),
  file_name: z.string(),
  row_count: z.int().min(0),
  byte_count: z.int().min(0),
  sha256: z.string(),
});
const exportFailed = z.object({ export_id: idText('exp'), kind: z.string(), reason: z.string() });

const schedule = z.object({
  fee_schedule_id: idText('fee'),
  version: z.int().min(1),
  markup_tenths_bp: z.int().min(0),
  flow: z.enum(['all', 'increases_only']),
  effective_from: timeText,
});

/** Money: funding, fee schedules, settlements and files. */
export const moneyEvents = {
  'funding.booked': define(1, 'Funding was booked to a copy.', funding),
  'fee_schedule.announced': define(1, 'A new version of the fee schedule was announced.', schedule),
  'settlement.closed': define(1, 'A period was closed and its file is ready.', settlement),
  'export.ready': define(1, 'An exported file is ready.', exportReady),
  'export.failed': define(1, 'An export could not be made.', exportFailed),
} as const;
