import type { HyperliquidConfig } from '../config';
import { MinuteBudget, type ReadBudget } from './budget';
import { type Admit, OpeningGate } from './opening-gate';

/** What the watches of one network share at the venue's door, so that together they stay below its limits. */
export interface WatchBounds {
  /** Weight of detection's reads. */
  readonly reads: ReadBudget;
  /** Of that, what may be spent without waiting for it. */
  readonly atOnce: ReadBudget;
  /** Weight they spent so far. */
  readonly weightSpent: () => number;
  /** Messages sent: subscriptions above all, and pings. */
  readonly messages: MinuteBudget;
  readonly openings: OpeningGate;
  close(): void;
}

/** What one connection of them needs: its turn to open, and where its messages count. */
export interface StreamBounds {
  readonly admit: Admit;
  readonly messages: MinuteBudget;
}

/** Bounds by the configuration; `given` is a budget of reads that somebody else accounts for, `sent` is told of every message: orders share their minute. */
export function watchBounds(config: HyperliquidConfig, monotonic: () => number, given?: ReadBudget, sent?: (messages: number) => void): WatchBounds {
  const half = (perMinute: number) => ({ perMinute: perMinute / 2, burst: perMinute / 2 });
  const own = new MinuteBudget(
    { perMinute: config.detectionWeightPerMinute - config.detectionWeightBurst, burst: config.detectionWeightBurst },
    monotonic,
  );
  const messages = new MinuteBudget(
    { perMinute: config.watchMessagesPerMinute - config.watchMessagesBurst, burst: config.watchMessagesBurst },
    monotonic,
    sent,
  );
  const openings = new OpeningGate(half(config.watchOpeningsPerMinute), monotonic, messages);
  return {
    reads: given ?? own,
    atOnce: new MinuteBudget({ perMinute: config.detectionWeightPerMinute / 2, burst: config.detectionWeightPerMinute * 1.5 }, monotonic),
    weightSpent: () => own.spentTotal,
    messages,
    openings,
    close: () => {
      own.close();
      messages.close();
      openings.close();
    },
  };
}
