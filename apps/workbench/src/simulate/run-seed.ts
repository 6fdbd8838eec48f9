import {
  createAuditor,
  type Observation,
  printStep,
  type RecordedMarkets,
  recordedScenarioOf,
  type Scenario,
  type ScenarioSize,
  type ScenarioStep,
  SeededIds,
  SeededRandom,
  scenarioOf,
  VirtualTime,
} from '@lockstep/simulation';
import { scopeKey } from '@lockstep/tenancy';
import { CRASH_POINTS } from '../../../engine/src/index';
import { ObservationDigest } from './observation-digest';
import type { SeedOutcome, ToldViolation } from './outcome';
import { Answers } from './play/answers';
import { BEGIN_MS } from './play/begin';
import { snapshotOf } from './play/calm';
import { Cast, type CommandCast, type CopyCast } from './play/cast';
import { EngineDied } from './play/engine-died';
import { EngineHost } from './play/engine-host';
import { FaultSwitches } from './play/faults';
import { JournalTap } from './play/journal-tap';
import { memoryStore } from './play/memory-store';
import { PlatformActor } from './play/platform-actor';
import type { SimStore } from './play/platform-store';
import { HALTED_BY, Player } from './play/player';
import { postgresStore } from './play/postgres-store';
import type { Committed } from './play/process-storage';
import { Quiet } from './play/quiet';
import { SimWorld } from './play/sim-world';
import { takenOnIn } from './play/taken-on';
import { TrafficTap } from './play/traffic-tap';
import { TransactionQueue } from './play/transaction-queue';
import { unapprovedOf } from './play/unapproved';
import { SimWakeups } from './play/wakeups';
import { CHARGED_MS, WorldTap } from './play/world-tap';
import type { SeedWatch } from './seed-watch';

export interface SeedOrder {
  readonly seed: number;
  /** How much of a world; `standard` when not given. */
  readonly size?: ScenarioSize;
  /** Steps of its script at least; 0: as many as its size has. */
  readonly steps: number;
  readonly broken: string | null;
  readonly store: 'memory' | 'postgres';
  /** Owner's address of the server a store on PostgreSQL is made on (see `startSimServer`). */
  readonly serverUrl?: string | null;
  /** What its world is made of, the seed being its number; null or not given: it is drawn. */
  readonly recorded?: RecordedMarkets | null;
  /** Played in place of any other. */
  readonly script?: Scenario;
  /** Told what happens, for whoever looks on. */
  readonly say?: (text: string) => void;
  /** Ends after this step of the script. */
  readonly lastStep?: number;
  /** Ends with the step after which a violation of one of these kinds was told. */
  readonly until?: readonly string[];
  readonly watch?: SeedWatch;
}

/** Before the first step: an engine is up, accounts are activated. */
const SETTLE_MS = 15_000;
const ANSWER_MAX_MS = 60_000;
/** What the engine says of itself that must never happen. */
const DEFECTS: ReadonlySet<string> = new Set(['the gate refused planned orders']);

/** What it says when it took up the operator's limits, which no command names. */
const PLATFORM_LIMITS = 'limits of the platform changed';

/** Plays one seed and has the auditor judge it. Everything in it happens in one order, so the same seed gives the same outcome. */
export async function runSeed(order: SeedOrder): Promise<SeedOutcome> {
  const began = performance.now();
  const before = process.cpuUsage();
  const run = new SeedRun(order);
  const failure = await run.toTheEnd();
  const { user, system } = process.cpuUsage(before);
  return run.outcome(failure, performance.now() - began, (user + system) / 1_000);
}

export class SeedRun {
  private readonly time: VirtualTime;
  private readonly scenario;
  private readonly cast = new Cast();
  private readonly journal = new JournalTap((no) => this.cast.copyOfNo(no)?.terms.follow === 'increases_only');
  private readonly faults: FaultSwitches;
  private readonly auditor = createAuditor();
  private readonly told: ToldViolation[] = [];
  private readonly kinds = new Map<string, number>();
  private readonly digest = new ObservationDigest();
  private readonly world: SimWorld;
  private readonly worldTap: WorldTap;
  private readonly store: SimStore;
  private readonly host: EngineHost;
  private readonly player: Player;
  private readonly answers: Answers;
  private observed = 0;
  private fills = 0;
  private readonly quiet: Quiet;
  private step = 0;
  private rejections: unknown[] = [];

  constructor(private readonly order: SeedOrder) {
    const transactions = new TransactionQueue();
    this.time = order.store === 'memory' ? new VirtualTime(BEGIN_MS) : new VirtualTime(BEGIN_MS, () => transactions.settled());
    this.quiet = new Quiet(this.time);
    const recorded = order.recorded ?? null;
    this.scenario =
      order.script ??
      (recorded === null
        ? scenarioOf(order.seed, order.size ?? 'standard', { crashPoints: CRASH_POINTS }, order.steps)
        : recordedScenarioOf({ ...recorded, crashPoints: CRASH_POINTS }, order.seed));
    this.faults = new FaultSwitches(new SeededRandom(order.seed * 31 + 7));
    const followers = new Set(this.scenario.followers.map(({ address }) => address));
    let tap: WorldTap | null = null;
    this.world = new SimWorld(
      this.time,
      this.scenario,
      (world) => {
        tap = new WorldTap(
          world,
          () => this.time.exact(),
          (signer) => this.cast.followerOfAgent(signer)?.address ?? null,
          (address) => followers.has(address),
          (observation) => this.observe(observation),
        );
        return tap.watched();
      },
      () => undefined,
    );
    if (tap === null) throw new Error('the world is watched');
    this.worldTap = tap;
    this.store = order.store === 'memory' ? memoryStore({ now: () => this.time.now() }) : this.onPostgres(transactions);
    const wakeups = new SimWakeups(this.time, () => this.faults.wakeUpLost());
    const ids = new SeededIds(this.time, new SeededRandom(order.seed * 17 + 3));
    const actor = new PlatformActor(this.store.platform, ids, this.time, wakeups, this.cast);
    this.host = new EngineHost({
      seed: order.seed,
      tellsOrders: this.tellsOrders,
      time: this.time,
      clock: this.world.clock,
      storage: this.store.engine,
      wakeups,
      faults: this.faults,
      tap: (process) =>
        new TrafficTap(
          process,
          () => this.time.exact(),
          this.cast,
          this.journal,
          (no) => this.copyId(no),
          this.scenario.leaders.map(({ address }) => address),
          (dex) => this.world.coinsOf(dex),
          (observation) => this.observe(observation),
        ),
      committed: (process, offsetMs, what) => this.committed(process, offsetMs, what),
      lives: (process, isBorn) => {
        this.observe({ kind: isBorn ? 'process_started' : 'process_died', at: this.time.exact(), process });
        if (isBorn) this.loaded();
      },
      locks: ({ process, ...news }) => {
        const at = this.time.exact();
        if (news.kind === 'lock_lost') this.observe({ kind: news.kind, at, process, certainUntil: at + news.certainMs });
        else this.observe({ ...news, at, process });
      },
      logged: (level, message, fields) => this.logged(level, message, fields),
    });
    this.player = new Player({
      scenario: this.scenario,
      world: this.world,
      actor,
      cast: this.cast,
      host: this.host,
      faults: this.faults,
      observe: (observation) => this.observe(observation),
      exact: () => this.time.exact(),
      ids,
    });
    this.answers = new Answers({
      scenario: this.scenario,
      actor,
      cast: this.cast,
      time: this.time,
      observe: (observation) => this.observe(observation),
    });
  }

  /** Null, or why it could not go on. */
  async toTheEnd(): Promise<string | null> {
    const onRejection = (reason: unknown): void => {
      if (!(reason instanceof EngineDied)) this.rejections.push(reason);
    };
    process.on('unhandledRejection', onRejection);
    try {
      await this.play();
      const [rejection] = this.rejections;
      return rejection === undefined ? null : `unhandled: ${textOf(rejection)}`;
    } catch (failure) {
      return `step ${this.step}: ${textOf(failure)}`;
    } finally {
      process.off('unhandledRejection', onRejection);
      this.host.stop();
      await this.order.watch?.ended({ store: this.store, cast: this.cast, violations: this.told });
      await this.store.close();
    }
  }

  outcome(failure: string | null, ms: number, cpuMs: number): SeedOutcome {
    const counts = this.auditor.counts();
    return {
      seed: this.order.seed,
      broken: this.order.broken,
      store: this.order.store,
      steps: this.step,
      decisions: counts.riskIncreasing,
      orders: counts.orders,
      fills: this.fills,
      marks: counts.marks,
      deaths: this.host.deaths,
      copies: this.cast.copies.size,
      kinds: Object.fromEntries([...this.kinds].sort()),
      digest: this.digest.hex(),
      journal: this.journal.hex(),
      violations: this.told,
      failure,
      ms: Math.round(ms),
      cpuMs: Math.round(cpuMs),
    };
  }

  private onPostgres(transactions: TransactionQueue): SimStore {
    const { seed, serverUrl } = this.order;
    if (serverUrl === undefined || serverUrl === null) throw new Error('a seed on PostgreSQL needs a server');
    // One process plays one seed at a time; another may play the same one.
    return postgresStore({ serverUrl, name: `seed_${seed}_${process.pid}`, clock: this.time, transactions });
  }

  private async play(): Promise<void> {
    this.world.start();
    if (mayStand(this.scenario)) this.worldTap.standing(this.scenario.followers.map(({ address }) => address));
    await this.answered(this.network().then(() => this.player.begin()));
    for (const { agents } of this.cast.followers) for (const agent of agents) this.worldTap.setUpWith(agent);
    this.worldTap.hourlyFunding(
      this.time,
      this.scenario.followers.map(({ address }) => address),
      () => this.world.clock.catchUp(),
    );
    this.answers.start();
    const start = this.time.exact() + SETTLE_MS;
    for (const step of this.scenario.steps) {
      if (this.step === this.order.lastStep) return;
      const at = step.kind === 'engine_starts' && step.at === 0 ? this.time.exact() : start + step.at;
      await this.time.runUntil(at);
      this.step += 1;
      if (step.kind === 'calm_begins' || step.kind === 'calm_ends') this.answers.rest(step.kind === 'calm_begins');
      this.kinds.set(step.kind, (this.kinds.get(step.kind) ?? 0) + 1);
      this.order.say?.(`${this.step} ${printStep(step)}`);
      // A venue charges before anything else of a block: what a move of the price fills of standing orders comes in another one.
      if (this.tellsOrders && (step.kind === 'funding_charge' || this.world.chargesNext())) await this.time.runUntil(this.world.nextBlock());
      await this.answered(this.player.play(step));
      await this.after(step);
      this.found();
      if (this.told.some(({ kind }) => this.order.until?.includes(kind))) return;
    }
  }

  /** An engine writes down where it trades when it starts; how leaders with orders are seen refers to that row. */
  private async network(): Promise<void> {
    if (!this.tellsOrders) return;
    await this.store.engine.platform((unit) => unit.markets.putNetwork({ venue: 'hyperliquid', network: 'sim', environment: 'test', url: '' }));
  }

  private async after(step: ScenarioStep): Promise<void> {
    if (step.kind === 'audit') await this.quiet.until();
    if (step.kind === 'funding_charge') await this.time.runUntil(this.time.exact() + CHARGED_MS);
    if (step.kind === 'funding_charge' || step.kind === 'audit') this.worldTap.funding(this.scenario.followers.map(({ address }) => address));
    if (step.kind !== 'audit') return;
    const addresses = [...this.scenario.leaders, ...this.scenario.followers].map(({ address }) => address);
    this.world.clock.catchUp();
    const positions = addresses.map((address) => ({
      address,
      positions: this.world.dexes.flatMap((dex) => this.world.states(address, dex)).filter(({ size }) => size !== 0n),
    }));
    const marks = this.world.names.map((coin) => ({ coin, price: this.world.prices(coin).mark }));
    const seen = await this.answered(snapshotOf(this.time.exact(), this.store, this.cast, this.journal, positions, marks));
    this.auditor.calm({ ...seen, leaderOrders: this.workingOrders(), unapproved: this.unapproved(seen.unapproved ?? []) });
  }

  private unapproved(booked: readonly string[]): readonly string[] {
    return unapprovedOf(this.scenario.followers, this.scenario.steps.slice(0, this.step), booked);
  }

  /** What stands of leaders who work with orders. */
  private workingOrders(): readonly { readonly leader: string; readonly orderIds: readonly string[] }[] {
    return this.scenario.leaders
      .filter(({ style }) => style === 'orders')
      .map(({ address, coins }) => ({ leader: address, orderIds: coins.flatMap((coin) => this.world.openOrders(address, coin)).map(String) }));
  }

  /** Whether some leader works with orders. */
  private get tellsOrders(): boolean {
    return this.scenario.leaders.some(({ style }) => style === 'orders');
  }

  /** Lets time go on until something has its answer. */
  private async answered<T>(work: Promise<T>): Promise<T> {
    await this.time.runWhile(work, ANSWER_MAX_MS);
    return work;
  }

  private found(): void {
    const violations = this.auditor.violations();
    for (const { kind, text, at, copyId, cloid } of violations.slice(this.told.filter(({ kind: one }) => one !== 'defect').length))
      this.told.push({ kind, text, at, step: this.step, copyId, cloid });
  }

  private observe(observation: Observation): void {
    this.observed += 1;
    if (observation.kind === 'world_fill') this.fills += 1;
    this.quiet.observe(observation);
    this.digest.add(observation);
    this.order.watch?.observed(observation, this.step);
    this.auditor.observe(observation);
  }

  /** A process that begins loads the newest settings, whether a command for them was settled or not. */
  private loaded(): void {
    this.player.limitsTaken(null);
    for (const copy of this.cast.copies.values()) {
      for (const change of copy.pending) {
        if (change.told !== true) this.player.terms(copy, change.terms, copy.confirmed, change.tightenedAt);
        change.told = true;
      }
    }
  }

  private committed(
    process: string,
    offsetMs: number,
    { scope, journal, journaledAt, settled, states, stops, mirrors, flows, crosses }: Committed,
  ): void {
    const at = this.time.exact();
    for (const { copyNo, clientOrderId: cloid, nonce } of stops) {
      const copyId = this.copyId(Number(copyNo));
      this.observe({ kind: 'stop_written', at, process, scope: scopeKey(scope), copyId, cloid, signer: this.signerOf(copyId), nonce: Number(nonce) });
    }
    for (const { row, givenAt } of mirrors) {
      const copyId = this.copyId(Number(row.copyNo));
      const { clientOrderId: cloid, leaderOrderId, replaces } = row;
      const named = { process, scope: scopeKey(scope), copyId, cloid, signer: this.signerOf(copyId), nonce: Number(row.nonce) };
      this.observe({ kind: 'mirror_written', at, ...named, writtenAt: givenAt, leaderOrder: leaderOrderId ?? '', replaces });
    }
    if (journal.length > 0) {
      const { order, step } = this;
      for (const { moveId, shard, part, packed } of journal)
        order.watch?.journaled({ at, step, process, scope, moveId, shard, part, bytes: Buffer.from(packed) });
      const { moves, orders } = this.journal.take(scope, journal, journaledAt, offsetMs);
      for (const { coin, time, copyNos } of moves)
        this.observe({ kind: 'move_decided', at, coin, time, copyIds: copyNos.map((no) => this.copyId(no)) });
      for (const order of orders) {
        const copyId = this.copyId(order.copyNo);
        const { wave, clientOrderId: cloid, nonce } = order;
        this.observe({
          kind: 'order_journaled',
          at,
          process,
          scope: order.scope,
          copyId,
          wave,
          cloid,
          signer: this.signerOf(copyId),
          nonce,
          journaledAt,
        });
      }
    }
    for (const { copyNo, from, state } of states) {
      const copyId = this.copyId(copyNo);
      const reEnabled = from === 'breaker_closed' && state === 'active' ? { reEnabled: true as const } : {};
      // A pause is over with the state that ends it, before its command is settled; one of before a breaker with the follower's wish to go on.
      if ((from === 'paused' || from === 'breaker_closed') && state === 'active')
        this.observe({ kind: 'halt_lifted', at, thing: { kind: 'copy', copyId }, cause: 'pause' });
      this.observe({ kind: 'copy_state', at, copyId, state: state as 'active', ...reEnabled });
      if (state === 'active' && (from === 'preparing' || from === 'breaker_closed')) this.begun(copyId);
    }
    for (const cross of crosses) this.crossed(process, offsetMs, scope, cross);
    for (const source of flows) this.flowed(scope, source);
    for (const end of settled) this.settled(scope, end);
    for (const end of settled) this.takenOn(scope, end);
  }

  private crossed(process: string, offsetMs: number, scope: Committed['scope'], cross: Committed['crosses'][number]): void {
    const { no, coin, buyerCopyNo, sellerCopyNo, size, price, crossedAt } = cross;
    const copies = { buyerId: this.copyId(buyerCopyNo), sellerId: this.copyId(sellerCopyNo) };
    const made = { process, scope: scopeKey(scope), no: String(no), coin, ...copies, size, price, decidedAt: crossedAt - offsetMs };
    this.observe({ kind: 'crossed', at: this.time.exact(), cross: made });
  }

  /** Money of a copy moved: what acts at once takes its targets down in the same moment. */
  private flowed(scope: Committed['scope'], source: string): void {
    const no = /:command:(\d+)/.exec(source)?.[1];
    const command = no === undefined ? undefined : this.cast.command(scope, BigInt(no));
    const copy = command === undefined ? undefined : this.cast.copyOf(command.targetId);
    if (copy === undefined || command?.applies !== 'now' || command.allocation === undefined || command.allocation >= copy.confirmed) return;
    const [before, after] = [copy.confirmed, command.allocation];
    this.observe({ kind: 'reduced_now', at: this.time.exact(), copyId: copy.id, before, after });
  }

  private settled(scope: Committed['scope'], { no, status, result }: Committed['settled'][number]): void {
    const command = this.cast.command(scope, no);
    if (command?.kind === 'limits.changed') this.player.limitsTaken(command.targetId);
    const copy = command === undefined ? undefined : this.cast.copyOf(command.targetId);
    if (command === undefined || copy === undefined) return;
    const at = this.time.exact();
    const thing = { kind: 'copy' as const, copyId: copy.id };
    switch (command.kind) {
      case 'copy.settings': {
        const change = copy.pending.shift();
        if (change?.told === true) return;
        if (change !== undefined && status === 'applied') this.player.terms(copy, change.terms, copy.confirmed, change.tightenedAt);
        else this.observe({ kind: 'terms_refused', at, copyId: copy.id });
        return;
      }
      case 'copy.allocation':
        if (status === 'applied') {
          this.allocated(copy, command, result);
          return;
        }
        // The row goes back with it, unless a newer wish stands there.
        if (copy.allocation === command.allocation) copy.allocation = copy.confirmed;
        this.observe({ kind: 'terms_refused', at, copyId: copy.id });
        return;
      case 'copy.pause':
        if (status === 'refused') this.observe({ kind: 'halt_lifted', at, thing, cause: 'pause' });
        return;
      case 'copy.resume':
        if (status === 'applied') this.observe({ kind: 'halt_lifted', at, thing, cause: 'pause' });
        return;
      case 'copy.stop':
        // What is being closed already, for instance by a loss limit, is not handed over.
        if (status === 'refused' && command.mode !== undefined && command.mode !== 'close_now')
          this.observe({ kind: 'halt_lifted', at, thing, cause: HALTED_BY[command.mode] });
        return;
      case 'proposal.approve':
        if (status === 'refused') this.observe({ kind: 'approval_refused', at, copyId: copy.id, no: no.toString() });
        return;
      case 'copy.rebase':
        if (status === 'applied') this.observe({ kind: 'rebased', at, copyId: copy.id });
        return;
      default:
    }
  }

  /** A copy that adopts takes on what its leader holds once he is seen: until its beginning is settled that is a re-basis which was asked for. */
  private begun(copyId: string): void {
    const copy = this.cast.copyOf(copyId);
    if (copy === undefined || copy.starting === true || (copy.told?.terms ?? copy.terms).start.kind !== 'adopt') return;
    copy.starting = true;
    this.observe({ kind: 'rebased', at: this.time.exact(), copyId, asked: true });
  }

  /** A wish to take on what the leader holds, or a beginning that does, is settled, done or refused. */
  private takenOn(scope: Committed['scope'], { no, status }: Committed['settled'][number]): void {
    const command = this.cast.command(scope, no);
    if (command === undefined) return;
    const { targetId: copyId, kind } = command;
    const copy = this.cast.copyOf(copyId);
    const begins = copy?.starting === true && (kind === 'copy.activate' || kind === 'copy.re_enable');
    if (begins) {
      copy.starting = false;
      if (status === 'applied') this.observe({ kind: 'rebased', at: this.time.exact(), copyId });
    }
    if (begins || command.takesOn === true) this.observe({ kind: 'rebase_settled', at: this.time.exact(), copyId });
  }

  private allocated(copy: CopyCast, { allocation, applies }: CommandCast, result: unknown): void {
    const more = allocation !== undefined && allocation > copy.confirmed;
    copy.confirmed = allocation ?? copy.confirmed;
    this.player.terms(copy, copy.terms, copy.confirmed);
    if (applies !== 'now' || !more) return;
    const at = this.time.exact();
    this.observe({ kind: 'rebased', at, copyId: copy.id });
    this.observe({ kind: 'added_now', at, copyId: copy.id, added: takenOnIn(result) });
  }

  private copyId(no: number): string {
    return this.cast.copyOfNo(no)?.id ?? '';
  }

  private signerOf(copyId: string): string {
    return this.cast.copyOf(copyId)?.follower.agents.at(-1) ?? '';
  }

  private logged(level: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    this.order.say?.(`    ${level}: ${message} ${fieldsText(fields)}`);
    if (message === PLATFORM_LIMITS) this.player.limitsTaken('platform');
    if (DEFECTS.has(message))
      this.told.push({ kind: 'defect', text: `${message} ${fieldsText(fields)}`, at: this.time.exact(), step: this.step, copyId: null, cloid: null });
  }
}

/** Whether orders of some copy may stand at the venue. */
const mayStand = ({ steps }: Scenario): boolean =>
  steps.some(
    (step) => step.kind === 'copy_create' && (step.terms.onBreach === 'rest' || step.terms.protectiveStop === true || step.terms.policy === 'orders'),
  );

const textOf = (failure: unknown): string => (failure instanceof Error ? (failure.stack ?? failure.message) : String(failure));

/** Fields of a log line as one text; errors with their stack. */
const fieldsText = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(fields, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value instanceof Error ? textOf(value) : value));
