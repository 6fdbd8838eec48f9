import { isExit } from '../book/orders';
import type { AuditState } from '../book/state';
import type { OrderHanded } from '../observations';

/** Waves remembered at a time: far more than are being sent at once. */
const WAVES_KEPT = 256;

/** Product §2.8: inside a wave reductions leave first. Keeps the first entry of the newest waves. */
export class WaveOrder {
  private readonly entries = new Map<string, OrderHanded>();

  check(state: AuditState, order: OrderHanded, at: number): void {
    if (order.cause !== 'move') return;
    const key = `${order.process} ${order.wave}`;
    const entry = this.entries.get(key);
    if (!isExit(order)) {
      if (entry === undefined) this.keep(key, order);
      return;
    }
    if (entry === undefined || order.decidedAt > entry.decidedAt) return;
    state.report(
      'wave_order',
      at,
      order.copyId,
      order.cloid,
      `exit ${order.cloid} of copy ${order.copyId} left after entry ${entry.cloid} of the same wave ${order.wave}`,
    );
  }

  private keep(key: string, order: OrderHanded): void {
    if (this.entries.size >= WAVES_KEPT) {
      const oldest = this.entries.keys().next().value;
      if (oldest !== undefined) this.entries.delete(oldest);
    }
    this.entries.set(key, order);
  }
}
