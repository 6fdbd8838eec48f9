import type { CopyTrack } from './copies';
import type { ValueSeen } from './losses';
import type { AuditState } from './state';

/** A copy's equity at the newest marks any process was told; null where one is missing. In whole units. */
export function readEquity(state: AuditState, copy: CopyTrack): ValueSeen | null {
  for (const process of state.startedAt.keys()) {
    const value = copy.value((coin) => state.priceOf(process, coin));
    if (value !== null) return value;
  }
  return copy.value(() => null);
}
