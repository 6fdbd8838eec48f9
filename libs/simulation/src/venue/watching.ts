import { type EpochMs, parsePrice, parseSize, unwrap } from '@lockstep/kernel';
import type {
  Address,
  DepthUpdate,
  DetectionStanding,
  LeaderSight,
  MarkUpdate,
  MarkWatch,
  QuoteUpdate,
  QuoteWatch,
  SeatedWatch,
  UserWatch,
  VenueFill,
  WatchEvent,
} from '@lockstep/venues/port';
import type { VirtualProcess } from '../clock/virtual-time';
import { asList, asObject } from '../exchange/json';
import type { Json, StreamFrame, World } from '../exchange/port';
import type { Asking } from './ask';
import { SMOOTH } from './link';
import { WorldOrderLists } from './order-lists';
import { fillOf } from './read';
import type { Traffic } from './traffic';
import { accountOf, contextsOf, fillsOf } from './truth';

export interface WatchTerms {
  /** Time between two tellings of a watched account's state, of marks and of quotes, in ms. */
  readonly statesEveryMs: number;
  readonly marksEveryMs: number;
  readonly quotesEveryMs: number;
  /** Between two tellings of a book that is followed deep, in ms. */
  readonly booksEveryMs: number;
  /** Fills that are told with a first state when no moment is named. */
  readonly recentFills: number;
  /** Whether working orders are told of addresses that are named for that; each has a seat then. */
  readonly tellsOrders: boolean;
}

interface Watched {
  /** Newest fill told, venue time; its trade ids are told already. */
  since: EpochMs | null;
  close(): void;
}

/** How long a stream that tells nothing is believed in, in ms. */
const SILENCE_MS = 10_000;
/** Between two attempts at a connection, in ms. */
const RECONNECT_MS = 1_000;

/** Watches addresses of a world: fills as their blocks tell them, states in turn. A cut stream is made again; what was missed is told with the next state. */
export class WorldUserWatch implements UserWatch {
  readonly seats?: SeatedWatch;
  private readonly lists: WorldOrderLists;
  private readonly watched = new Map<Address, Watched>();
  private readonly told = new Set<string>();
  private up = true;
  private silentSince: number | null = null;
  private closed = false;

  constructor(
    private readonly asking: Asking,
    private readonly process: VirtualProcess,
    private dexes: readonly string[],
    private readonly sink: (event: WatchEvent) => void,
    private readonly terms: WatchTerms,
    private readonly traffic: Traffic,
  ) {
    this.lists = new WorldOrderLists({
      world: () => this.world,
      link: asking.link,
      hears: () => this.hears,
      tell: (event) => this.tell(event),
    });
    if (terms.tellsOrders) this.seats = this.seated();
    process.every(terms.statesEveryMs, () => this.tellStates());
    process.every(RECONNECT_MS, () => this.lookAfter());
  }

  watch(address: Address, since: EpochMs | null = null): 'watching' {
    const known = this.watched.get(address);
    if (known !== undefined) return 'watching';
    const subscription = this.world.subscribe({ type: 'userFills', user: address }, (frame) => this.frame(address, frame));
    if (!subscription.ok) throw new Error(`the world does not stream ${address}: ${subscription.error}`);
    this.watched.set(address, { since, close: () => subscription.value.close() });
    if (this.up) this.sync(address);
    return 'watching';
  }

  unwatch(address: Address): void {
    this.watched.get(address)?.close();
    this.watched.delete(address);
  }

  setDexes(dexes: readonly string[]): void {
    const fresh = dexes.some((dex) => !this.dexes.includes(dex));
    this.dexes = dexes;
    if (fresh) this.lists.add(dexes);
    if (fresh && this.up) for (const address of this.watched.keys()) this.sync(address);
  }

  close(): Promise<void> {
    this.closed = true;
    for (const address of [...this.watched.keys()]) this.unwatch(address);
    return Promise.resolve();
  }

  /** Seats for everybody: what addresses without one miss is the conformance's business. */
  private seated(): SeatedWatch {
    return {
      prefer: () => undefined,
      hurry: () => undefined,
      followOrders: (addresses) => {
        for (const address of this.lists.follow(addresses, this.dexes)) if (this.up) this.readLists(address);
      },
      sightOf: (address): LeaderSight | null =>
        this.watched.has(address) ? { source: this.up ? 'stream' : 'none', seat: true, orders: true, lastSeenAt: null } : null,
      standing: () => this.standing(),
    };
  }

  private standing(): DetectionStanding {
    const users = this.watched.size;
    const none = { count: 0, medianMs: null, p99Ms: null };
    const seats = { seatsTotal: users, seatsUsed: users, seatsReserved: 0, watched: users, streamed: users, swept: 0, unread: 0 };
    const sweep = { sweepCovers: false, sweepLosses: 0, coins: 0 };
    const connection = { connections: 1, connectionsOpened: 1, subscriptions: users, subscriptionsMax: users, messagesSent: 0 };
    return { ...seats, ...sweep, ...connection, weightPerMinuteMax: 0, weightSpent: 0, readsWaiting: 0, stream: none, sweep: none };
  }

  /** Reads the working orders of an address that is named for them now; where it is out of sight its next state brings them. */
  private readLists(address: Address): void {
    void this.asking
      .read('order lists', (info) => this.lists.read(info, address, this.dexes))
      .then((read) => {
        if (this.closed || !this.up || !this.lists.follows(address)) return;
        if (read.ok) this.lists.release(address, read.value, this.process.now());
        else this.process.after(RECONNECT_MS, () => this.readLists(address));
      });
  }

  private get world(): World {
    return this.asking.clock.world;
  }

  private frame(address: Address, frame: StreamFrame): void {
    const data = asObject(frame.data);
    if (data?.isSnapshot === true || !this.hears) return;
    const fills = (asList(data?.fills) ?? []).map(fillOf);
    const passage = this.asking.link.faults.passage({ kind: 'event', about: 'fills' });
    this.asking.link.back(passage, (receivedAt) => this.tellFills(address, fills, receivedAt));
    if (passage.twice) this.asking.link.back(passage, (receivedAt) => this.tellFills(address, fills, receivedAt));
  }

  private get hears(): boolean {
    const { faults } = this.asking.link;
    return this.up && !this.closed && !faults.streamsDown('users') && !faults.streamsSilent('users');
  }

  private tellFills(address: Address, fills: readonly VenueFill[], receivedAt: EpochMs): void {
    if (!this.up || !this.watched.has(address)) return;
    const fresh = fills.filter((fill) => this.isNew(address, fill));
    if (fresh.length > 0) this.tell({ kind: 'fills', address, fills: fresh, receivedAt });
  }

  private isNew(address: Address, fill: VenueFill): boolean {
    const key = `${address}/${fill.coin}/${fill.time}/${fill.tradeId}`;
    if (this.told.has(key)) return false;
    this.told.add(key);
    const watched = this.watched.get(address);
    if (watched !== undefined) watched.since = Math.max(watched.since ?? 0, fill.time);
    return true;
  }

  /** Reads state and missed fills together; asked for again until it is there. */
  private sync(address: Address): void {
    void this.asking
      .read('sync', (info) => {
        const since = this.watched.get(address)?.since ?? null;
        const fills = since === null ? recent(fillsOf(info, address, 0), this.terms.recentFills) : fillsOf(info, address, since);
        const lists = this.lists.follows(address) ? this.lists.read(info, address, this.dexes) : null;
        return { fills, lists, states: this.dexes.map((dex) => accountOf(info, address, dex)) };
      })
      .then((read) => {
        if (this.closed || !this.up || !this.watched.has(address)) return;
        if (!read.ok) {
          this.process.after(RECONNECT_MS, () => this.sync(address));
          return;
        }
        const { fills, states, lists } = read.value;
        for (const fill of fills) this.isNew(address, fill);
        this.tell({ kind: 'synced', address, states, fills, receivedAt: this.process.now() });
        if (lists !== null) this.lists.release(address, lists, this.process.now());
      });
  }

  private tellStates(): void {
    if (!this.hears) return;
    for (const address of this.watched.keys()) {
      const passage = this.asking.link.faults.passage({ kind: 'event', about: 'state' });
      this.asking.clock.catchUp();
      const states = this.dexes.map((dex) => accountOf((request) => infoOf(this.world, request), address, dex));
      this.asking.link.back(passage, (receivedAt) => {
        if (!this.up) return;
        for (const state of states) this.tell({ kind: 'state', state, receivedAt });
      });
    }
  }

  /** Notices that a stream is cut, or that it was silent too long, and makes it again once it can be. */
  private lookAfter(): void {
    const { faults } = this.asking.link;
    const now = this.process.monotonic();
    if (faults.streamsSilent('users')) this.silentSince ??= now;
    const silentFor = this.silentSince === null ? 0 : now - this.silentSince;
    const cut = faults.streamsDown('users') || silentFor > SILENCE_MS;
    // A silence that ended before it was noticed lost frames too: the connection is made anew.
    const over = this.silentSince !== null && !faults.streamsSilent('users');
    if (this.up && (cut || over)) {
      this.up = false;
      this.silentSince = null;
      this.lists.lose();
      this.tell({ kind: 'disconnected', at: this.process.now(), reason: cut ? 'cut' : 'silent' });
      return;
    }
    if (this.up || faults.streamsDown('users') || faults.streamsSilent('users')) return;
    this.up = true;
    this.silentSince = null;
    this.tell({ kind: 'connected', at: this.process.now() });
    for (const address of this.watched.keys()) this.sync(address);
  }

  private tell(event: WatchEvent): void {
    this.traffic.user(event);
    this.sink(event);
  }
}

/** Figures to which prices of a told book are merged. */
const BOOK_FIGURES = 4;

const recent = (fills: readonly VenueFill[], most: number): VenueFill[] => fills.slice(-most);

function infoOf(world: World, request: Json): Json {
  const answer = world.info(request);
  if (answer.status !== 200) throw new Error(`the world does not read ${JSON.stringify(request)}`);
  return answer.body;
}

/** Tells the marks of every coin of the followed dexes again and again, changed or not; nothing while streams are cut or silent. */
export function watchWorldMarks(
  asking: Asking,
  process: VirtualProcess,
  everyMs: number,
  sink: (updates: readonly MarkUpdate[]) => void,
  traffic: Traffic,
): MarkWatch {
  let coins: readonly string[] = [];
  let closed = false;
  process.every(everyMs, () => {
    const { faults } = asking.link;
    if (closed || faults.streamsDown('marks') || faults.streamsSilent('marks')) return;
    asking.clock.catchUp();
    const { control } = asking.clock.world;
    const marks = coins.map((coin) => ({ coin, markPrice: control.prices(coin).mark }));
    asking.link.back(faults.passage({ kind: 'event', about: 'marks' }), (receivedAt) => {
      const updates = marks.map((mark) => ({ ...mark, receivedAt }));
      traffic.marks(updates);
      sink(updates);
    });
  });
  return {
    setDexes: (dexes) => {
      coins = contextsOf((request) => infoOf(asking.clock.world, request), dexes).map(({ instrument }) => instrument.coin);
    },
    close: () => {
      closed = true;
      return Promise.resolve();
    },
  };
}

/** Tells best bids and asks of followed coins every so often, and more seldom the books of those that are followed deep. */
export function watchWorldQuotes(
  asking: Asking,
  process: VirtualProcess,
  { quotesEveryMs, booksEveryMs }: Pick<WatchTerms, 'quotesEveryMs' | 'booksEveryMs'>,
  sink: (update: QuoteUpdate) => void,
  traffic: Pick<Traffic, 'quotes'>,
  depth: (update: DepthUpdate) => void = () => undefined,
): QuoteWatch {
  let followed: readonly string[] = [];
  let deep: readonly string[] = [];
  const tellBooks = (): void => {
    const { faults } = asking.link;
    if (deep.length === 0 || faults.streamsDown('marks') || faults.streamsSilent('marks')) return;
    asking.clock.catchUp();
    const books = deep.map((coin) => bookOf(infoOf(asking.clock.world, { type: 'l2Book', coin, nSigFigs: BOOK_FIGURES }), coin));
    asking.link.back(SMOOTH, (receivedAt) => {
      for (const book of books) depth({ ...book, receivedAt });
    });
  };
  process.every(booksEveryMs, tellBooks);
  process.every(quotesEveryMs, () => {
    const { faults } = asking.link;
    if (followed.length === 0 || faults.streamsDown('marks') || faults.streamsSilent('marks')) return;
    asking.clock.catchUp();
    const { control } = asking.clock.world;
    const quotes = followed.map((coin) => {
      const { bid, ask } = control.prices(coin);
      return { coin, bid, ask };
    });
    asking.link.back(SMOOTH, (receivedAt) => {
      traffic.quotes(quotes);
      for (const quote of quotes) sink({ ...quote, receivedAt });
    });
  });
  return {
    follow: (coins, deepCoins = []) => {
      const fresh = deepCoins.some((coin) => !deep.includes(coin));
      followed = [...coins];
      deep = deepCoins.filter((coin) => followed.includes(coin));
      // A subscription begins with what there is.
      if (fresh) tellBooks();
      return followed;
    },
    close: () => {
      followed = [];
      deep = [];
      return Promise.resolve();
    },
  };
}

/** The book of an `l2Book` answer. */
function bookOf(answer: Json, coin: string): Omit<DepthUpdate, 'receivedAt'> {
  const sides = (asList(asObject(answer)?.levels) ?? []).map((side) =>
    (asList(side) ?? []).map((level) => {
      const { px, sz } = asObject(level) ?? {};
      return { price: unwrap(parsePrice(String(px)), 'a price of a book'), size: unwrap(parseSize(String(sz)), 'a size of a book') };
    }),
  );
  return { coin, bids: sides[0] ?? [], asks: sides[1] ?? [] };
}
