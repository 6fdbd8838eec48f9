import { type InstrumentSheet, STATUS } from '@lockstep/replication';
import { differs } from '../wave/intents-of';
import { type Intent, intentOf, restoreIntent } from './intent';
import type { CopyRecord } from './registry';

/**
 * Puts back what a copy intended before a change that could not be written. What came in between stands: a copy that ended, or is being closed, gets no target
 * again, and `changed` is taken back only where nothing else followed it.
 */
export function takeBackIntent(copy: CopyRecord, sheet: InstrumentSheet, changed: Intent, before: Intent): void {
  const { copies } = copy.watched.book;
  if (copies.copyNo[copy.row] !== copy.no || ((copies.status[copy.row] ?? 0) & STATUS.closing) !== 0) return;
  if (!differs(intentOf(sheet, copy.row), changed)) restoreIntent(sheet, copy.row, before);
}
