import { must } from '@lockstep/kernel';
import { inlineDeeply } from '@lockstep/platform';
import { Rehearsal } from '@lockstep/replication';
import { gate } from '@lockstep/risk';
import { type Bench, machine, median, option, round } from './report';

interface Timed {
  readonly planMs: number;
  /** Processor time of the same call, which a loaded machine does not stretch. */
  readonly planCpuMs: number;
  readonly gateMs: number;
  readonly encodeMs: number;
  readonly bytes: number;
}

/** Waves of so many copies are planned before anything is measured, as an engine does at its start (`apps/engine/src/warm-up.ts`), in a process that inlines as deeply as an engine's: what is measured is compiled. */
const WARM_UP = { firstBooks: 2, firstCopies: 50, waves: 48, copies: 1_000 } as const;

/** Planning, the gate and the journal's bytes alone: pure calls on this thread, no process and no database. */
export const planBench: Bench = {
  about:
    'planning alone, one pure call for N copies, with gate and journal encoding and the cost per copy at five times as many (--followers 10000 --tenants 3 --runs 50)',
  run: async ({ args, say }) => {
    const followers = option(args, 'followers', 10_000, 100_000);
    const tenants = option(args, 'tenants', 3, 50);
    const runs = option(args, 'runs', 50, 10_000);
    inlineDeeply();
    for (let book = 0; book < WARM_UP.firstBooks; book += 1) planOnce(new Rehearsal(WARM_UP.firstCopies, tenants, true));
    const warming = new Rehearsal(WARM_UP.copies, tenants, true);
    for (let wave = 0; wave < WARM_UP.waves; wave += 1) planOnce(warming);
    const rehearsal = new Rehearsal(followers, tenants, true);
    const timed: Timed[] = [];
    for (let run = 0; run < runs; run += 1) timed.push(planOnce(rehearsal));
    const many = perCopy(new Rehearsal(followers * 5, tenants, true), followers * 5, Math.ceil(runs / 5));
    const figures = (of: (each: Timed) => number): number[] => timed.map(of);
    say(`${followers} copies: plan ${round(median(figures((each) => each.planMs)))} ms`);
    return {
      bench: 'plan',
      params: { followers, tenants, warmUpWaves: WARM_UP.waves },
      runs,
      machine: machine(),
      metrics: {
        ms_p50: round(median(figures((each) => each.planMs))),
        us_per_copy: round((median(figures((each) => each.planMs)) * 1_000) / followers),
        us_per_copy_times_5: round(many),
        plan_ms_p50: round(median(figures((each) => each.planMs))),
        plan_cpu_ms_p50: round(median(figures((each) => each.planCpuMs))),
        plan_ms_min: round(Math.min(...figures((each) => each.planMs))),
        gate_ms_p50: round(median(figures((each) => each.gateMs))),
        journal_encode_ms_p50: round(median(figures((each) => each.encodeMs))),
        journal_bytes: median(figures((each) => each.bytes)),
      },
      reference: {},
      ratios: {},
    };
  },
};

/** Microseconds of planning per copy. */
function perCopy(rehearsal: Rehearsal, copies: number, runs: number): number {
  const times = Array.from({ length: Math.max(8, runs) }, () => planOnce(rehearsal).planMs);
  return (median(times) * 1_000) / copies;
}

/** Plans the next move, has it judged and encoded, and fills every order at the mark. */
function planOnce(rehearsal: Rehearsal): Timed {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const plan = rehearsal.plan();
  const planned = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  const facts = rehearsal.facts(plan);
  must(facts !== null && gate(plan.orders, facts).ok, 'the gate approves what was planned');
  const judged = performance.now();
  const bytes = rehearsal.encode(plan);
  const encoded = performance.now();
  rehearsal.fill(plan);
  return { planMs: planned - started, planCpuMs: (user + system) / 1_000, gateMs: judged - planned, encodeMs: encoded - judged, bytes };
}
