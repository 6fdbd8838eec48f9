import type { EpochMs } from '@lockstep/kernel';

/**
 * When orders were filled first whose rows are not written yet: an account may be read while the answers of a wave are still to come. Bounded by
 * `ordersMax`; losing one costs the order its `mf`.
 */
export class FirstFills {
  private readonly times = new Map<string, EpochMs>();

  constructor(private readonly ordersMax: number) {}

  note(orderId: string, at: EpochMs): void {
    if (this.times.size < this.ordersMax) this.times.set(orderId, Math.min(at, this.times.get(orderId) ?? at));
  }

  of(orderId: string): EpochMs | null {
    return this.times.get(orderId) ?? null;
  }

  /** The order's row holds it now. */
  forget(orderId: string): void {
    this.times.delete(orderId);
  }
}
