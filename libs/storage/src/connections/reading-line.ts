import { present } from '@lockstep/kernel';
import { Client, type ClientConfig } from 'pg';
import { Batch, type BatchOutcome, type Statement, spoils } from './batch';
import { hangUp, partWith } from './hang-up';
import { PreparedStatements } from './prepared-statements';

/** What a question is told: what came of it, and how long the server was at it. */
type Answered = (outcome: BatchOutcome, tookMs: number) => void;

interface UnderWay {
  readonly batch: Batch;
  readonly answerMaxMs: number;
}

/** One connection that carries messages of several questions, one message after the other. Lost or spoiled, it is opened again when it is needed. */
export class ReadingLine {
  private client: Client | null = null;
  private prepared = new PreparedStatements();
  private opening: Promise<unknown> | null = null;
  private isSpoiled = false;
  /** Of the questions sent, those without an answer, in their order. */
  private readonly underWay: UnderWay[] = [];
  private silent: NodeJS.Timeout | undefined;
  private sentAtMs = 0;
  private answeredAtMs = 0;
  private emptied: (() => void) | null = null;

  constructor(
    private readonly config: ClientConfig,
    /** Told when it can take a message. */
    private readonly freed: () => void,
  ) {}

  get isFree(): boolean {
    return this.client !== null && this.opening === null && this.underWay.length === 0;
  }

  get isOpening(): boolean {
    return this.opening !== null;
  }

  /** There is no connection, and none on its way. */
  get isGone(): boolean {
    return this.client === null && this.opening === null;
  }

  /** A message left after this time (`performance.now`) and is not answered yet. */
  sentSince(ms: number): boolean {
    return this.underWay.length > 0 && this.sentAtMs > ms;
  }

  /** Opens it where it is not open; what it could not be opened for, null where it is. */
  async open(): Promise<unknown> {
    if (this.client !== null) return null;
    this.opening ??= this.connect().finally(() => {
      this.opening = null;
      if (this.client !== null) this.freed();
    });
    return this.opening;
  }

  /** A question as it leaves on this line. They are sent in the order in which they were made, once all of a message are. */
  batch(statements: readonly Statement[], answerMaxMs: number, answered: Answered): Batch {
    const batch = new Batch(this.prepared, statements, performance.now(), (outcome) => {
      const now = performance.now();
      const tookMs = now - this.answeredAtMs;
      this.answeredAtMs = now;
      this.underWay.shift();
      this.isSpoiled ||= spoils(outcome);
      this.awaitNext();
      answered(outcome, tookMs);
    });
    this.underWay.push({ batch, answerMaxMs });
    return batch;
  }

  /** Sends the questions that were made in one message. */
  send(): void {
    this.sentAtMs = performance.now();
    this.answeredAtMs = this.sentAtMs;
    Batch.join(this.underWay.map(({ batch }) => batch));
    this.awaitNext();
  }

  /** Closes it behind what is under way. */
  async close(): Promise<void> {
    await this.opening;
    if (this.underWay.length > 0)
      await new Promise<void>((resolve) => {
        this.emptied = resolve;
      });
    const { client } = this;
    this.client = null;
    if (client === null) return;
    partWith(client);
    await client.end();
  }

  private async connect(): Promise<unknown> {
    const client = new Client(this.config);
    // Whoever uses a connection that is lost is told by its statement; one that nobody uses is no loss, and is used no more from the first sign on.
    const lost = (): void => {
      if (this.client === client && this.underWay.length === 0) this.client = null;
    };
    client.on('error', lost);
    client.on('end', lost);
    try {
      await client.connect();
    } catch (failure) {
      partWith(client);
      client.end().catch(() => undefined);
      return failure;
    }
    this.client = client;
    this.prepared = new PreparedStatements();
    this.isSpoiled = false;
    return null;
  }

  /**
   * Hands the driver the question whose answer comes next, and lets the server take so long for it. The driver takes one at a time, so each of a message is
   * handed over as the one before ends; only the first has something to send.
   */
  private awaitNext(): void {
    clearTimeout(this.silent);
    const [next] = this.underWay;
    if (next === undefined) {
      this.end();
      return;
    }
    const client = present(this.client, 'questions are under way on an open line');
    this.silent = setTimeout(() => hangUp(client), next.answerMaxMs);
    client.query(next.batch);
  }

  /** Everything sent is answered. */
  private end(): void {
    const { client } = this;
    if (client !== null && this.isSpoiled) {
      this.client = null;
      partWith(client);
      client.end().catch(() => undefined);
    }
    this.emptied?.();
    this.freed();
  }
}
