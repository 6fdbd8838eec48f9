import { createHash } from 'node:crypto';
import type { SpanRef } from './spans';

/** The spans of a trace that others can name, because their ids follow from what it is about. */
export interface KnownTrace {
  /** What asked for it, or begun it. */
  readonly cause: SpanRef;
  /** The work as a whole. */
  readonly whole: SpanRef;
}

/**
 * The trace of something that has a name of its own, such as `wave:4711`: the first 16 bytes of SHA-256 over the name are the trace's id, the next 8 that of the
 * span of the whole, the last 8 that of its cause. So whoever knows the name finds the trace, and processes that tell parts of it need to tell each other nothing.
 */
export function knownTrace(name: string): KnownTrace {
  const digest = createHash('sha256').update(name).digest('hex');
  const traceId = digest.slice(0, 32);
  return { cause: { traceId, spanId: digest.slice(48) }, whole: { traceId, spanId: digest.slice(32, 48) } };
}

/** A wave, by its id. */
export const traceOfWave = (waveId: string): KnownTrace => knownTrace(`wave:${waveId}`);

/** A command, by the scope it belongs to and its number there. */
export const traceOfCommand = ({ tenantId, environment }: { readonly tenantId: string; readonly environment: string }, no: string): KnownTrace =>
  knownTrace(`command:${tenantId}:${environment}:${no}`);
