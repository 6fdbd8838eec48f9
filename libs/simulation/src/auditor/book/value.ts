import type { CopyTrack, CopyValue } from './copies';
import type { ValueEnds } from './losses';
import type { AuditState } from './state';

/** A copy's equity at the newest marks any process was told; null where one is missing. In whole units. */
export function readEquity(state: AuditState, copy: CopyTrack): CopyValue | null {
  for (const process of state.startedAt.keys()) {
    const value = copy.value((coin) => state.priceOf(process, coin));
    if (value !== null) return value;
  }
  return copy.value(() => null);
}

/** What an engine may take a copy to be worth, whichever of the fills on their way it knows by their orders' answers, which tell no fees. */
export const endsOf = ({ least, most, feesUntold }: CopyValue): ValueEnds => ({ least, most: most + feesUntold });
