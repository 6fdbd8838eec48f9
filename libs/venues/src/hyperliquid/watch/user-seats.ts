import type { Address } from '../../port';
import type { HyperliquidConfig } from '../config';
import type { OrderStreams } from './order-streams';
import { SeatClaims } from './seat-claims';
import { changeSeats } from './seats';
import { orderFrames, stateFrames, userFrames } from './user-frames';
import type { UserSession } from './user-session';

export interface UserSeatsParts {
  readonly config: HyperliquidConfig;
  readonly monotonic: () => number;
  readonly sessions: ReadonlyMap<Address, UserSession>;
  readonly dexes: () => readonly string[];
  /** Sends on the users' connection, where it is open. */
  readonly send: (frames: readonly string[]) => unknown;
  readonly recycle: (reason: string) => void;
  readonly beginSweep: () => void;
  readonly orderStreams: OrderStreams;
  /** The working orders of a user are told no longer, in one dex or in any. */
  readonly ordersLost: (user: Address, dex?: string) => void;
  readonly warn: (event: string, fields: Readonly<Record<string, string>>) => void;
}

/** Least time between two replacements of the users' connection for frames nobody can be named for, in ms. */
const RECYCLE_GAP_MS = 60_000;
/** Least time between two askings anew for the working orders of a user of which a list could not be read, in ms. */
const ORDERS_AGAIN_MS = 10_000;

/** The seats of the users' connection: who has one, what is subscribed to for it, and what becomes of one the venue does not serve. */
export class UserSeats {
  readonly seated = new Set<Address>();
  private preferred: readonly Address[] = [];
  /** Whose orders should be told, and whose are asked for. */
  private named: readonly Address[] = [];
  private readonly followed = new Set<Address>();
  /** Those of whom a list could not be read and was not asked for anew yet, and when that was done last. Of followed ones alone. */
  private readonly unreadLists = new Set<Address>();
  private readonly listsAskedAt = new Map<Address, number>();
  private readonly claims: SeatClaims;
  private recycledAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: UserSeatsParts) {
    const { seatWaitMs: answerMaxMs, seatAgainMs: againMs } = parts.config;
    this.claims = new SeatClaims({ answerMaxMs, againMs }, parts.monotonic);
  }

  /** Seats that streams of fills may take; the others are kept for addresses whose orders are followed. */
  get forStreams(): number {
    return Math.max(1, this.parts.config.userSeatsMax - Math.max(0, this.parts.config.orderSeatsReserved - this.followed.size));
  }

  /** Seats there are, as far as the venue gives them, and those of them kept for orders. */
  get total(): number {
    return this.isLimited ? this.claims.most(this.forStreams) : this.parts.config.userSeatsMax;
  }

  get reserved(): number {
    return this.isLimited ? 0 : Math.min(Math.max(0, this.parts.config.orderSeatsReserved - this.followed.size), this.parts.config.userSeatsMax);
  }

  /** Names whose working orders are told from now on. */
  followOrders(addresses: readonly Address[]): void {
    this.named = addresses.map((address) => address.toLowerCase());
    this.follow();
    this.change();
  }

  /** Whether a user's orders are told, or would be if they had to be. */
  tellsOrders(user: Address): boolean {
    return this.followed.has(user) || (this.seated.has(user) && this.followed.size < this.parts.config.orderSeatsReserved);
  }

  follows(user: Address): boolean {
    return this.followed.has(user);
  }

  /** Asks for the orders of those that are named and have a seat, and of nobody else. Who is followed goes on: a place that changes hands leaves one more leader's orders unknown. */
  private follow(): void {
    const seated = this.named.filter((user) => this.seated.has(user));
    const inTurn = [...seated.filter((user) => this.followed.has(user)), ...seated.filter((user) => !this.followed.has(user))];
    const wanted = new Set(inTurn.slice(0, this.parts.config.orderSeatsReserved));
    for (const user of this.followed) if (!wanted.has(user)) this.unfollow(user);
    for (const user of wanted) {
      if (this.followed.has(user)) continue;
      this.followed.add(user);
      this.parts.send(orderFrames('subscribe', user, this.parts.dexes()));
    }
  }

  private unfollow(user: Address): void {
    if (!this.followed.delete(user)) return;
    this.parts.send(orderFrames('unsubscribe', user, this.parts.dexes()));
    this.unreadLists.delete(user);
    this.listsAskedAt.delete(user);
    this.parts.ordersLost(user);
  }

  /** A list of working orders that cannot be read is one that is missing, of everybody where it names nobody: they are asked for anew. */
  unreadableOrders(named: Address | null): void {
    for (const user of this.followed) {
      if (named !== null && user !== named) continue;
      this.unreadLists.add(user);
      this.parts.ordersLost(user);
    }
  }

  /** A subscription begins with a list. One that can never be read costs a few messages now and then. */
  private askListsAnew(): void {
    const now = this.parts.monotonic();
    for (const user of this.unreadLists) {
      if (now - (this.listsAskedAt.get(user) ?? Number.NEGATIVE_INFINITY) < ORDERS_AGAIN_MS) continue;
      this.unreadLists.delete(user);
      this.listsAskedAt.set(user, now);
      for (const method of ['unsubscribe', 'subscribe'] as const) this.parts.send(orderFrames(method, user, this.parts.dexes()));
    }
  }

  prefer(addresses: readonly Address[]): void {
    this.preferred = addresses.map((address) => address.toLowerCase());
    this.change();
  }

  /** Gives seats to whom they belong now. */
  change(): void {
    const { sessions } = this.parts;
    const eligible = [...sessions.keys()].filter((user) => !this.claims.isBarred(user));
    const { seat, unseat } = changeSeats(eligible, this.seated, this.preferred, this.claims.most(this.forStreams));
    for (const user of unseat) this.unseat(user);
    for (const user of seat) {
      this.seated.add(user);
      sessions.get(user)?.seat();
      this.subscribe(user);
      this.parts.orderStreams.open(user);
    }
    this.follow();
  }

  leave(user: Address): void {
    if (!this.seated.delete(user)) return;
    this.claims.drop(user);
    this.unfollow(user);
    this.parts.send(userFrames('unsubscribe', user, this.parts.dexes()));
    this.parts.orderStreams.drop(user);
  }

  setDexes(added: readonly string[], dropped: readonly string[]): void {
    for (const user of this.seated) this.parts.send([...stateFrames('subscribe', user, added), ...stateFrames('unsubscribe', user, dropped)]);
    for (const user of this.followed) {
      this.parts.send([...orderFrames('subscribe', user, added), ...orderFrames('unsubscribe', user, dropped)]);
      for (const dex of dropped) this.parts.ordersLost(user, dex);
    }
  }

  /** The connection is open: everything is asked for anew. */
  opened(): void {
    this.claims.opened();
    for (const user of this.seated) this.subscribe(user);
    for (const user of this.followed) this.parts.send(orderFrames('subscribe', user, this.parts.dexes()));
  }

  down(): void {
    this.claims.down(this.seated);
    for (const user of this.seated) this.parts.sessions.get(user)?.disconnected();
    this.unreadLists.clear();
    for (const user of this.followed) this.parts.ordersLost(user);
  }

  /** The stream of a user began. */
  began(user: Address): void {
    this.claims.answered(user);
  }

  /** A frame of fills that cannot be read is a gap. Its user is swept from now on, so that the others keep their streams; without a sweep, or a name, only a new snapshot can close it. */
  unreadable(user: Address | null): void {
    if (user !== null && !this.seated.has(user)) return;
    if (user !== null && this.canSweep) {
      this.giveUp(user, 'its stream cannot be read');
      this.change();
    } else if (this.parts.monotonic() - this.recycledAt >= RECYCLE_GAP_MS) {
      this.recycledAt = this.parts.monotonic();
      this.parts.recycle('unreadable userFills frame');
    }
  }

  /** Gives up seats whose stream does not begin, and asks for them again later. Without a connection that stands nothing was refused: the sweep sees them meanwhile. */
  look(): void {
    this.askListsAnew();
    if (this.claims.renew()) this.change();
    const overdue = this.claims.overdue();
    if (overdue.length === 0) return;
    if (!this.claims.hadTime) {
      if (this.canSweep) this.parts.beginSweep();
      for (const user of this.canSweep ? overdue : []) this.parts.sessions.get(user)?.seatIsLate();
      return;
    }
    const { answers } = this.claims;
    if (this.canSweep) {
      for (const user of overdue) this.giveUp(user, 'its stream did not begin');
      this.claims.limit(this.seated.size);
    }
    if (!answers) this.parts.recycle('no stream began');
  }

  private giveUp(user: Address, why: string): void {
    this.parts.warn('venue_seat_given_up', { address: user, why });
    this.claims.bar(user);
    this.unseat(user);
  }

  private unseat(user: Address): void {
    this.leave(user);
    this.parts.beginSweep();
    this.parts.sessions.get(user)?.unseat();
  }

  private subscribe(user: Address): void {
    this.parts.send(userFrames('subscribe', user, this.parts.dexes()));
    this.claims.ask(user);
  }

  private get canSweep(): boolean {
    return this.parts.config.sweepConnectionsMax > 0;
  }

  private get isLimited(): boolean {
    return this.claims.most(this.forStreams) < this.forStreams;
  }
}
