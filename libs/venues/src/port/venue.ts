import type { OrderSubmission } from './submit';
import type { VenueTruth } from './truth';
import type { VenueCapabilities } from './types';
import type { MarkUpdate, MarkWatch, UserWatch, WatchEvent } from './watch';

/** A venue as the engine sees it. */
export interface Venue {
  readonly name: string;
  readonly capabilities: VenueCapabilities;
  readonly truth: VenueTruth;
  readonly orders: OrderSubmission;
  watchUsers(sink: (event: WatchEvent) => void): UserWatch;
  watchMarks(dexes: readonly string[], sink: (updates: readonly MarkUpdate[]) => void): MarkWatch;
  close(): Promise<void>;
}
