/** One question for the venue's time; our times are of the clock that stamps nonces and expiries. */
export interface ClockSample {
  readonly sentAt: number;
  readonly venueTime: number;
  readonly receivedAt: number;
}

/** How far the venue's clock stands before ours; negative: behind. */
export interface ClockOffset {
  readonly offsetMs: number;
  /** The offset lies within plus or minus this. */
  readonly errorMs: number;
}

/**
 * The offset told by the sample with the shortest way there and back: the venue read its clock between `sentAt` and `receivedAt`, so half of that way is
 * the error. The venue tells the time of its latest block, which may be `blockMs` old: that much is added to the error. Null without a sample.
 */
export function clockOffset(samples: readonly ClockSample[], blockMs: number): ClockOffset | null {
  const [best] = [...samples].sort((a, b) => wayOf(a) - wayOf(b));
  if (best === undefined) return null;
  return { offsetMs: best.venueTime - (best.sentAt + best.receivedAt) / 2, errorMs: wayOf(best) / 2 + blockMs };
}

const wayOf = ({ sentAt, receivedAt }: ClockSample): number => receivedAt - sentAt;
