import { performance } from 'node:perf_hooks';
import { present } from '@lockstep/kernel';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricSpec } from './names';

const SAMPLER_NEVER_MS = 24 * 60 * 60 * 1_000;
const SAMPLED_DELAYS = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'];

type Specs = typeof METRICS;
type NamesOf<K extends MetricSpec['kind']> = { [N in keyof Specs]: Specs[N]['kind'] extends K ? N : never }[keyof Specs];
/** The labels of a metric: each one of its closed list. */
export type LabelsOf<N extends keyof Specs> = {
  readonly [L in keyof Specs[N]['labels']]: Specs[N]['labels'][L] extends readonly (infer V)[] ? V : never;
};

/** The process's metrics. Names and labels come from one table and are checked by the compiler. */
export interface Metrics {
  count<N extends NamesOf<'counter'>>(name: N, labels: LabelsOf<N>, by?: number): void;
  set<N extends NamesOf<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void;
  observe<N extends NamesOf<'histogram'>>(name: N, labels: LabelsOf<N>, value: number): void;
  /** The Prometheus text format. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** A registry of its own for one process; `defaults` adds Node's own figures (heap, event loop delay, open handles). */
export function createMetrics(process: string, defaults = true): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  if (defaults) collectRuntime(registry);
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, spec] of Object.entries<MetricSpec>(METRICS)) {
    const common = { name, help: spec.help, labelNames: Object.keys(spec.labels), registers: [registry] };
    if (spec.kind === 'counter') counters.set(name, new Counter(common));
    else if (spec.kind === 'gauge') gauges.set(name, new Gauge(common));
    else histograms.set(name, new Histogram({ ...common, buckets: [...(spec.buckets ?? [])] }));
  }
  return {
    count: (name, labels, by = 1) => present(counters.get(name), name).inc(plain(labels), by),
    set: (name, labels, value) => present(gauges.get(name), name).set(plain(labels), value),
    observe: (name, labels, value) => present(histograms.get(name), name).observe(plain(labels), value),
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/**
 * Node's own figures, without its sampler of event loop delays: that one wakes an idle process a hundred times a second, which cost a quarter of
 * a core per process where wake-ups are dear. The delay is measured when somebody asks, and the busy share of the loop since the last question.
 */
function collectRuntime(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: SAMPLER_NEVER_MS });
  for (const figure of SAMPLED_DELAYS) registry.removeSingleMetric(`nodejs_eventloop_lag_${figure}_seconds`);
  let before = performance.eventLoopUtilization();
  new Gauge({
    name: 'lockstep_event_loop_busy_ratio',
    help: 'Share of time since the last scrape in which the event loop was at work, 0 to 1',
    registers: [registry],
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, before).utilization);
      before = now;
    },
  });
}

/** Labels as the registry takes them. */
function plain(labels: object): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [label, value] of Object.entries(labels)) texts[label] = String(value);
  return texts;
}
