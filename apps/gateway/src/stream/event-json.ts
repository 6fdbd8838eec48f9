import { livemode, wireTime } from '@lockstep/delivery';
import type { EventRow } from '@lockstep/storage';

/** An event as it leaves the house, serialised once for all its readers. The data is the stored text, byte for byte. */
export function eventJson(row: EventRow): string {
  const head = { id: row.id, type: row.type, version: row.version, livemode: livemode(row.environment), occurred_at: wireTime(row.occurredAt) };
  return `${JSON.stringify(head).slice(0, -1)},"data":${row.data}}`;
}
