import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { knownFlags } from '@lockstep/platform';
import type { SeedOutcome, SeedWork } from './outcome';

const ENTRY = join(__dirname, 'seed-process.js');
/**
 * A process that says nothing for so long hangs, in ms: a seed takes seconds in memory, a crowd of hundreds on a machine that does much else minutes, and so does
 * any on PostgreSQL.
 */
const SILENT_MAX_MS: SilentMaxMs = { memory: 900_000, postgres: 1_800_000 };
const HEAP_MB = 3_072;
/** Most of what a run makes is gone at once: a roomy nursery is swept seldom, and what lives long is not carried about in it. */
const NURSERY_MB = 32;
/** Seeds are played on every processor: threads that sweep beside one of them only take from the others. */
const SWEEPS_ALONE = '--single-threaded-gc';
/** Code is compiled for speed after four times as much work as by default, where a process plays few seeds: most of what it would compile never pays. */
const PATIENT = '--interrupt-budget=540672';
/** What a process that fails said last, characters. */
const LAST_WORDS_MAX = 4_000;

type SilentMaxMs = Readonly<Record<SeedWork['store'], number>>;

/** A process that plays seeds, one work after another. */
export class SeedProcess {
  private readonly child: ChildProcess;
  private readonly closed: Promise<void>;
  private lastWords = '';
  private open = true;
  /** A broken engine was loaded: no sound seed may be played here any more. */
  isBroken = false;
  /** Seeds it was given. */
  played = 0;

  /** @param playsFew it will play few seeds. */
  constructor(
    playsFew: boolean,
    private readonly silentMaxMs = SILENT_MAX_MS,
    entry = ENTRY,
  ) {
    this.child = fork(entry, [], {
      execArgv: knownFlags([`--max-old-space-size=${HEAP_MB}`, `--max-semi-space-size=${NURSERY_MB}`, SWEEPS_ALONE, ...(playsFew ? [PATIENT] : [])]),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.closed = new Promise((resolve) => {
      this.child.once('close', () => {
        this.open = false;
        resolve();
      });
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.lastWords = (this.lastWords + text).slice(-LAST_WORDS_MAX);
    });
  }

  get lives(): boolean {
    return this.open && this.child.connected;
  }

  /** Plays the seeds of a work. `told` gets every outcome as it comes; where the process dies or hangs, that is the outcome of the seed it was at. */
  async run(work: SeedWork, told: (outcome: SeedOutcome) => void): Promise<void> {
    this.isBroken ||= work.broken !== null;
    this.played += work.seeds.length;
    const left = [...work.seeds];
    const silentMs = this.silentMaxMs[work.store];
    const watch = setTimeout(() => {
      this.lastWords = `it said nothing for ${silentMs / 1_000} s, and was ended`;
      this.child.kill('SIGKILL');
    }, silentMs);
    let listen: (message: SeedOutcome | 'done') => void = () => undefined;
    const done = new Promise<'done'>((resolve) => {
      listen = (message) => {
        watch.refresh();
        if (message === 'done') {
          resolve(message);
          return;
        }
        left.shift();
        told(message);
      };
    });
    this.child.on('message', listen);
    // A process that is gone before it was asked is told of by its end.
    this.child.send(work, () => undefined);
    const end = await Promise.race([done, this.closed]);
    clearTimeout(watch);
    this.child.off('message', listen);
    const [seed] = left;
    if (end !== 'done' && seed !== undefined) told(failed(work, seed, this.lastWords));
  }

  /** Nothing more is asked of it: it ends. */
  end(): void {
    if (this.child.connected) this.child.disconnect();
  }
}

const failed = (work: SeedWork, seed: number, last: string): SeedOutcome => ({
  seed,
  broken: work.broken,
  store: work.store,
  steps: 0,
  decisions: 0,
  orders: 0,
  fills: 0,
  marks: 0,
  deaths: 0,
  copies: 0,
  kinds: {},
  digest: '',
  journal: '',
  violations: [],
  failure: `its process ended: ${last.trim() || 'without a word'}`,
  ms: 0,
  cpuMs: 0,
});
