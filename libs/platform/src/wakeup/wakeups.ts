import { must } from '@lockstep/kernel';

/**
 * Wake-ups between processes: "look again", never data. They may be lost or arrive twice; whoever listens also polls,
 * and polls at once after `onReconnect`. Publish after the commit of what the listener shall find.
 */
export interface Wakeups {
  /** Rejects while the carrier is away: the listener's poll is the safety net, so callers log and go on. */
  publish(channel: string, payload: string): Promise<void>;
  /** Listens from the moment the promise resolves; survives reconnects. The returned function stops it. */
  subscribe(channel: string, listener: WakeupListener): Promise<() => Promise<void>>;
  /** Calls back after a gap in which wake-ups may have been lost. */
  onReconnect(listener: () => void): () => void;
  close(): Promise<void>;
}

export type WakeupListener = (payload: string) => void;

export const MAX_PAYLOAD_BYTES = 200;
const CHANNEL = /^[a-z0-9_.:-]{1,60}$/;

/** Asserts what both carriers can transport. */
export function checkWakeup(channel: string, payload: string): void {
  must(CHANNEL.test(channel), `wake-up channel ${JSON.stringify(channel)}: 1 to 60 of a–z, 0–9, _ . : -`);
  must(Buffer.byteLength(payload) <= MAX_PAYLOAD_BYTES, `a wake-up carries at most ${MAX_PAYLOAD_BYTES} bytes`);
}

/** Calls every listener; one that throws is reported and does not keep the others from being called. */
export function callAll(listeners: Iterable<() => void>, failed: (error: unknown) => void): void {
  for (const listener of [...listeners]) {
    try {
      listener();
    } catch (error) {
      failed(error);
    }
  }
}
