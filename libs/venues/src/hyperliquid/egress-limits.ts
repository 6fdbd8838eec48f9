import { must } from '@lockstep/kernel';
import type { AddressLimits, Cost, IpLimits } from '../egress';

/** Which of the venue's undocumented answers are assumed, and how its numbers are divided. */
export interface EgressAssumptions {
  /** Whether a `post` over a socket spends REST weight besides its message: not documented (facts §11.1). `true` is safe either way. */
  readonly postsSpendWeight: boolean;
  /** REST weight a minute that other processes of the same address may spend: a gateway's or an operator's reads. */
  readonly outsideWeight: number;
  /** Requests without an answer at the same time. */
  readonly inFlightMax: number;
}

/** Numbers of facts §11.1, a minute and address. */
const VENUE = { weight: 1_200, messages: 2_000 } as const;
/** Held free in the weight: exits of a wave that meets a spent minute, and reads, so that accounts are compared while waves run. */
const WEIGHT_KEPT = { reduction: 60, read: 240 } as const;
/** Most that reads take while nothing waits: a wave that comes then still finds more than half of a minute. */
const READ_WEIGHT_MOST = 480;
/** Held free in the messages: pings of ten connections and the subscriptions of a reconnect, and exits. */
const MESSAGES_KEPT = { reduction: 100, upkeep: 200 } as const;
/** The venue's minute, a second by which its own counting may be coarse, and a second in which a request may be on its way. */
const WINDOW_MS = 62_000;

/** Reading an account's fills (20) and the states of two dexes (2 each): what comparing it costs. */
export const COMPARISON_WEIGHT = 24;

/** Meters in the order in which costs name them. */
export function hyperliquidIpLimits({ outsideWeight, inFlightMax }: EgressAssumptions): IpLimits {
  must(outsideWeight >= 0 && outsideWeight <= VENUE.weight / 2, 'outsideWeight is at most half of the venue’s weight');
  return {
    meters: [
      { name: 'weight', perWindow: VENUE.weight - outsideWeight, kept: WEIGHT_KEPT, most: { read: READ_WEIGHT_MOST } },
      { name: 'messages', perWindow: VENUE.messages, kept: MESSAGES_KEPT, most: {} },
    ],
    windowMs: WINDOW_MS,
    inFlightMax,
    lateMs: 1_000,
    backoffMinMs: 5_000,
    backoffMaxMs: 60_000,
    answerMs: 300,
  };
}

/** Facts §11.2; refused requests were measured to be let through about 11 s apart. */
export const HYPERLIQUID_ADDRESS_LIMITS: AddressLimits = { free: 10_000, spacingMs: 11_000, cancelsBeyond: 100_000, keptFromEntries: 100 };

/** One order or other action of fewer than 40 parts over a socket. */
export const socketCost = ({ postsSpendWeight }: Pick<EgressAssumptions, 'postsSpendWeight'>): Cost => ({
  meters: [postsSpendWeight ? 1 : 0, 1],
  inFlight: true,
});
/** The same over HTTP. */
export const HTTP_ACTION_COST: Cost = { meters: [1, 0], inFlight: true };
/** An action of which it is not known which of both ways it takes. */
export const EITHER_WAY_COST: Cost = { meters: [1, 1], inFlight: true };
/** A read of the named weight. */
export const readCost = (weight: number): Cost => ({ meters: [weight, 0], inFlight: false });
/** A ping or a subscription. */
export const UPKEEP_COST: Cost = { meters: [0, 1], inFlight: false };
