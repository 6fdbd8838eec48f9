import { seededChance } from '@lockstep/simulation';
import type { Stack } from '../processes/stack';
import type { Violation } from './books';
import { type CrashCast, castCrash } from './cast';
import { DoomedEngine, type EngineStart } from './doomed-engine';
import { type Judgement, judge } from './judge';
import type { CrashOptions } from './options';
import { type Death, STAGES, WHOLE_PLAN } from './plan';
import { readBooks } from './read-books';
import { measureRestart, type RestartFigure } from './restart-figure';
import { settle } from './settle';

/** What a crash run found. */
export interface CrashReport {
  readonly seed: number;
  readonly followers: number;
  readonly deaths: readonly { readonly point: string; readonly where: 'before ready' | 'recovering' | 'trading' }[];
  /** Points that no wave passed although they were driven. */
  readonly missed: readonly string[];
  readonly randomKills: number;
  readonly leaderMoves: number;
  readonly starts: readonly EngineStart[];
  readonly restart: RestartFigure | null;
  readonly last: Judgement;
  readonly violations: readonly (Violation & { readonly after: string })[];
}

const MOVES_PER_DOOM_MAX = 8;
const DOOM_WAIT_MS = 8_000;
const SETTLE_MAX_MS = 120_000;

/** Drives deaths and random kills on a running stack, settles and judges after each that leaves time to, and once more at the end. */
export async function runCrash(stack: Stack, options: CrashOptions, say: (text: string) => void): Promise<CrashReport> {
  const cast = await castCrash(stack, options.seed, options.followers);
  try {
    const run = new CrashRun(cast, new DoomedEngine(stack), options, say);
    await run.begin();
    for (const death of deathsOf(options)) await run.die(death);
    for (let kill = 1; kill <= options.random; kill += 1) await run.killAtRandom(kill);
    return await run.end();
  } finally {
    await cast.close();
  }
}

/** The deaths of a run, in order. A point that only unsettled orders pass is preceded by a death that leaves some. */
export function deathsOf({ points, seed }: Pick<CrashOptions, 'points' | 'seed'>): readonly Death[] {
  if (points === 'all') return WHOLE_PLAN;
  return (points === 'each' ? oneOfEachStage(seed) : points).flatMap((point) => {
    const death = WHOLE_PLAN.find((one) => one.point === point && one.extra !== undefined) ?? { point };
    return NEEDS_UNSETTLED.has(point) ? [{ point: 'journaled_all_scopes' }, death] : [death];
  });
}

function oneOfEachStage(seed: number): readonly string[] {
  const chance = seededChance(seed, 'crash points');
  return Object.values(STAGES).map((points) => points[chance.below(points.length)] ?? '');
}

const NEEDS_UNSETTLED: ReadonlySet<string> = new Set(['reconciling_standing_read', 'reconciling_noop_sent']);

class CrashRun {
  private readonly deaths: { point: string; where: 'before ready' | 'recovering' | 'trading' }[] = [];
  private readonly missed: string[] = [];
  private readonly violations: (Violation & { after: string })[] = [];
  private readonly chance: ReturnType<typeof seededChance>;
  private moves = 0;
  private kills = 0;
  private last: Judgement | null = null;

  constructor(
    private readonly cast: CrashCast,
    private readonly engine: DoomedEngine,
    private readonly options: CrashOptions,
    private readonly say: (text: string) => void,
  ) {
    this.chance = seededChance(options.seed, 'crash moments');
  }

  /** A position in every coin before anything dies. */
  async begin(): Promise<void> {
    for (let move = 0; move < 3; move += 1) await this.act();
    await this.quietAndJudged('the first moves');
  }

  /** One engine doomed to die at a point: it recovers what the one before left, then trades until the point is passed. */
  async die(death: Death): Promise<void> {
    const { point } = death;
    if (!(await this.engine.start(point, death.extra))) return this.died(point, 'before ready');
    const quiet = await settle(this.cast, this.engine, SETTLE_MAX_MS);
    if (quiet.kind === 'died') return this.died(point, 'recovering');
    await this.judgeNow(`the start for ${point}`, quiet.kind === 'restless' ? quiet.why : null);
    for (let move = 0; move < MOVES_PER_DOOM_MAX; move += 1) {
      await this.act();
      if (await this.engine.diesWithin(move === MOVES_PER_DOOM_MAX - 1 ? DOOM_WAIT_MS : 1_500)) return this.died(point, 'trading');
    }
    this.missed.push(point);
    this.say(`✗ ${point} was not passed`);
  }

  /** SIGKILL at a moment drawn from the seed: while a wave is on its way, while nobody trades, or while the engine starts. */
  async killAtRandom(number: number): Promise<void> {
    if (this.engine.isDead && !(await this.engine.start(null))) return;
    const actions = 1 + this.chance.below(3);
    for (let action = 0; action < actions; action += 1) await this.act();
    const waitMs = this.chance.below(2) === 0 ? this.chance.below(60) : this.chance.below(1_200);
    await this.engine.diesWithin(waitMs);
    await this.kill();
    if (this.chance.below(3) === 0) await this.act();
    const inStart = this.chance.below(3) === 0;
    if (inStart) {
      const ready = await this.engine.start(null, {}, 150 + this.chance.below(1_500));
      this.kills += 1;
      if (ready) await this.engine.kill();
    }
    await this.engine.start(null);
    await this.quietAndJudged(`random kill ${number}${inStart ? ' and one while starting' : ''}`);
  }

  async end(): Promise<CrashReport> {
    if (this.engine.isDead) await this.engine.start(null);
    for (let move = 0; move < 3; move += 1) await this.act();
    await this.quietAndJudged('further moves');
    await this.cast.leader.closeAll();
    await this.quietAndJudged('closing everything');
    const restart = this.options.openRows === 0 ? null : await measureRestart(this.cast, this.engine, this.options.openRows, () => this.act());
    if (restart !== null) await this.quietAndJudged('the timed restart');
    const last = this.last ?? judge(await readBooks(this.sources()));
    const { seed, followers } = this.options;
    const { deaths, missed, violations } = this;
    return {
      seed,
      followers,
      deaths,
      missed,
      randomKills: this.kills,
      leaderMoves: this.moves,
      starts: this.engine.starts,
      restart,
      last,
      violations,
    };
  }

  private async act(): Promise<void> {
    await this.cast.leader.act();
    this.moves += 1;
  }

  private async kill(): Promise<void> {
    await this.engine.kill();
    this.kills += 1;
  }

  private died(point: string, where: 'before ready' | 'recovering' | 'trading'): void {
    this.deaths.push({ point, where });
    this.say(`· died at ${point} (${where})`);
  }

  private async quietAndJudged(after: string): Promise<void> {
    const quiet = await settle(this.cast, this.engine, SETTLE_MAX_MS);
    if (quiet.kind === 'died') throw new Error(`the engine died after ${after} although nothing killed it`);
    await this.judgeNow(after, quiet.kind === 'restless' ? quiet.why : null);
  }

  private async judgeNow(after: string, restless: string | null): Promise<void> {
    const judgement = judge(await readBooks(this.sources()));
    this.last = judgement;
    const found =
      restless === null ? judgement.violations : [{ rule: 'the system comes to rest', detail: restless, rows: [] }, ...judgement.violations];
    for (const violation of found) {
      // What stays broken is told once.
      if (this.violations.some((known) => known.rule === violation.rule && known.detail === violation.detail)) continue;
      this.violations.push({ ...violation, after });
      this.say(`✗ after ${after}: ${violation.rule}: ${violation.detail}`);
    }
    if (found.length === 0) this.say(`  judged after ${after}: ${judgement.venueOrders} venue orders, ${judgement.venueFills} fills, all hold`);
  }

  private sources() {
    const { storage, control, market, brands, leader, ratio } = this.cast;
    return { storage, control, market, brands, leaderAddress: leader.address, ratio };
  }
}
