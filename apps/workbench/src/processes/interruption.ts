/** Exit code of a command that was ended by a signal. */
export const INTERRUPTED = 130;

/** SIGINT or SIGTERM as a promise, from the call on until it is released; released, signals act as before. */
export function interruption(): { readonly promise: Promise<void>; release(): void } {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  let notice: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    notice = resolve;
  });
  const take = (): void => notice();
  for (const signal of signals) process.once(signal, take);
  return {
    promise,
    release: () => {
      for (const signal of signals) process.removeListener(signal, take);
    },
  };
}
