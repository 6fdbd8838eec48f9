import type { Clock } from '@lockstep/kernel';

export interface HealthReport {
  readonly ok: boolean;
  /** Why not, and how each check stands. Names only: addresses and passwords never appear. */
  readonly checks: Readonly<Record<string, 'ok' | 'failing' | 'timed_out'>>;
  readonly draining: boolean;
}

/** Liveness: restart me if not. Readiness: send me no work now. */
export interface Health {
  /** Adds a readiness check; it counts as failed when it rejects or takes longer than `checkTimeoutMs`. Names are unique. */
  addCheck(name: string, check: () => Promise<void>): void;
  /** The process must report progress at least every `maxSilenceMs`; otherwise it is no longer alive. */
  addPulse(name: string, maxSilenceMs: number): () => void;
  live(): HealthReport;
  ready(): Promise<HealthReport>;
  /** Not ready from now on, so that no new work comes while the process finishes its own. */
  startDraining(): void;
}

export interface HealthOptions {
  readonly clock: Clock;
  readonly checkTimeoutMs?: number;
  /** Answers are kept this long, so that probes cannot load what they probe. */
  readonly keepMs?: number;
}

const CHECK_TIMEOUT_MS = 2_000;
const KEEP_MS = 1_000;
type State = 'ok' | 'failing' | 'timed_out';

export function createHealth(options: HealthOptions): Health {
  const { clock, checkTimeoutMs = CHECK_TIMEOUT_MS, keepMs = KEEP_MS } = options;
  const checks = new Map<string, () => Promise<void>>();
  const pulses = new Map<string, { lastMs: number; readonly maxSilenceMs: number }>();
  let draining = false;
  let kept: { readonly atMs: number; readonly states: Promise<Record<string, State>> } | null = null;

  const states = (): Promise<Record<string, State>> => {
    if (kept === null || clock.monotonic() - kept.atMs >= keepMs) {
      const asked = Promise.all([...checks].map(async ([name, check]) => [name, await limited(check, checkTimeoutMs)] as const));
      kept = { atMs: clock.monotonic(), states: asked.then((entries): Record<string, State> => Object.fromEntries(entries)) };
    }
    return kept.states;
  };
  const report = (found: Record<string, State>, asked: boolean): HealthReport => ({
    ok: Object.values(found).every((state) => state === 'ok') && !(asked && draining),
    checks: found,
    draining,
  });
  return {
    addCheck: (name, check) => {
      if (checks.has(name)) throw new Error(`health check ${name} exists`);
      checks.set(name, check);
      kept = null;
    },
    addPulse: (name, maxSilenceMs) => {
      const pulse = { lastMs: clock.monotonic(), maxSilenceMs };
      pulses.set(name, pulse);
      return () => {
        pulse.lastMs = clock.monotonic();
      };
    },
    live: () => {
      const silent = (pulse: { lastMs: number; maxSilenceMs: number }): boolean => clock.monotonic() - pulse.lastMs > pulse.maxSilenceMs;
      return report(Object.fromEntries([...pulses].map(([name, pulse]): [string, State] => [name, silent(pulse) ? 'failing' : 'ok'])), false);
    },
    ready: async () => report(await states(), true),
    startDraining: () => {
      draining = true;
    },
  };
}

async function limited(check: () => Promise<void>, timeoutMs: number): Promise<State> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<State>((resolve) => {
    timer = setTimeout(() => resolve('timed_out'), timeoutMs);
  });
  const answer = (async (): Promise<State> => {
    await check();
    return 'ok';
  })().catch((): State => 'failing');
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
