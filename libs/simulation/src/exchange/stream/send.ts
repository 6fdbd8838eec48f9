import type { StreamFrame } from '../port';
import type { Sink } from '../state';

/** Sends one frame object to every sink of a key; it is built only when there is one. */
export function send(sinks: Map<string, Set<Sink>>, key: string, build: () => StreamFrame): void {
  const listeners = sinks.get(key);
  if (listeners === undefined || listeners.size === 0) return;
  const frame = build();
  for (const sink of [...listeners]) sink(frame);
}
