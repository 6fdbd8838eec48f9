import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EndedEarly, type RunningChild } from '../processes/child';
import type { Stack } from '../processes/stack';

const run = promisify(execFile);
const ENGINE = join(__dirname, '../../../engine/src/main.js');

/** The crash points the built engine knows. */
export async function enginePoints(): Promise<readonly string[]> {
  const { stdout } = await run(process.execPath, [ENGINE, '--crash-points']);
  const names: unknown = JSON.parse(stdout);
  return Array.isArray(names) ? names.map(String) : [];
}

/** One start of the engine, for the report. */
export interface EngineStart {
  readonly doom: string | null;
  /** Process start to ready line in ms; null when it died before. */
  readonly readyMs: number | null;
}

/** The one engine of a crash run: started again and again, each time with or without a doom. */
export class DoomedEngine {
  readonly starts: EngineStart[] = [];
  private child: RunningChild | null;

  constructor(private readonly stack: Stack) {
    this.child = stack.children.engine;
  }

  /** Ends what runs by SIGKILL and starts anew; false when it died before it was ready. `killAfterMs` kills it so long after its start. */
  async start(doom: string | null, extra: Readonly<Record<string, string>> = {}, killAfterMs: number | null = null): Promise<boolean> {
    const startedAt = performance.now();
    let timer: NodeJS.Timeout | null = null;
    try {
      const env = { ...CHUNKS, ...FEW_PRESIGNATURES, ...extra, ...(doom === null ? {} : { LOCKSTEP_CRASH_AT: doom }) };
      this.child = null;
      this.child = await this.stack.restart('engine', 'SIGKILL', env, (kill) => {
        if (killAfterMs !== null) timer = setTimeout(() => kill('SIGKILL'), killAfterMs);
      });
      this.starts.push({ doom, readyMs: performance.now() - startedAt });
      return true;
    } catch (failure) {
      // Only the death that was asked for is no failure; a code means that the engine gave up by itself.
      if (!(failure instanceof EndedEarly) || failure.code !== null || (doom === null && killAfterMs === null)) throw failure;
      this.starts.push({ doom, readyMs: null });
      return false;
    } finally {
      if (timer !== null) clearTimeout(timer);
    }
  }

  /** SIGKILL now. */
  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.child?.exited;
    this.child = null;
  }

  /** Waits for the doom, at most `maxMs`. True when it came; throws when the engine ended in any other way. */
  async diesWithin(maxMs: number): Promise<boolean> {
    const { child } = this;
    if (child === null) return true;
    let timer: NodeJS.Timeout | null = null;
    const late = new Promise<'alive'>((resolve) => {
      timer = setTimeout(() => resolve('alive'), maxMs);
    });
    const end = await Promise.race([child.exited, late]);
    if (timer !== null) clearTimeout(timer);
    if (end === 'alive') return false;
    if (end !== null) throw new Error(`the engine gave up by itself with code ${end}`);
    this.child = null;
    return true;
  }

  get isDead(): boolean {
    return this.child === null;
  }
}

/** Few followers make several chunks only when a chunk is one order. */
const CHUNKS = { LOCKSTEP_ORDERS_PER_CHUNK: '1' } as const;
/** An engine that dies within seconds sends a handful of orders: it prepares no thousands of signatures first. */
const FEW_PRESIGNATURES = { LOCKSTEP_PRESIGNATURES: '64' } as const;
