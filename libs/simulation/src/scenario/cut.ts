import { heals, OpenTrouble } from './healing';
import { LeaderBook } from './leader-book';
import type { Scenario } from './scenario';
import type { LeaderTrades, Step } from './steps';

/** Order numbers of closes a cut has to add. */
const FIRST_ADDED_ORDER = 900_000_000;

/**
 * The scenario without the steps `drop` names, such that it still keeps every promise: what heals something stays as long as that stands open and goes with it,
 * acts on a copy go with its beginning, a beginning goes where the follower's copy before did not end, leaders' trades are fitted to what is left of their positions, deaths are those of the engine that leads then, the last
 * calm stays, and leaders who would not be flat in it are closed before. A failing seed is cut down by dropping more and more while it still fails.
 */
export function withoutSteps(scenario: Scenario, drop: (step: Step, index: number) => boolean): Scenario {
  const cut = new Cut(scenario);
  scenario.steps.forEach((step, index) => {
    cut.take(step, drop(step, index));
  });
  return { ...scenario, steps: cut.steps };
}

/** Steps that do more than heal: where there is nothing to heal, whoever cuts decides. */
const STANDS_ALONE: ReadonlySet<Step['kind']> = new Set(['leader_cash', 'agent_replaced', 'builder_approved', 'clock_offset']);

class Cut {
  readonly steps: Step[] = [];
  private readonly book: LeaderBook;
  private readonly trouble = new OpenTrouble();
  private readonly copies = new Set<number>();
  /** Each follower's copies that were not asked to end at once. */
  private readonly running = new Map<number, Set<number>>();
  private readonly prices: Map<string, bigint>;
  private engine = 0;
  private added = FIRST_ADDED_ORDER;

  constructor(private readonly scenario: Scenario) {
    this.book = new LeaderBook(scenario.coins);
    this.prices = new Map(scenario.coins.map(({ coin, startPrice }) => [coin, startPrice]));
  }

  take(step: Step, isDropped: boolean): void {
    if (step.kind === 'calm_begins' && step.last) this.goFlat(step.at);
    const kept = this.mayDrop(step) && isDropped ? null : this.fitted(step);
    if (kept === null) return;
    this.keep(kept);
  }

  private keep(step: Step): void {
    this.book.apply(step);
    this.trouble.apply(step);
    if (step.kind === 'copy_create') this.begin(step.copy, step.follower);
    if (step.kind === 'copy_stop' && step.mode === 'close_now') this.end(step.copy);
    if (step.kind === 'engine_starts' && step.expected === 'leads') this.engine = step.engine;
    if (step.kind === 'prices') for (const { coin, price } of step.moves) this.prices.set(coin, price);
    this.steps.push(step);
  }

  private begin(copy: number, follower: number): void {
    this.copies.add(copy);
    const running = this.running.get(follower) ?? new Set();
    this.running.set(follower, running.add(copy));
  }

  private end(copy: number): void {
    for (const running of this.running.values()) running.delete(copy);
  }

  private mayDrop(step: Step): boolean {
    const healed = heals(step);
    if (healed !== null && this.trouble.has(healed)) return false;
    // What such a leader holds is not known, so that nothing can be closed in its place.
    if (step.kind === 'leader_closes' || (step.kind === 'leader_cancels' && step.order === null)) return false;
    return step.kind !== 'audit' && !('last' in step && step.last);
  }

  /** The step as it makes sense after the cut; null where it makes none. */
  private fitted(step: Step): Step | null {
    const healed = heals(step);
    if (healed !== null && !this.trouble.has(healed) && !STANDS_ALONE.has(step.kind)) return null;
    if ('copy' in step && step.kind !== 'copy_create' && !this.copies.has(step.copy)) return null;
    switch (step.kind) {
      case 'leader_trades':
        return this.book.fits(step);
      case 'leader_liquidated':
        return this.holdsOn(step.leader, step.dex) ? step : null;
      case 'copy_create':
        return (this.running.get(step.follower)?.size ?? 0) < (this.scenario.followers[step.follower]?.slots ?? 1) ? step : null;
      case 'engine_dies':
        return { ...step, engine: this.engine };
      case 'kill_switch':
        return step.target.thing === 'copy' && !this.copies.has(step.target.copy) ? null : step;
      case 'audit':
        return step.last || this.trouble.has(`calm:${step.calm}`) ? step : null;
      default:
        return step;
    }
  }

  private holdsOn(leader: number, dex: string): boolean {
    return this.book.held(leader).some(({ coin }) => this.scenario.coins.some((each) => each.coin === coin && each.dex === dex));
  }

  private goFlat(at: number): void {
    for (const { leader } of this.scenario.leaders)
      for (const { coin, lots } of this.book.held(leader)) {
        const trade: LeaderTrades = {
          at,
          kind: 'leader_trades',
          leader,
          coin,
          intent: 'close',
          order: this.added,
          before: lots,
          fills: [{ lots: -lots, price: this.prices.get(coin) ?? 1n }],
        };
        this.added += 1;
        this.keep(trade);
      }
  }
}
