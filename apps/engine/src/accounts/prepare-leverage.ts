import { type Timer } from '@lockstep/kernel';
import { type InstrumentSheet, leverageOf } from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { Network } from '../state/networks';
import type { CopyRecord, WatchedAccount } from '../state/registry';
import { setLeverage } from './leverage';

interface Task {
  readonly copy: CopyRecord;
  readonly sheet: InstrumentSheet;
}

const TICK_MS = 1_000;
/** Tasks waiting per network; those beyond are left to the comparison that sees the position. */
const WAITING_MAX = 100_000;

/**
 * Sets the copies' leverage on instruments a leader begins to trade, behind the wave that showed them and never in it: some accounts a second, standing back
 * while orders leave. The first entry leaves with the leverage the account has; its size does not depend on it, only the margin it holds.
 */
export class LeveragePreparer {
  private timer: Timer | null = null;
  private readonly waiting = new Map<Network, Task[]>();
  private running: Promise<void> | null = null;

  constructor(private readonly ctx: EngineContext) {}

  start(): void {
    this.timer ??= this.ctx.timers.every(TICK_MS, () => void this.work());
  }

  async stop(): Promise<void> {
    this.timer?.cancel();
    this.timer = null;
    await this.running;
  }

  /** An instrument is new to a leader's book: the copies that follow him there are prepared. Returns at once. */
  appeared(watched: WatchedAccount, sheet: InstrumentSheet): void {
    const tasks = this.waiting.get(watched.network) ?? [];
    this.waiting.set(watched.network, tasks);
    for (const copy of this.ctx.registry.copies.values()) {
      if (copy.watched !== watched || tasks.length >= WAITING_MAX) continue;
      const { allowed, barred } = sheet.rows;
      if (allowed[copy.row] === 1 && barred[copy.row] === 0) tasks.push({ copy, sheet });
    }
  }

  /** Does the share of one second of every network. A call during one joins it. */
  work(): Promise<void> {
    this.running ??= this.workOnce()
      .catch((failure: unknown) => this.ctx.log.error('leverage could not be prepared', { error: failure }))
      .finally(() => {
        this.running = null;
      });
    return this.running;
  }

  private async workOnce(): Promise<void> {
    if (this.ctx.sending.busy) return;
    for (const tasks of this.waiting.values()) {
      for (const task of tasks.splice(0, this.ctx.limits.leveragePerSecond)) if (!(await this.prepare(task))) tasks.push(task);
    }
  }

  /** False when the venue did not answer: it is asked again behind the others. */
  private async prepare({ copy, sheet }: Task): Promise<boolean> {
    const { account, watched } = copy;
    if (!account.signs || watched.book.copies.copyNo[copy.row] !== copy.no) return true;
    const leverage = leverageOf(watched.book.copies, sheet, copy.row);
    const end = await setLeverage(this.ctx, account, sheet.instrument, leverage);
    const seen = { venueAccountNo: account.no, coin: sheet.instrument.coin, to: leverage };
    if (end.kind === 'refused') this.ctx.log.warn('a leverage was refused', { ...seen, text: end.text });
    else this.ctx.log.info('a leverage was prepared', { ...seen, end: end.kind });
    return end.kind !== 'unknown';
  }
}
