import { hangUp } from './hang-up';

/** A sign of life takes no longer. */
export const PING_ANSWER_MAX_MS = 5_000;
/** An answer that came while this process did not run is read before anything is taken for silent, in ms. */
const READ_FIRST_MS = 100;

/**
 * Ends the connection of a client that gives no answer for `answerMaxMs`; whoever waits for it is told that it is lost. Returns what is to be called with the
 * answer. A timeout of the driver would leave the connection among those in use.
 */
export function endWhenSilent(client: object, answerMaxMs: number): () => void {
  let timer = setTimeout(() => {
    timer = setTimeout(() => hangUp(client), READ_FIRST_MS);
  }, answerMaxMs);
  return () => clearTimeout(timer);
}

/** Asks once for all who ask meanwhile: each look at a silent database would take another connection out of service. */
export function askedOnce(ask: () => Promise<void>): () => Promise<void> {
  let asked: Promise<void> | null = null;
  return () => {
    asked ??= ask().finally(() => {
      asked = null;
    });
    return asked;
  };
}
