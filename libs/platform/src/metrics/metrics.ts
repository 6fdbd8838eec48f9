import { present } from '@lockstep/kernel';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricSpec } from './names';

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
  if (defaults) collectDefaultMetrics({ register: registry });
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

/** Labels as the registry takes them. */
function plain(labels: object): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [label, value] of Object.entries(labels)) texts[label] = String(value);
  return texts;
}
