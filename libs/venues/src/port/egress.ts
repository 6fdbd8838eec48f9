import type { EpochMs } from '@lockstep/kernel';
import type { Bound, Departures, EgressStanding } from '../egress';
import type { SignerHandle } from './submit';
import type { Address } from './types';

/** Orders as far as their way out matters. */
export interface LeavingOrders {
  readonly count: number;
  readonly signer: Int32Array;
  /** 1: takes risk off, hence leaves first. */
  readonly exit: Uint8Array;
}

/** How long orders would take if they were submitted now. */
export interface WaveForecast {
  /** The last answer; Infinity when some order could never leave. */
  readonly endsAt: EpochMs;
  /** What the address that ends last waits for longest; null: its answers alone. */
  readonly limitedBy: Bound | null;
}

/** What a venue's limits let leave, and when. Answers from memory; nothing here waits or sends, but for `readAccount`. */
export interface EgressView {
  /** Number of the egress address of a signer's orders, from 1; always the same one. */
  numberOf(signer: SignerHandle): number;
  /** Predicts, order by order, when the entries of a wave that is being planned would leave. */
  departures(): Departures;
  forecast(orders: LeavingOrders): WaveForecast;
  /** Takes note of orders that are planned and will be submitted soon: others are forecast behind them until the returned function is called. */
  announce(orders: LeavingOrders): () => void;
  /** Asks the venue what an account may still send, and takes it over. */
  readAccount(signer: SignerHandle, address: Address): Promise<void>;
  /** Accounts whose fills and states can be read in a minute out of what is kept for reads, while orders wait too. */
  comparisonsPerMinute(): number;
  /** Everything countable, for other processes to forecast from. */
  standing(): EgressStanding;
}
