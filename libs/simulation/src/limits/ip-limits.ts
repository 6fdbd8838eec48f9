import { type Clock, err, ok, type Result } from '@lockstep/kernel';
import { createWindowOf, type IpWindow } from './window';

/** Numbers the venue sets per remote IP. Where its documents and its behaviour differ, the documented number stands here. */
export interface IpLimitSettings {
  readonly restWeightPerMinute: number;
  readonly connectionsMost: number;
  readonly newConnectionsPerMinute: number;
  readonly subscriptionsMost: number;
  /** 10 documented, 15 enforced. */
  readonly usersMost: number;
  readonly messagesPerMinute: number;
  readonly postsInFlightMost: number;
  /** Not documented: whether a `post` also spends REST weight. */
  readonly postsSpendWeight: boolean;
  /** Not documented: how its minutes are counted. */
  readonly ipWindow: IpWindow;
}

export const IP_LIMITS: IpLimitSettings = {
  restWeightPerMinute: 1_200,
  connectionsMost: 10,
  newConnectionsPerMinute: 30,
  subscriptionsMost: 1_000,
  usersMost: 10,
  messagesPerMinute: 2_000,
  postsInFlightMost: 100,
  postsSpendWeight: false,
  ipWindow: 'sliding60',
};

/** What one IP may still do. Every `take` that succeeds counts; what is held is given back by its `release`. */
export interface IpLimits {
  takeWeight(ip: string, weight: number): boolean;
  /** Counts weight that was found out after the answer; it may stand above the limit, and what comes next waits for it. */
  spendWeight(ip: string, weight: number): void;
  takeMessage(ip: string): boolean;
  openConnection(ip: string): boolean;
  closeConnection(ip: string): void;
  beginPost(ip: string): boolean;
  endPost(ip: string): void;
  /** `user` is null for subscriptions that name none. */
  addSubscription(ip: string, user: string | null): Result<null, string>;
  dropSubscription(ip: string, user: string | null): void;
  readonly postsSpendWeight: boolean;
  /** False admits everything, so that nothing need be weighed. */
  readonly active: boolean;
}

const MINUTE_MS = 60_000;

interface Held {
  connections: number;
  posts: number;
  subscriptions: number;
  readonly users: Map<string, number>;
}

/** Enforces the settings; `clock.monotonic` measures the minutes. */
export function createIpLimits(settings: IpLimitSettings, clock: Clock): IpLimits {
  const weight = createWindowOf(settings.ipWindow, settings.restWeightPerMinute, MINUTE_MS);
  const messages = createWindowOf(settings.ipWindow, settings.messagesPerMinute, MINUTE_MS);
  const openings = createWindowOf(settings.ipWindow, settings.newConnectionsPerMinute, MINUTE_MS);
  const held = new Map<string, Held>();
  const now = (): number => clock.monotonic();

  const of = (ip: string): Held => {
    const known = held.get(ip) ?? { connections: 0, posts: 0, subscriptions: 0, users: new Map<string, number>() };
    held.set(ip, known);
    return known;
  };
  const tidy = (ip: string, { connections, posts, subscriptions }: Held): void => {
    if (connections + posts + subscriptions === 0) held.delete(ip);
  };

  return {
    active: true,
    postsSpendWeight: settings.postsSpendWeight,
    takeWeight: (ip, amount) => weight.take(ip, amount, now()),
    spendWeight: (ip, amount) => weight.spend(ip, amount, now()),
    takeMessage: (ip) => messages.take(ip, 1, now()),
    openConnection: (ip) => {
      const mine = of(ip);
      if (mine.connections >= settings.connectionsMost || !openings.take(ip, 1, now())) return false;
      mine.connections += 1;
      return true;
    },
    closeConnection: (ip) => {
      const mine = of(ip);
      mine.connections -= 1;
      tidy(ip, mine);
    },
    beginPost: (ip) => {
      const mine = of(ip);
      if (mine.posts >= settings.postsInFlightMost) return false;
      mine.posts += 1;
      return true;
    },
    endPost: (ip) => {
      const mine = of(ip);
      mine.posts -= 1;
      tidy(ip, mine);
    },
    addSubscription: (ip, user) => {
      const mine = of(ip);
      if (mine.subscriptions >= settings.subscriptionsMost) return err(`Cannot have more than ${settings.subscriptionsMost} subscriptions.`);
      if (user !== null && !mine.users.has(user) && mine.users.size >= settings.usersMost)
        return err(`Cannot track more than ${settings.usersMost} total users.`);
      mine.subscriptions += 1;
      if (user !== null) mine.users.set(user, (mine.users.get(user) ?? 0) + 1);
      return ok(null);
    },
    dropSubscription: (ip, user) => {
      const mine = of(ip);
      mine.subscriptions -= 1;
      if (user !== null) {
        const left = (mine.users.get(user) ?? 1) - 1;
        if (left === 0) mine.users.delete(user);
        else mine.users.set(user, left);
      }
      tidy(ip, mine);
    },
  };
}

/** Admits everything: the default of a development venue. */
export const NO_LIMITS: IpLimits = {
  active: false,
  postsSpendWeight: false,
  takeWeight: () => true,
  spendWeight: () => {},
  takeMessage: () => true,
  openConnection: () => true,
  closeConnection: () => {},
  beginPost: () => true,
  endPost: () => {},
  addSubscription: () => ok(null),
  dropSubscription: () => {},
};
