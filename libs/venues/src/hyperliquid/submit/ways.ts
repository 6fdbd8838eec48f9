import { randomInt } from 'node:crypto';
import { present } from '@lockstep/kernel';
import { SpendWindow } from '../../egress/spend-window';
import type { HyperliquidConfig } from '../config';
import { DEFAULT_EGRESS } from '../transport/egress-address';
import { HttpClient } from '../transport/http';
import type { ConnectionEgress } from '../transport/ws-connection';
import { egressOf } from './partition';
import { PostLane } from './post-lane';

/** The venue's minute in which it counts new connections, with two seconds by which its counting may differ. */
const OPENINGS_WINDOW_MS = 62_000;

/** How long an address that took no connection is passed over, in ms. */
const DOWN_MS = 10_000;
const NONE_TRIED: ReadonlySet<number> = new Set();

/** One egress address as a worker has it: its own sockets and its own HTTP connections. */
interface Way {
  readonly lanes: readonly PostLane[];
  readonly http: HttpClient;
  /** Whether all lanes were open when it was last told. */
  told: boolean;
  /** It took no connection and is passed over until then, monotonic ms. */
  downUntil: number;
}

/** What a worker's ways out tell it. */
export interface WayEvents {
  onOpen(): void;
  onSettled(): void;
  onDown(egress: number, lane: number, reason: string): void;
  /** Whether all lanes of an address are open, whenever that changes. */
  onLanes(egress: number, open: boolean): void;
}

/** A worker's sockets and HTTP connections by egress address. A signer always takes the same lane while it is open. */
export class Ways {
  private readonly ways: readonly Way[];

  constructor(
    private readonly config: HyperliquidConfig,
    private readonly events: WayEvents,
  ) {
    this.ways = config.egress.map((_, egress) => this.open(egress));
  }

  get inFlight(): number {
    let sum = 0;
    for (const { lanes } of this.ways) for (const lane of lanes) sum += lane.inFlight;
    return sum;
  }

  /** The address of a signer's requests. */
  egressOf(handle: number): number {
    return egressOf(handle, this.config.workers, this.ways.length);
  }

  httpOf(egress: number): HttpClient {
    return this.at(egress).http;
  }

  /** The address a signer's requests leave from now: its own; while that takes no connection, the next one that does. */
  wayOf(handle: number): number {
    const own = this.egressOf(handle);
    return this.takesConnections(own) ? own : (this.besides(own) ?? own);
  }

  /** A signer's lane at an address: always the same one; another open one when it is down; null when none is open. */
  laneOf(handle: number, egress: number): PostLane | null {
    const { lanes } = this.at(egress);
    const own = lanes[Math.floor(handle / this.config.workers / this.ways.length) % lanes.length];
    return own?.isOpen === true ? own : this.openLane(egress);
  }

  /** An address took no connection: it is passed over for a while. Gives another one to try, none of those tried before; null: none is thought to take one. */
  failed(egress: number, tried: ReadonlySet<number>): number | null {
    this.at(egress).downUntil = performance.now() + DOWN_MS;
    return this.besides(egress, tried);
  }

  private besides(egress: number, tried: ReadonlySet<number> = NONE_TRIED): number | null {
    for (let step = 1; step < this.ways.length; step += 1) {
      const other = (egress + step) % this.ways.length;
      if (!tried.has(other) && this.takesConnections(other)) return other;
    }
    return null;
  }

  /** Whether an address has an open lane, or nothing speaks against its connections. */
  takesConnections(egress: number): boolean {
    return this.at(egress).downUntil <= performance.now() || this.openLane(egress) !== null;
  }

  /** Any open lane of an address. */
  openLane(egress: number): PostLane | null {
    return this.at(egress).lanes.find((lane) => lane.isOpen) ?? null;
  }

  /** Gives up every request sent before `deadline` (epoch ms). */
  expire(deadline: number, at: number): void {
    for (const { lanes } of this.ways) for (const lane of lanes) lane.expire(deadline, at);
  }

  /** Looks for sockets whose peer is gone. */
  probe(at: number): void {
    for (const { lanes } of this.ways) for (const lane of lanes) lane.probe(at);
  }

  async close(): Promise<void> {
    await Promise.all(this.ways.flatMap(({ lanes, http }) => [...lanes.map((lane) => lane.close()), http.close()]));
  }

  private open(egress: number): Way {
    const { config } = this;
    const address = config.egress[egress] ?? DEFAULT_EGRESS;
    const { connectTimeoutMs, answerTimeoutMs, answerBytesMax } = config;
    const limits = { connections: config.httpConnections, connectTimeoutMs, answerTimeoutMs, answerBytesMax };
    const connection: ConnectionEgress = { address, waitMs: this.openings() };
    const lanes = Array.from({ length: config.connectionsPerWorker }, (_, index) => this.lane(egress, index, connection));
    return { lanes, http: new HttpClient(config.url, limits, address), told: false, downUntil: 0 };
  }

  private lane(egress: number, index: number, connection: ConnectionEgress): PostLane {
    const events = {
      onOpen: () => {
        this.tell(egress);
        this.events.onOpen();
      },
      onDown: (reason: string) => {
        this.tell(egress);
        this.events.onDown(egress, index, reason);
      },
      onSettled: () => this.events.onSettled(),
    };
    return new PostLane(this.config.wsUrl, this.config, () => randomInt(1_000_000) / 1_000_000, events, connection);
  }

  /** Spreads attempts to connect: this worker's share of what an address may open in a minute. Without limits any time is good. */
  private openings(): () => number {
    const { rateLimits, orderOpeningsPerMinute, workers } = this.config;
    if (rateLimits === null) return () => 0;
    const most = Math.max(1, Math.floor(orderOpeningsPerMinute / workers));
    const window = new SpendWindow(OPENINGS_WINDOW_MS);
    return () => {
      const now = performance.now();
      if (window.used(now) < most) {
        window.spend(1, now);
        return 0;
      }
      return Math.max(1, window.at(most - 1, now) - now);
    };
  }

  private tell(egress: number): void {
    const way = this.ways[egress];
    if (way === undefined) return;
    const open = way.lanes.every((lane) => lane.isOpen);
    if (open === way.told) return;
    way.told = open;
    this.events.onLanes(egress, open);
  }

  private at(egress: number): Way {
    return present(this.ways[egress], `egress address ${egress}`);
  }
}
