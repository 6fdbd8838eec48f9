import type { Exchange } from '../exchange';
import type { JsonObject } from '../json';
import type { Address, ExchangeAnswer, Json } from '../port';
import type { VenueAccount } from '../state';

/** Where an action stands inside its block: what places no taking order first, then cancels, then orders that may take. */
export const QUEUE_CLASSES = ['control', 'plain', 'cancel', 'taking'] as const;
export type QueueClass = (typeof QUEUE_CLASSES)[number];

/** For whom an action runs. */
export interface Actor {
  readonly owner: VenueAccount;
  readonly signer: Address;
  readonly nonce: number;
  /** Who signed beside the signer, for a `multiSig` action. */
  readonly cosigners: readonly (Address | null)[];
}

/** An action whose JSON was read: what the block needs to order and run it. */
export interface PreparedAction {
  readonly queueClass: QueueClass;
  /** Signed by the main wallet itself, never by an agent. */
  readonly ownerOnly: boolean;
  /** Takes no `vaultAddress`: it is about the signing account itself. */
  readonly masterOnly?: boolean;
  /** Requests it costs the address. */
  readonly weight: number;
  /** Cancels have the larger request budget. */
  readonly isCancel: boolean;
  run(ex: Exchange, actor: Actor): ExchangeAnswer;
}

/** Reads one action type; null when the JSON is not of its shape (the server then answers 422). */
export type Prepare = (action: JsonObject) => PreparedAction | null;

export const done: ExchangeAnswer = { status: 'ok', response: { type: 'default' } };
export const okay = (type: string, data: Json): ExchangeAnswer => ({ status: 'ok', response: { type, data } });
export const refused = (response: string): ExchangeAnswer => ({ status: 'err', response });

/** An action that only changes settings or balances. */
export const plain = (run: PreparedAction['run'], weight = 1): PreparedAction => ({
  queueClass: 'plain',
  ownerOnly: false,
  weight,
  isCancel: false,
  run,
});

/** The same about the signing account itself, never about a sub-account or vault named beside it. */
export const ofMaster = (run: PreparedAction['run']): PreparedAction => ({ ...plain(run), masterOnly: true });

/** The same, signed by the main wallet. */
export const ownerSigned = (run: PreparedAction['run']): PreparedAction => ({ ...ofMaster(run), ownerOnly: true });
