import { createIpLimits, FakeClock, IP_LIMITS, type IpLimits, type IpWindow, SeededRandom } from '@lockstep/simulation';
import { type ClassMix, type EgressForecast, EgressScheduler, evenly, forecast, QUEUED, type QueuedClass } from '@lockstep/venues/egress';
import { HYPERLIQUID_ADDRESS_LIMITS, hyperliquidIpLimits, readCost, socketCost, UPKEEP_COST } from '@lockstep/venues/hyperliquid';
import { Agenda } from './agenda';

/** One wave under limits on a simulated clock. */
export interface WaveCase {
  readonly ips: number;
  readonly window: IpWindow;
  readonly postsSpendWeight: boolean;
  /** Whether a wave just before has used up every address. */
  readonly buckets: 'full' | 'empty';
  readonly mix: ClassMix;
  readonly seed: number;
}

export interface WaveResult {
  readonly forecast: EgressForecast;
  /** Last answer of the wave, and of its reductions, in ms from its beginning. */
  readonly endMs: number;
  readonly reductionsEndMs: number;
  readonly answered: number;
  /** Refusals of the venue: over a socket or HTTP, of whatever kind. */
  readonly refused: number;
  /** Entries that left an address before its last reduction had. */
  readonly entriesBeforeReductions: number;
  /** Background requests meanwhile. */
  readonly reads: number;
}

/** Network delay each way: 20 to 80 ms, one in fifty 300 ms more. */
const DELAY_MS = { least: 20, spread: 60, rare: 50, rareMs: 300 } as const;
const BLOCK_MS = 100;
const MINUTE_MS = 60_000;
const WARM_UP = 120;
const REST_MS = 3 * MINUTE_MS;
/** In so long an address has sent all it may, and everything is answered. */
const SPENDING_MS = 15_000;
/** Background: a read of an account (weight 22) is wanted every 100 ms, ten pings in twenty seconds an address. */
const READ_EVERY_MS = 100;
const READ_WEIGHT = 22;
const PING_EVERY_MS = 2_000;

/**
 * Sends a wave through the scheduler to the simulated venue's own limits, with network delays, blocks, reads and pings, and compares what was forecast before it
 * with what happened. The venue's counting (libs/simulation/src/limits) knows nothing of the scheduler's.
 */
export class WaveOnClock {
  private readonly clock = new FakeClock(1_700_000_000_000);
  private readonly agenda = new Agenda();
  private readonly random: SeededRandom;
  private readonly venue: IpLimits;
  private readonly scheduler: EgressScheduler;
  private readonly arrivesAt: number[];
  private flow = 0;
  private running = true;
  private answered = 0;
  private refused = 0;
  private reads = 0;
  private lastAnswerAt = 0;
  private lastReductionAt = 0;
  private entriesBeforeReductions = 0;
  private wanted = 0;

  constructor(private readonly wave: WaveCase) {
    const { ips, postsSpendWeight, window, seed } = wave;
    this.random = new SeededRandom(seed);
    this.venue = createIpLimits({ ...IP_LIMITS, ipWindow: window, postsSpendWeight }, this.clock);
    this.arrivesAt = Array.from({ length: ips }, () => 0);
    const assumptions = { postsSpendWeight, outsideWeight: 60, inFlightMax: 100 };
    this.scheduler = new EgressScheduler({
      ips,
      limits: hyperliquidIpLimits(assumptions),
      accounts: HYPERLIQUID_ADDRESS_LIMITS,
      actionCost: socketCost(assumptions),
    });
  }

  run(): WaveResult {
    // Answers are measured on a few orders long before, then the addresses rest.
    this.begin({ entry: WARM_UP * this.wave.ips });
    this.playOut();
    this.clock.advance(REST_MS);
    if (this.wave.buckets === 'empty') {
      this.begin({ entry: 900 * this.wave.ips, reduction: 900 * this.wave.ips });
      // As many as fit, no more: what still waits is withdrawn, and the wave meets spent addresses.
      this.playOut(this.clock.monotonic() + SPENDING_MS);
      this.scheduler.close(this.flow);
    }
    return this.measure();
  }

  private measure(): WaveResult {
    this.refused = 0;
    this.reads = 0;
    this.entriesBeforeReductions = 0;
    const start = this.clock.monotonic();
    const told = forecast(this.scheduler, evenly(this.wave.mix, this.wave.ips), start);
    this.begin(this.wave.mix);
    this.keepBusy();
    this.playOut();
    return {
      forecast: told,
      endMs: this.lastAnswerAt - start,
      reductionsEndMs: Math.max(0, this.lastReductionAt - start),
      answered: this.answered,
      refused: this.refused,
      entriesBeforeReductions: this.entriesBeforeReductions,
      reads: this.reads,
    };
  }

  private begin(mix: ClassMix): void {
    const { scheduler } = this;
    this.flow = scheduler.open();
    this.running = true;
    this.answered = 0;
    this.lastReductionAt = 0;
    this.wanted = QUEUED.reduce((sum, cls) => sum + (mix[cls] ?? 0), 0);
    for (const [ip, share] of evenly(mix, scheduler.ips).entries()) {
      for (const cls of QUEUED) scheduler.ask(ip, this.flow, cls, { tokens: { length: 0 }, count: share[cls] ?? 0 });
      this.pump(ip);
    }
  }

  /** Plays until nothing is left to happen, or until a time. */
  private playOut(until = Number.POSITIVE_INFINITY): void {
    for (let next = this.agenda.take(); next !== undefined; next = this.agenda.take()) {
      if (next.at > until) {
        this.agenda.add(next.at, next.act);
        return;
      }
      this.clock.advance(next.at - this.clock.monotonic());
      next.act();
    }
  }

  private pump(ip: number): void {
    const now = this.clock.monotonic();
    for (const { cls, tokens } of this.scheduler.grant(ip, now)) {
      if (cls === 'entry' && this.scheduler.waiting(ip, 'reduction') > 0) this.entriesBeforeReductions += tokens.length;
      for (let sent = 0; sent < tokens.length; sent += 1) this.send(ip, cls);
    }
    const { at } = this.scheduler.nextAt(ip, now);
    if (Number.isFinite(at) && at > now) this.agenda.add(at, () => this.pump(ip));
  }

  private send(ip: number, cls: QueuedClass): void {
    const key = String(ip);
    const sentAt = this.clock.monotonic();
    const arrives = this.arrival(ip);
    // An action waits for the next block; its answer leaves with it.
    const done = Math.floor(arrives / BLOCK_MS + 1) * BLOCK_MS;
    const back = done + this.delay();
    this.agenda.add(arrives, () => {
      this.expectAdmitted(this.venue.takeMessage(key));
      this.expectAdmitted(this.venue.beginPost(key));
      if (this.venue.postsSpendWeight) this.expectAdmitted(this.venue.takeWeight(key, 1));
    });
    this.agenda.add(done, () => this.venue.endPost(key));
    this.agenda.add(back, () => {
      this.answered += 1;
      this.lastAnswerAt = this.clock.monotonic();
      if (cls === 'reduction') this.lastReductionAt = this.lastAnswerAt;
      if (this.answered === this.wanted) this.running = false;
      this.scheduler.answered(ip, cls, back - sentAt, this.lastAnswerAt);
      this.pump(ip);
    });
  }

  /** Reads and pings beside the wave. */
  private keepBusy(): void {
    const cost = readCost(READ_WEIGHT);
    const read = (): void => {
      const ip = this.scheduler.read(cost, this.clock.monotonic());
      if (ip !== null) {
        this.reads += 1;
        this.agenda.add(this.clock.monotonic() + this.delay(), () => this.expectAdmitted(this.venue.takeWeight(String(ip), READ_WEIGHT)));
      }
      if (this.running) this.agenda.add(this.clock.monotonic() + READ_EVERY_MS, read);
    };
    const ping = (): void => {
      for (let ip = 0; ip < this.scheduler.ips; ip += 1) {
        this.scheduler.note(ip, 'upkeep', UPKEEP_COST, 1, this.clock.monotonic());
        this.agenda.add(this.arrival(ip), () => this.expectAdmitted(this.venue.takeMessage(String(ip))));
      }
      if (this.running) this.agenda.add(this.clock.monotonic() + PING_EVERY_MS, ping);
    };
    read();
    ping();
  }

  private expectAdmitted(admitted: boolean): void {
    if (!admitted) this.refused += 1;
  }

  /** Frames of one socket arrive in the order they were sent. */
  private arrival(ip: number): number {
    const at = Math.max(this.arrivesAt[ip] ?? 0, this.clock.monotonic() + this.delay());
    this.arrivesAt[ip] = at;
    return at;
  }

  private delay(): number {
    return DELAY_MS.least + this.random.below(DELAY_MS.spread) + (this.random.below(DELAY_MS.rare) === 0 ? DELAY_MS.rareMs : 0);
  }
}
