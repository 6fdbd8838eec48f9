import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

/** Frames gathered before a flush is forced within one turn of the event loop. */
const GATHERED_MAX_FRAMES = 512;
/** A reader this far behind is cut off, so that one slow client cannot hold the memory of all. */
export const OUTBOUND_MAX_BYTES = 268_435_456;

/** Sends text frames in as few system calls as possible: what one turn of the event loop produces leaves together. */
export interface CorkedWriter {
  send(text: string): void;
  /** Monotonic ms of the last frame handed over. */
  readonly lastSentAt: number;
}

export function createCorkedWriter(socket: WebSocket, stream: Duplex, monotonic: () => number): CorkedWriter {
  let gathered: string[] = [];
  let due = false;
  let lastSentAt = monotonic();

  const flush = (): void => {
    due = false;
    const frames = gathered;
    gathered = [];
    if (frames.length === 0 || socket.readyState !== WebSocket.OPEN) return;
    stream.cork();
    for (const frame of frames) socket.send(frame);
    stream.uncork();
    lastSentAt = monotonic();
    if (socket.bufferedAmount > OUTBOUND_MAX_BYTES) socket.terminate();
  };
  return {
    get lastSentAt() {
      return lastSentAt;
    },
    send: (text) => {
      gathered.push(text);
      if (gathered.length >= GATHERED_MAX_FRAMES) return flush();
      if (due) return;
      due = true;
      setImmediate(flush);
    },
  };
}
