import type { Stack } from './stack';

/** Waits for SIGINT or SIGTERM (null) or for the first process that ends by itself (its name). */
export async function untilStopped(stack: Stack): Promise<string | null> {
  const asked = new Promise<null>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(null));
  });
  const ended = Object.values(stack.children).map((child) => child.exited.then(() => child.name));
  return Promise.race([asked, ...ended]);
}
