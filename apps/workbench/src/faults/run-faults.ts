import { seededChance } from '@lockstep/simulation';
import type { Violation } from '../crash/books';
import { type CrashCast, castCrash } from '../crash/cast';
import { DoomedEngine } from '../crash/doomed-engine';
import { type Judgement, judge } from '../crash/judge';
import { readBooks } from '../crash/read-books';
import { settle } from '../crash/settle';
import type { Stack } from '../processes/stack';
import { type Cell, FAULT_DECK, FAULT_STAGES } from './deck';
import type { FaultOptions } from './options';

/** What one fault at one stage came to. */
export interface CellResult {
  readonly stage: string;
  readonly fault: string;
  /** How often it struck; for sockets cut and blocks stopped: once. */
  readonly struck: number;
  /** Orders that reached the venue's books in this cell. */
  readonly orders: number;
  /** From the leader's move to a system at rest. */
  readonly settledMs: number;
  readonly violations: readonly Violation[];
}

export interface FaultReport {
  readonly seed: number;
  readonly followers: number;
  readonly cells: readonly CellResult[];
  readonly last: Judgement;
}

/** A coin whose books are deep enough that what fails, fails by the fault alone. */
const COIN = 'ETH';
const STEP_USD = 6_000;
const SETTLE_MAX_MS = 90_000;
/** How long a fault may take to meet a message of its kind: comparisons come round every few seconds. */
const STRIKE_WAIT_MS = 15_000;
const POLL_MS = 50;

/** The cells a run plays. */
export function cellsOf({ stage, sample, seed }: Pick<FaultOptions, 'stage' | 'sample' | 'seed'>): readonly Cell[] {
  const wanted = FAULT_DECK.filter((cell) => stage === null || cell.stage === stage);
  if (!sample) return wanted;
  const chance = seededChance(seed, 'fault cells');
  return FAULT_STAGES.flatMap((name) => {
    const cells = wanted.filter((cell) => cell.stage === name);
    const drawn = cells[chance.below(Math.max(1, cells.length))];
    return drawn === undefined ? [] : [drawn];
  });
}

/** Plays the deck on a running stack: strike, let the leader move, wait for rest, and compare everything written down with the venue's own books. */
export async function runFaults(stack: Stack, options: FaultOptions, say: (text: string) => void): Promise<FaultReport> {
  const cast = await castCrash(stack, options.seed, options.followers);
  try {
    const run = new FaultRun(cast, new DoomedEngine(stack));
    await run.begin();
    const cells: CellResult[] = [];
    for (const cell of cellsOf(options)) {
      const result = await run.play(cell);
      cells.push(result);
      say(`${result.violations.length === 0 ? '·' : '✗'} ${cell.stage}: ${cell.fault}`);
    }
    return { seed: options.seed, followers: options.followers, cells, last: await run.end() };
  } finally {
    await cast.close();
  }
}

class FaultRun {
  private readonly known = new Set<string>();
  private orders = 0;

  constructor(
    private readonly cast: CrashCast,
    private readonly engine: DoomedEngine,
  ) {}

  /** A position to add to and to reduce, and books that agree before anything is struck. */
  async begin(): Promise<void> {
    await this.cast.leader.move(COIN, 'open', STEP_USD);
    const { violations } = await this.rest();
    if (violations.length > 0) throw new Error(`the books differ before any fault: ${violations.map(({ rule, detail }) => `${rule}: ${detail}`)}`);
  }

  async play(cell: Cell): Promise<CellResult> {
    const { control, leader } = this.cast;
    await control.clearFaults();
    await this.backToBase();
    const before = this.orders;
    const { strike } = cell;
    if ('rules' in strike) for (const rule of strike.rules) await control.fault({ ...rule });
    const started = performance.now();
    const struck = await this.strike(cell, () => leader.move(COIN, cell.move, STEP_USD));
    await control.clearFaults();
    const { violations } = await this.rest();
    const found = struck > 0 ? violations : [{ rule: 'the fault strikes', detail: 'no message met it', rows: [] }, ...violations];
    return {
      stage: cell.stage,
      fault: cell.fault,
      struck,
      orders: this.orders - before,
      settledMs: Math.round(performance.now() - started),
      violations: found,
    };
  }

  /** Every cell begins with the same position of the leader, long or short: halved ten times its tenth would be below what the venue takes. */
  private async backToBase(): Promise<void> {
    if (!(await this.cast.leader.toSize(COIN, STEP_USD))) return;
    const quiet = await settle(this.cast, this.engine, SETTLE_MAX_MS);
    if (quiet.kind !== 'quiet') throw new Error(`no rest between two faults: ${quiet.kind === 'restless' ? quiet.why : 'the engine ended'}`);
  }

  async end(): Promise<Judgement> {
    await this.cast.leader.closeAll();
    const { violations, judgement } = await this.rest();
    return { ...judgement, violations };
  }

  /** Lets the leader move while the fault is there; how often it struck. */
  private async strike({ strike }: Cell, move: () => Promise<unknown>): Promise<number> {
    const { control } = this.cast;
    if (strike.kind === 'halt') {
      // The leader's fill lands in the last block: what the followers send meets a venue that stands still.
      await move();
      await control.halt(true);
      await new Promise((resolve) => setTimeout(resolve, strike.forMs));
      await control.halt(false);
      return 1;
    }
    if (!('rules' in strike)) {
      const turn = (on: boolean) => (strike.kind === 'no_trading' ? control.haltTrading(on) : control.postOnly(on));
      await turn(true);
      await move();
      await new Promise((resolve) => setTimeout(resolve, strike.forMs));
      await turn(false);
      return 1;
    }
    await move();
    if (strike.kind === 'disconnect') await control.disconnect();
    return strike.rules.length === 0 ? 1 : await this.strikes();
  }

  /** Waits until the last rule, which is the fault itself, has struck as often as it will. */
  private async strikes(): Promise<number> {
    const until = performance.now() + STRIKE_WAIT_MS;
    for (;;) {
      const struck = (await this.cast.control.faultStrikes()).at(-1) ?? 0;
      if (struck > 0 || performance.now() > until) {
        const quiet = await settle(this.cast, this.engine, STRIKE_WAIT_MS);
        return quiet.kind === 'quiet' ? Math.max(struck, (await this.cast.control.faultStrikes()).at(-1) ?? 0) : struck;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Waits for rest and judges; what stays broken is told once. */
  private async rest(): Promise<{ readonly violations: readonly Violation[]; readonly judgement: Judgement }> {
    const quiet = await settle(this.cast, this.engine, SETTLE_MAX_MS);
    if (quiet.kind === 'died') throw new Error('the engine ended although nothing killed it');
    const { storage, control, market, brands, leader, ratio } = this.cast;
    const judgement = judge(await readBooks({ storage, control, market, brands, leaderAddress: leader.address, ratio }));
    this.orders = judgement.venueOrders;
    const restless = quiet.kind === 'quiet' ? [] : [{ rule: 'the system comes to rest', detail: quiet.why, rows: [] }];
    const violations = [...restless, ...judgement.violations].filter(({ rule, detail }) => {
      const name = `${rule}: ${detail}`;
      return !this.known.has(name) && this.known.add(name);
    });
    return { violations, judgement };
  }
}
