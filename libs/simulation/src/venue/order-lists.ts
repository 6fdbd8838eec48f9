import type { Address, OpenOrder, WatchEvent } from '@lockstep/venues/port';
import { asList, asObject } from '../exchange/json';
import type { Json, World } from '../exchange/port';
import type { Link } from './link';
import { openOrderOf } from './read';

type Lists = ReadonlyMap<string, readonly OpenOrder[]>;
type Info = (request: Json) => Json;

/** What {@link WorldOrderLists} asks of the watch it belongs to. */
export interface ListParts {
  readonly world: () => World;
  readonly link: Link;
  /** Whether frames reach the process now. */
  readonly hears: () => boolean;
  readonly tell: (event: WatchEvent) => void;
}

/**
 * Working orders of the addresses that are followed, as the world's stream lists them after every change. A list that comes before the state of its address was read
 * again waits for that, so that it is told behind the fills that were missed.
 */
export class WorldOrderLists {
  private readonly followed = new Map<Address, (() => void)[]>();
  /** Addresses whose lists are told; of the others the newest ones are held. */
  private readonly told = new Set<Address>();
  private readonly held = new Map<Address, Map<string, readonly OpenOrder[]>>();

  constructor(private readonly parts: ListParts) {}

  /** Streams the lists of these addresses and of no others; answers those that are new. */
  follow(addresses: readonly Address[], dexes: readonly string[]): readonly Address[] {
    for (const address of this.followed.keys()) if (!addresses.includes(address)) this.drop(address);
    const fresh = addresses.filter((address) => !this.followed.has(address));
    for (const address of fresh) this.open(address, dexes);
    return fresh;
  }

  /** The lists of a dex that was not there before come too. */
  add(dexes: readonly string[]): void {
    for (const address of [...this.followed.keys()]) {
      this.drop(address);
      this.open(address, dexes);
    }
  }

  follows(address: Address): boolean {
    return this.followed.has(address);
  }

  /** The connection is gone: nothing of it is told any more. */
  lose(): void {
    this.told.clear();
    this.held.clear();
  }

  /** Reads the lists of an address at the world; what the stream brought before is older. */
  read(info: Info, address: Address, dexes: readonly string[]): Lists {
    this.held.delete(address);
    return new Map(dexes.map((dex) => [dex, (asList(info({ type: 'frontendOpenOrders', user: address, dex })) ?? []).map(openOrderOf)]));
  }

  /** What was read is here, and so is the state of the address: it is told, and what the stream brought since. */
  release(address: Address, lists: Lists, receivedAt: number): void {
    if (!this.followed.has(address)) return;
    this.told.add(address);
    for (const [dex, orders] of [...lists, ...(this.held.get(address) ?? [])])
      this.parts.tell({ kind: 'open_orders', address, dex, orders, receivedAt });
    this.held.delete(address);
  }

  private open(address: Address, dexes: readonly string[]): void {
    const closers = dexes.map((dex) => {
      const subscription = this.parts.world().subscribe({ type: 'openOrders', user: address, dex }, (frame) => this.frame(address, dex, frame.data));
      if (!subscription.ok) throw new Error(`the world does not list orders of ${address}: ${subscription.error}`);
      return () => subscription.value.close();
    });
    this.followed.set(address, closers);
  }

  private drop(address: Address): void {
    for (const close of this.followed.get(address) ?? []) close();
    this.followed.delete(address);
    this.told.delete(address);
    this.held.delete(address);
  }

  private frame(address: Address, dex: string, data: Json): void {
    if (!this.parts.hears()) return;
    const orders = (asList(asObject(data)?.orders) ?? []).map(openOrderOf);
    const passage = this.parts.link.faults.passage({ kind: 'event', about: 'orders' });
    this.parts.link.back(passage, (receivedAt) => {
      if (!this.parts.hears() || !this.followed.has(address)) return;
      if (this.told.has(address)) this.parts.tell({ kind: 'open_orders', address, dex, orders, receivedAt });
      else this.held.set(address, (this.held.get(address) ?? new Map<string, readonly OpenOrder[]>()).set(dex, orders));
    });
  }
}
