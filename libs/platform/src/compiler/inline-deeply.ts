import { setFlagsFromString } from 'node:v8';

/** Bytecode that V8 may take into one compiled function, in bytes; by itself it stops at 920. */
export const INLINED_BYTES_MAX = 6_000;

/**
 * Lets V8 take more small functions into their callers, for the process. A wave asks dozens of them about every copy; at V8's own bound some stay calls, and every
 * number beyond 32 bits that goes into or out of a call is put on the heap: planning takes a quarter longer. Compiling takes seconds more of a second processor in
 * return, once: it is for a process that runs long and plans. To be called before the code in question runs: what is compiled already stays as it is.
 */
export function inlineDeeply(): void {
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${INLINED_BYTES_MAX}`);
}
