import type { PreparedAction } from './actions/prepared';
import { prepareAction } from './actions/registry';
import { runSubmission } from './admit';
import { Blocks, type QueueEntry } from './blocks';
import type { WorldConfig } from './config';
import { createControl } from './control';
import { createExchange, type Exchange } from './exchange';
import { answerInfo } from './info/registry';
import { setMakers } from './ladder';
import type { ExchangeAnswer, InfoAnswer, Json, StreamFrame, Submission, World, WorldControl, WorldStats } from './port';
import { subscribe } from './stream/subscribe';
import { UNDESERIALIZABLE } from './texts';

/** Builds a world of its own: books, accounts, seed and clock. Nothing in it knows the wall clock or a random source. */
export function createWorld(config: WorldConfig): World {
  const ex = createExchange(config);
  if (config.makers !== false)
    for (const dex of ex.dexes) for (const asset of [...dex.assets, ...dex.spot]) if (!asset.halted) setMakers(ex, asset, true);
  return new SimulatedWorld(ex);
}

class SimulatedWorld implements World {
  readonly control: WorldControl;
  private readonly blocks: Blocks;

  constructor(private readonly ex: Exchange) {
    this.blocks = new Blocks(ex);
    this.control = createControl(ex, this.blocks);
  }

  get name(): string {
    return this.ex.config.name;
  }

  get seed(): number {
    return this.ex.config.seed;
  }

  get testnet(): boolean {
    return this.ex.config.testnet === true;
  }

  now(): number {
    return this.ex.time;
  }

  accepts(action: Json): boolean {
    return prepareAction(action) !== null;
  }

  submit(submission: Submission): Promise<ExchangeAnswer> {
    return new Promise((resolve) => this.submitWith(submission, resolve));
  }

  submitWith(submission: Submission, answered: (answer: ExchangeAnswer) => void): void {
    const action = prepareAction(submission.action);
    this.blocks.enqueue(action?.queueClass ?? 'plain', new QueuedSubmission(this.ex, submission, action, answered));
  }

  advanceTo(time: number): void {
    this.blocks.advanceTo(time);
  }

  info(request: Json): InfoAnswer {
    return answerInfo(this.ex, request);
  }

  subscribe(subscription: Json, sink: (frame: StreamFrame) => void): ReturnType<World['subscribe']> {
    return subscribe(this.ex, subscription, sink);
  }

  stats(): WorldStats {
    const { ex } = this;
    const { acceptedOrders, fills } = ex.totals;
    return { blocks: ex.block, accounts: ex.accounts.size - 1, acceptedOrders, fills, queued: this.blocks.queued };
  }
}

/** One submission between its arrival and its answer. */
class QueuedSubmission implements QueueEntry {
  private verdict: ExchangeAnswer = MALFORMED;

  constructor(
    private readonly ex: Exchange,
    private readonly submission: Submission,
    private readonly action: PreparedAction | null,
    private readonly answered: (answer: ExchangeAnswer) => void,
  ) {}

  run(): void {
    if (this.action !== null) this.verdict = runSubmission(this.ex, this.submission, this.action);
  }

  answer(): void {
    this.answered(this.verdict);
  }
}

const MALFORMED: ExchangeAnswer = { status: 'err', response: UNDESERIALIZABLE };
