import { type TenantScope } from '@lockstep/kernel';
import { pause } from '@lockstep/platform';
import { CommitUnknownError } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { EngineContext } from '../context';
import { Lanes } from '../lanes';
import type { AccountRecord } from '../state/registry';
import type { PlannedWave } from '../wave/planned-wave';
import type { WaveOutcome } from './outcome-batch';
import { type CollectedFills, postFills } from './post-fills';
import { writeOutcomes } from './write-outcomes';

interface FillsJob {
  readonly kind: 'fills';
  readonly collected: CollectedFills;
  readonly done: () => void;
}

interface WaveJob {
  readonly kind: 'wave';
  readonly outcome: WaveOutcome;
  readonly done: () => void;
}

type BookJob = WaveJob | FillsJob | { readonly kind: 'work'; readonly work: () => Promise<void> };

/** Wait before a transaction that failed is tried again, in ms. */
const RETRY_MS = 1_000;
/** Decisions of waves written in one transaction; one wave goes alone whatever its size. */
const DECISIONS_PER_WRITE = 10_000;

/**
 * Everything that writes a tenant's orders, fills, entries, positions and events, one transaction after another per tenant, tenants side by side.
 * So memory and `copy_positions` never disagree about which write was last, and what gathers while one commits becomes one transaction.
 */
export class Bookkeeper {
  private readonly lanes: Lanes<BookJob>;
  private readonly scopes = new Map<string, TenantScope>();
  /** Waves that were planned and whose order rows do not stand yet: those of the lanes that run, and at most `tailsMax` behind them. */
  private readonly expected = new Set<PlannedWave>();
  private waiting = 0;
  private room: (() => void)[] = [];
  private ended = false;

  constructor(
    private readonly ctx: EngineContext,
    private readonly onOwnFills: (accounts: readonly AccountRecord[]) => void,
  ) {
    this.lanes = new Lanes(
      (key, batch) => this.work(key, batch),
      (key, batch, failure) => ctx.log.error('bookkeeping stopped', { scope: key, jobs: batch.length, error: failure }),
      ctx.limits.openOrdersMax,
    );
  }

  /** Notes planned waves, before the first of them is journaled: what became of each is handed to {@link takeWave} later, or the engine ends. */
  expect(waves: readonly PlannedWave[]): void {
    for (const wave of waves) this.expected.add(wave);
  }

  /**
   * Whether the row of an order of the copy is still to be written. Its own outcome may be known and booked long before: a wave is written when the last
   * of its orders, whosever they are, has an outcome. Whoever ends a copy waits for it, because neither the books nor a restart know an ended one.
   */
  owesRow(copyNo: number): boolean {
    for (const { plan } of this.expected) if (plan.orders.copyNo.subarray(0, plan.orders.count).includes(copyNo)) return true;
    return false;
  }

  /** Takes what a wave did. Resolves at once unless too many waves wait to be written: then the caller waits, and so does its lane. */
  async takeWave(outcome: WaveOutcome): Promise<void> {
    const { wave } = outcome;
    const { scopes } = wave.open;
    if (scopes.length === 0) {
      this.expected.delete(wave);
      wave.open.handed = true;
      this.ctx.openOrders.release(wave.open);
      return;
    }
    while (this.waiting >= this.ctx.limits.tailsMax && !this.ended) await new Promise<void>((resolve) => this.room.push(resolve));
    this.waiting += 1;
    this.handIntents(outcome, scopes);
    let left = scopes.length;
    const done = (): void => {
      left -= 1;
      if (left === scopes.length - 1) this.ctx.pass('outcomes_written_first_scope');
      if (left > 0) return;
      this.expected.delete(wave);
      this.ctx.pass('outcomes_written_all_scopes');
      this.waiting -= 1;
      this.room.shift()?.();
      this.ctx.openOrders.release(wave.open);
    };
    for (const scope of scopes) this.push(scope, { kind: 'wave', outcome, done });
    wave.open.handed = true;
  }

  /** Of the tenants that are written only: what a repair changed of others is told by the next wave that is. */
  private handIntents({ wave, intents }: WaveOutcome, scopes: readonly TenantScope[]): void {
    const written = new Set(scopes.map(scopeKey));
    for (const { copy, intent } of intents) if (written.has(scopeKey(copy.group.scope))) this.ctx.booked.hand(copy.no, wave.plan.coin, intent);
  }

  /** Books fills; resolves when they are, or could not be and are read again. */
  takeFills(collected: CollectedFills): Promise<void> {
    return new Promise((resolve) => this.push(collected.account.scope, { kind: 'fills', collected, done: resolve }));
  }

  /** Runs other writes of a tenant in the same order as everything else. Its failure is the caller's. */
  run<T>(scope: TenantScope, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const failed = (failure: unknown): void => {
        this.endOn(failure);
        reject(failure);
      };
      this.push(scope, { kind: 'work', work: async () => (this.ended ? reject(new Error('the books are closed')) : work().then(resolve, failed)) });
    });
  }

  /**
   * What is written may be more than memory knows once a commit's answer was lost, and the next write would put memory in its place: nothing is
   * written any more, and the next process reads what stands.
   */
  private endOn(failure: unknown): void {
    if (!(failure instanceof CommitUnknownError) || this.ended) return;
    this.ended = true;
    for (const resolve of this.room.splice(0)) resolve();
    this.ctx.log.fatal('the outcome of a commit is not known', { error: failure });
    this.ctx.broken('the outcome of a commit is not known');
  }

  idle(): Promise<void> {
    return this.lanes.idle();
  }

  private push(scope: TenantScope, job: BookJob): void {
    const key = scopeKey(scope);
    this.scopes.set(key, scope);
    this.lanes.push(key, job);
  }

  private async work(key: string, batch: readonly BookJob[]): Promise<void> {
    const scope = this.scopes.get(key);
    if (scope === undefined) return;
    let waves: WaveJob[] = [];
    let fills: FillsJob[] = [];
    // Waves before fills: an order's row stands before its fills are booked, and nothing that a wave writes depends on a fill.
    const flush = async (): Promise<void> => {
      for (const part of inParts(waves)) await this.writeWaves(scope, part);
      await this.post(scope, fills);
      [waves, fills] = [[], []];
    };
    for (const job of batch) {
      if (job.kind === 'wave') waves.push(job);
      else if (job.kind === 'fills') fills.push(job);
      else {
        await flush();
        await job.work();
      }
    }
    await flush();
    this.ctx.wakeEvents(scope);
  }

  /**
   * Order rows must be written: nothing else knows them but the journal, so a failed write is repeated until it stands. It depends on no commit before
   * it, and of a wave that stands already nothing is told again: so here a commit's lost answer does no harm.
   */
  private async writeWaves(scope: TenantScope, jobs: readonly WaveJob[]): Promise<void> {
    const outcomes = jobs.map(({ outcome }) => outcome);
    await this.ctx.sending.quiet();
    while (!this.ended) {
      try {
        await this.ctx.scopedUnits.run(() => writeOutcomes(this.ctx, scope, outcomes));
        for (const job of jobs) job.done();
        return;
      } catch (failure) {
        const waves = outcomes.map(({ wave }) => wave.journalNo);
        this.ctx.log.error('order rows could not be written', { scope: scopeKey(scope), waves, error: failure });
        await pause(this.ctx.timers, RETRY_MS);
      }
    }
  }

  private async post(scope: TenantScope, fills: readonly FillsJob[]): Promise<void> {
    if (fills.length === 0) return;
    let posted = 0;
    for (let from = 0; from < fills.length; from += this.ctx.limits.postAccountsMax) {
      const jobs = fills.slice(from, from + this.ctx.limits.postAccountsMax);
      await this.ctx.sending.quiet();
      if (!this.ended) posted += await this.postPart(scope, onePerAccount(jobs.map(({ collected }) => collected)));
      for (const job of jobs) job.done();
    }
    if (posted > 0) this.ctx.pass('ledger_written_all_scopes');
  }

  /** Returns how many fills were booked. Level-triggered: what could not be is owed, and read and booked again by the collector. */
  private async postPart(scope: TenantScope, part: readonly CollectedFills[]): Promise<number> {
    try {
      const report = await this.ctx.scopedUnits.run(() => postFills(this.ctx, scope, part));
      if (report.posted > 0) this.ctx.pass('ledger_written_first_scope');
      if (report.own > 0) this.onOwnFills(part.map((collected) => collected.account));
      return report.posted;
    } catch (failure) {
      this.endOn(failure);
      this.ctx.log.error('fills could not be booked', { scope: scopeKey(scope), accounts: part.length, error: failure });
      return 0;
    }
  }
}

/** Waves in order, in parts of at most so many decisions. */
function inParts(jobs: readonly WaveJob[]): WaveJob[][] {
  const parts: WaveJob[][] = [];
  let decisions = 0;
  for (const job of jobs) {
    const { count } = job.outcome.wave.plan.decisions;
    const part = parts.at(-1);
    if (part !== undefined && decisions + count <= DECISIONS_PER_WRITE) {
      part.push(job);
      decisions += count;
      continue;
    }
    parts.push([job]);
    decisions = count;
  }
  return parts;
}

/** The last reading of each account: a later one holds all of an earlier one's fills, and one statement may name a fill once. */
function onePerAccount(batch: readonly CollectedFills[]): CollectedFills[] {
  const newest = new Map<number, CollectedFills>();
  for (const collected of batch) newest.set(collected.account.index, collected);
  return [...newest.values()];
}
