import type { Stack } from './stack';

/** Waits until somebody asks for the end (null) or the first process ends by itself (its name). */
export async function untilStopped(stack: Stack, asked: Promise<void>): Promise<string | null> {
  const ended = Object.values(stack.children).map((child) => child.exited.then(() => child.name));
  return Promise.race([asked.then(() => null), ...ended]);
}
