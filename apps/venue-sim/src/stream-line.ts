import type { Clock } from '@lockstep/kernel';
import type { FaultEffect } from './faults';

/** A frame that waits to be overtaken goes out after this long, so that a quiet channel does not lose it. */
export const OVERTAKEN_MAX_MS = 5_000;
/** Frames that may wait behind a late one; a client so far behind is cut off, as the venue would. */
export const LATE_MAX_FRAMES = 100_000;

/** The frames of one connection's subscriptions on their way out. Without a fault a frame passes at once. */
export interface StreamLine {
  push(channel: string, text: string, effect: FaultEffect | null): void;
  /** Drops what waits. */
  close(): void;
}

export interface StreamLineOrder {
  readonly say: (text: string) => void;
  readonly hangUp: () => void;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Runs something later; answers how to call it off. */
  readonly later: (ms: number, run: () => void) => () => void;
}

/** One channel: what waits for its time, in order, and what waits to be overtaken. */
interface Lane {
  readonly late: { readonly text: string; readonly due: number }[];
  overtaken: Overtaken[];
  callOff: (() => void) | null;
}

interface Overtaken {
  readonly text: string;
  /** Frames of the channel still to go first. */
  ahead: number;
  readonly callOff: () => void;
}

export function createStreamLine(order: StreamLineOrder): StreamLine {
  const { say, hangUp, clock, later } = order;
  const lanes = new Map<string, Lane>();
  const laneOf = (channel: string): Lane => {
    const lane = lanes.get(channel) ?? { late: [], overtaken: [], callOff: null };
    lanes.set(channel, lane);
    return lane;
  };

  const pass = (lane: Lane, text: string): void => {
    say(text);
    for (const frame of lane.overtaken) frame.ahead -= 1;
    const free = lane.overtaken.filter((frame) => frame.ahead <= 0);
    lane.overtaken = lane.overtaken.filter((frame) => frame.ahead > 0);
    for (const frame of free) release(frame);
  };
  const release = ({ text, callOff }: Overtaken): void => {
    callOff();
    say(text);
  };
  const wait = (lane: Lane, text: string, due: number): void => {
    if (lane.late.length >= LATE_MAX_FRAMES) {
      hangUp();
      return;
    }
    lane.late.push({ text, due: Math.max(due, lane.late.at(-1)?.due ?? due) });
    if (lane.callOff === null) awaitHead(lane);
  };
  const awaitHead = (lane: Lane): void => {
    const head = lane.late[0];
    lane.callOff = head === undefined ? null : later(Math.max(0, head.due - clock.monotonic()), () => passDue(lane));
  };
  const passDue = (lane: Lane): void => {
    for (let head = lane.late[0]; head !== undefined && head.due <= clock.monotonic(); head = lane.late[0]) {
      lane.late.shift();
      pass(lane, head.text);
    }
    awaitHead(lane);
  };
  const advance = (lane: Lane, text: string): void => {
    if (lane.late.length > 0) wait(lane, text, clock.monotonic());
    else pass(lane, text);
  };
  const holdBack = (lane: Lane, text: string, frames: number): void => {
    const callOff = later(OVERTAKEN_MAX_MS, () => {
      lane.overtaken = lane.overtaken.filter((candidate) => candidate !== frame);
      say(text);
    });
    const frame: Overtaken = { text, ahead: frames, callOff };
    lane.overtaken.push(frame);
  };

  const play = (lane: Lane, text: string, effect: FaultEffect): void => {
    switch (effect.kind) {
      case 'hang_up':
        hangUp();
        break;
      case 'duplicate':
        advance(lane, text);
        advance(lane, text);
        break;
      case 'delay':
        wait(lane, text, clock.monotonic() + effect.delayMs);
        break;
      case 'reorder':
        holdBack(lane, text, effect.frames);
        break;
      default:
      // Silence: the frame is lost. The other effects are none of a stream.
    }
  };

  return {
    push: (channel, text, effect) => {
      const lane = lanes.get(channel);
      if (effect !== null) play(laneOf(channel), text, effect);
      else if (lane === undefined) say(text);
      else advance(lane, text);
    },
    close: () => {
      for (const lane of lanes.values()) {
        lane.callOff?.();
        for (const { callOff } of lane.overtaken) callOff();
      }
      lanes.clear();
    },
  };
}

/** A timer that does not keep the process alive. */
export function laterByTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
