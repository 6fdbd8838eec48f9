import type { Price } from '@lockstep/kernel';
import type { InstrumentSheet } from '@lockstep/replication';
import { type StopChange, stopChange } from '@lockstep/risk';
import type { EngineContext } from '../context';
import type { CopyRecord } from '../state/registry';
import type { MirrorOf, StandingStop } from './standing-stops';
import { type WantedStop, wantedStops } from './wanted-stops';

/** An order as it should stand: a protective stop, or a mirror. */
export interface WantedOrder extends Omit<WantedStop, 'trigger'> {
  readonly trigger: Price | null;
  readonly mirror?: MirrorOf;
}

/** Something to do about one instrument of a copy. */
export type StopTask =
  | { readonly kind: 'place'; readonly copy: CopyRecord; readonly sheet: InstrumentSheet; readonly wanted: WantedOrder }
  | {
      readonly kind: 'change';
      readonly copy: CopyRecord;
      readonly sheet: InstrumentSheet;
      readonly wanted: WantedOrder;
      readonly standing: StandingStop;
    }
  | { readonly kind: 'cancel'; readonly standing: StandingStop; readonly why: string };

/** When something was last done about the stop of a copy in an instrument, and until when it is left alone after a refusal. Epoch ms. */
export interface StopPace {
  changedAt(copyNo: number, coin: string): number;
  quietUntil(copyNo: number, coin: string): number;
}

/**
 * What is due about a copy's stops. One stop per instrument and no more: while an action about it is on its way, or its end is not accounted for, nothing else is
 * done there. What protects nothing yet or another size than is held is due soon, a mere move of the price at most so often.
 */
export function stopTasks(
  ctx: Pick<EngineContext, 'clock' | 'limits' | 'registry' | 'standingStops'>,
  copy: CopyRecord,
  pace: StopPace,
): readonly StopTask[] {
  const wishes = wantedStops(ctx, copy);
  if (wishes === null) return [];
  const standing = ctx.standingStops.ofCopy(copy).filter(isStop);
  const tasks: StopTask[] = [];
  for (const { sheet, stop } of wishes) {
    const { coin } = sheet.instrument;
    const there = standing.filter(({ instrument }) => instrument.coin === coin);
    const [first] = there;
    if (stop === 'keep' || there.length > 1 || (first !== undefined && !isSettled(first))) continue;
    const change = stopChange(first ?? null, stop);
    if (!isDue(ctx, copy, coin, change, pace)) continue;
    const task = taskOf(copy, sheet, first ?? null, stop);
    if (task !== null) tasks.push(task);
  }
  const wished = new Set(wishes.filter(({ stop }) => stop !== null).map(({ sheet }) => sheet.instrument.coin));
  const named = new Set(wishes.map(({ sheet }) => sheet.instrument.coin));
  for (const stop of standing) {
    const { coin } = stop.instrument;
    if (!wished.has(coin) && !named.has(coin) && isSettled(stop)) tasks.push({ kind: 'cancel', standing: stop, why: 'not_needed' });
  }
  return tasks;
}

/** A protective stop, as it stands for {@link stopChange}. */
type Stop = StandingStop & { readonly trigger: Price };
const isStop = (stop: StandingStop): stop is Stop => stop.mirror === null && stop.trigger !== null;

/** Whether the order stands and nothing about it is on its way. A stop that filled in part is triggered; a mirror goes on. */
export const isSettled = ({ state, end, bookedLots, toldLots, mirror }: StandingStop): boolean =>
  state === 'standing' && end === null && (mirror === null ? bookedLots === 0 : toldLots <= bookedLots);

function taskOf(copy: CopyRecord, sheet: InstrumentSheet, standing: StandingStop | null, wanted: WantedStop | null): StopTask | null {
  if (wanted === null) return standing === null ? null : { kind: 'cancel', standing, why: 'not_needed' };
  if (standing === null) return { kind: 'place', copy, sheet, wanted };
  // The other side is another order: the venue changes none into it.
  return standing.buy === wanted.buy ? { kind: 'change', copy, sheet, wanted, standing } : { kind: 'cancel', standing, why: 'turned' };
}

function isDue(
  { clock, limits }: Pick<EngineContext, 'clock' | 'limits'>,
  copy: CopyRecord,
  coin: string,
  change: StopChange,
  pace: StopPace,
): boolean {
  const now = clock.now();
  if (change === 'none' || now < pace.quietUntil(copy.no, coin)) return false;
  const since = now - pace.changedAt(copy.no, coin);
  if (change === 'move') return since >= limits.stopMoveMinMs;
  return change !== 'resize' || since >= limits.stopResizeMinMs;
}
