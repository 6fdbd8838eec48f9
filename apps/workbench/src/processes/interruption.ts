/** Exit code of a command that was ended by a signal. */
export const INTERRUPTED = 130;

/**
 * SIGINT or SIGTERM as a promise, from the call on until it is released; released, signals act as before. A second signal gives the good order up:
 * it ends this process at once, and with it the processes it started.
 */
export function interruption(): { readonly promise: Promise<void>; release(): void } {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  let notice: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    notice = resolve;
  });
  let told = false;
  const take = (): void => {
    // Not left to the signal's own effect: that ends a process without its 'exit' handlers, and the children would live on.
    if (told) process.exit(INTERRUPTED);
    told = true;
    notice();
  };
  for (const signal of signals) process.on(signal, take);
  return {
    promise,
    release: () => {
      for (const signal of signals) process.removeListener(signal, take);
    },
  };
}
