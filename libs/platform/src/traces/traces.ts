import { NO_TRACES, type TraceOptions, type Traces } from './spans';

/** Opens the way to a collector. Its libraries are loaded only where there is one. */
export async function openTraces(options: TraceOptions): Promise<Traces> {
  if (options.url === null) return NO_TRACES;
  const { collectorTraces } = await import('./collector.js');
  return collectorTraces({ ...options, url: options.url });
}
