import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics';
import { METRICS, type MetricSpec } from './names';

describe('metrics', () => {
  it('show what was counted, set and observed, with the process', async () => {
    const metrics = createMetrics('engine', false);
    metrics.count('lockstep_orders_total', { outcome: 'accepted' }, 3);
    metrics.count('lockstep_orders_total', { outcome: 'rejected' });
    metrics.set('lockstep_orders_in_flight', {}, 7);
    metrics.observe('lockstep_stage_ms', { stage: 'plan' }, 4);
    const text = await metrics.render();
    expect(text).toContain('lockstep_orders_total{outcome="accepted",process="engine"} 3');
    expect(text).toContain('lockstep_orders_total{outcome="rejected",process="engine"} 1');
    expect(text).toContain('lockstep_orders_in_flight{process="engine"} 7');
    expect(text).toContain('lockstep_stage_ms_bucket{le="5",process="engine",stage="plan"} 1');
  });

  it('are apart for each registry', async () => {
    createMetrics('one', false).count('lockstep_exports_total', {});
    expect(await createMetrics('two', false).render()).not.toContain('process="one"');
  });

  it('bring figures of the runtime unless told otherwise', async () => {
    const text = await createMetrics('engine').render();
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect(text).toMatch(/lockstep_event_loop_busy_ratio\{process="engine"\} [\d.]+/);
    expect(text).not.toContain('nodejs_eventloop_lag_p99');
  });

  it('are named after the house and their unit, with few series each', () => {
    for (const [name, spec] of Object.entries<MetricSpec>(METRICS)) {
      expect(name).toMatch(/^lockstep_[a-z_]+$/);
      if (spec.kind === 'counter') expect(name).toMatch(/_total$/);
      if (spec.kind === 'histogram') expect(name).toMatch(/_ms$/);
      const series = Object.values(spec.labels).reduce((product, values) => product * values.length, 1);
      expect(series, name).toBeLessThanOrEqual(60);
    }
  });
});
