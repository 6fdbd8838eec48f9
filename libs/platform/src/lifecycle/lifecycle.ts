import type { Logger } from '../log/logger';

/** Ends a process in order: what was started last is closed first, inside a deadline. */
export interface Lifecycle {
  /** Adds a step to the end of the process. Steps run one after the other, the last added first. */
  onDrain(name: string, close: () => Promise<void>): void;
  isDraining(): boolean;
  /** Runs the steps and ends the process: code 0 when all went well in time, else 1. A second call joins the first. */
  drain(reason: string, code?: number): Promise<void>;
}

/** The part of `process` that is used, so that a test can stand in for it. */
export interface HostProcess {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
  exit(code: number): void;
}

export interface LifecycleOptions {
  readonly log: Logger;
  readonly drainTimeoutMs: number;
  readonly host?: HostProcess;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Installs the handlers of a process. SIGTERM and SIGINT drain it; the second one ends it at once. An error nobody caught is logged
 * (secrets hidden) and drains with code 1: state that met a defect is not worked with.
 */
export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { log, drainTimeoutMs, host = process } = options;
  const steps: { readonly name: string; readonly close: () => Promise<void> }[] = [];
  let ending: Promise<void> | null = null;
  let exitCode = 0;

  const runSteps = async (): Promise<void> => {
    for (const step of steps.toReversed()) {
      try {
        await step.close();
      } catch (error) {
        exitCode = 1;
        log.error('closing failed', { step: step.name, error });
      }
    }
  };
  const end = async (reason: string): Promise<void> => {
    log.info('draining', { reason, drainTimeoutMs });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), drainTimeoutMs);
    });
    if ((await Promise.race([runSteps(), late])) === 'late') {
      exitCode = 1;
      log.error('drain deadline passed', { drainTimeoutMs });
    }
    clearTimeout(timer);
    for (const [event, listener] of handlers) host.off(event, listener);
    log.info('ended', { exitCode });
    host.exit(exitCode);
  };
  const drain = (reason: string, code = 0): Promise<void> => {
    exitCode = Math.max(exitCode, code);
    ending ??= end(reason);
    return ending;
  };
  const uncaught = (kind: string) => (error: unknown) => {
    log.fatal(kind, { error });
    void drain(kind, 1);
  };
  const handlers: (readonly [string, (...args: unknown[]) => void])[] = [
    ...SIGNALS.map((signal) => [signal, () => (ending === null ? void drain(signal) : host.exit(1))] as const),
    ['uncaughtException', uncaught('uncaught exception')],
    ['unhandledRejection', uncaught('unhandled rejection')],
  ];
  for (const [event, listener] of handlers) host.on(event, listener);
  return { onDrain: (name, close) => void steps.push({ name, close }), isDraining: () => ending !== null, drain };
}
