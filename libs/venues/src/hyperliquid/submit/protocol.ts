import type { Instrument } from '@lockstep/kernel';
import type { ActionOutcome, Address, OutcomeColumns } from '../../port';
import type { HyperliquidConfig, VenueLogEntry } from '../config';
import type { L1Action } from '../sign/action-hash';
import type { FrameColumns } from '../sign/order-frames';

/*
 * What main thread and signing workers say to each other. Columns travel by transfer; keys travel once, towards the worker only.
 */

/** Rows of one batch for one worker, in ascending order of the batch. */
export interface Chunk {
  readonly batch: number;
  readonly instrument: Instrument;
  readonly builders: readonly Address[];
  readonly rows: Int32Array;
  readonly signer: Int32Array;
  readonly columns: FrameColumns;
}

/** How an action is signed and its answer read. */
export interface ActionManner {
  /** False: never for a sub-account or vault, whoever the signer acts for: the venue takes no `vaultAddress` on it. */
  readonly acting: boolean;
  /** Venue time after which it must not execute; 0: none. */
  readonly expiresAfter: number;
  /** True: the answer speaks for each of several orders and only its envelope is judged by the worker. */
  readonly several: boolean;
}

export type ToWorker =
  | {
      readonly kind: 'load';
      readonly ticket: number;
      readonly handles: Int32Array;
      /** 32 bytes a key. */
      readonly keys: Uint8Array;
      /** By position; null acts for the approving account. */
      readonly actingFor: readonly (Address | null)[] | null;
      /** By position; null where signers are not named on the wire. */
      readonly claims: readonly Address[] | null;
    }
  | { readonly kind: 'drop'; readonly ticket: number; readonly handles: Int32Array }
  | { readonly kind: 'chunk'; readonly chunk: Chunk }
  | {
      readonly kind: 'action';
      readonly ticket: number;
      readonly signer: number;
      readonly nonce: number;
      readonly action: L1Action;
      readonly manner: ActionManner;
    }
  | { readonly kind: 'relay'; readonly ticket: number; readonly egress: number; readonly payload: string }
  /** Fills the worker's pool of presignatures at once: for measuring. */
  | { readonly kind: 'prepare'; readonly ticket: number }
  /** Signs and builds the chunk's payloads without sending: for measuring. */
  | { readonly kind: 'build'; readonly ticket: number; readonly chunk: Chunk }
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'ready'; readonly engine: 'native' | 'wasm' }
  | { readonly kind: 'done'; readonly ticket: number }
  /** The whole chunk has left (or can no longer leave): the next one may be released. */
  | { readonly kind: 'chunk_sent'; readonly batch: number }
  /** Whether all lanes of an egress address are open on this worker. */
  | { readonly kind: 'lanes'; readonly egress: number; readonly open: boolean }
  /** A request leaves from this address although it was let leave from another, which takes no connection. */
  | { readonly kind: 'moved'; readonly egress: number }
  | { readonly kind: 'outcomes'; readonly batch: number; readonly columns: OutcomeColumns }
  | { readonly kind: 'action_outcome'; readonly ticket: number; readonly outcome: ActionOutcome }
  | { readonly kind: 'built'; readonly ticket: number; readonly orders: number; readonly bytes: number }
  | { readonly kind: 'log'; readonly entry: VenueLogEntry }
  | { readonly kind: 'closed' };

/** What a worker is started with. */
export interface WorkerSeed {
  readonly config: HyperliquidConfig;
  readonly index: number;
  /** This worker's share of `maxInFlight`; where the main thread paces by it, all of it. */
  readonly inFlightMax: number;
}
