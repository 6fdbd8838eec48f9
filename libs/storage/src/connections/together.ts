import { must, type TenantScope } from '@lockstep/kernel';
import { type ClientConfig, Pool, type PoolClient } from 'pg';
import { CommitUnknownError, DatabaseAwayError, isRefusal, openingFailure } from '../failures';
import type { StatementAnswer } from '../unit/transaction';
import { BATCH_STATEMENTS_MAX, Batch, type BatchOutcome, type Statement, spoils } from './batch';
import type { Connections, Opening, UnitTransaction } from './connections';
import { hangUp, partWith } from './hang-up';
import { checkScope, openingOf, WHOLE_SCOPE_TIMEOUT_MS } from './opening';
import { Places } from './places';
import { PreparedStatements } from './prepared-statements';
import { ReadingLines } from './reading-lines';
import { askedOnce, PING_ANSWER_MAX_MS } from './silence';
import { wireValue } from './wire-value';

export interface TogetherOptions {
  readonly url: string;
  readonly applicationName: string;
  /** Half of them are for units that read what is committed, half for all others; each has one at least. */
  readonly poolMax: number;
  /** All are opened at the start and kept; else each when it is first needed, and those of units that write are let go when they are not. */
  readonly keepsOpen?: boolean;
  readonly statementTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
  /** How long a unit waits for a connection: units that wait for each other's would wait for ever. */
  readonly connectionWaitMaxMs: number;
  /** How much longer than a statement may take its answer is waited for: then the database, or the way to it, is gone without a word. */
  readonly silenceMaxMs: number;
  /** Told every statement before it leaves. */
  readonly onStatement?: (statement: string) => void;
}

/** Of the connections of units that write those of one tenant, or of no scope, at most. */
const WRITING_SHARE_MAX = 0.75;
/** A connection of units that write that nobody needs is kept so long. */
const IDLE_MAX_MS = 10_000;

/**
 * Units whose statements leave together: those asked in one turn, and in front of the first of them what opens the unit, are one message each way (`Batch`).
 *
 * A unit that only reads what is committed has no transaction over its messages. Each message is one by itself: it sets the scope and that nothing is
 * written, for its own length, then reads; so no message reads without a scope, and none leaves one behind on its connection. Under read committed every
 * statement sees what is committed when it begins, as it would in one long transaction. Such messages of several units share a few connections
 * (`ReadingLines`). All other units are one transaction on one connection from their first message to their end. Tenants take turns for both.
 */
export function together(options: TogetherOptions): Connections {
  const client: ClientConfig = {
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectionWaitMaxMs,
    keepAlive: true,
    statement_timeout: options.statementTimeoutMs,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs,
  };
  const forReading = Math.max(1, Math.floor(options.poolMax / 2));
  const forWriting = Math.max(1, options.poolMax - forReading);
  const pool = new Pool({ ...client, max: forWriting, idleTimeoutMillis: options.keepsOpen === true ? 0 : IDLE_MAX_MS });
  // Whoever uses a connection that is lost is told by its statement; one that nobody uses is no loss.
  pool.on('error', () => undefined);
  pool.on('connect', (each) => each.on('error', () => undefined));
  const endPool = ending(pool);
  const waitMaxMs = options.connectionWaitMaxMs;
  const way: Way = {
    lines: new ReadingLines({ client, lines: forReading, waitMaxMs }),
    pool,
    places: new Places({ places: forWriting, perOwnerMax: Math.ceil(forWriting * WRITING_SHARE_MAX), waitMaxMs }),
    prepared: new WeakMap(),
    tell: options.onStatement ?? (() => undefined),
    answerMaxMs: options.statementTimeoutMs + options.silenceMaxMs,
    wholeAnswerMaxMs: Math.max(options.statementTimeoutMs, WHOLE_SCOPE_TIMEOUT_MS) + options.silenceMaxMs,
  };
  let closed: Promise<unknown> | null = null;
  return {
    start: async () => {
      if (options.keepsOpen === true) await Promise.all([way.lines.openAll(), openAll(pool, forWriting)]);
    },
    open: (opening) => (readsOnly(opening) ? new Reading(way, opening) : new Writing(way, opening)),
    ping: askedOnce(() => ping(way)),
    close: async () => {
      closed ??= Promise.all([way.lines.close(), endPool()]);
      await closed;
    },
  };
}

/** Opens all connections of a pool; one that cannot be opened is tried again when it is needed. */
async function openAll(pool: Pool, many: number): Promise<void> {
  const opened = await Promise.allSettled(Array.from({ length: many }, () => pool.connect()));
  for (const one of opened) if (one.status === 'fulfilled') one.value.release();
}

/** Ends a pool behind what is under way, and waits for no server that does not answer the end of a connection. */
function ending(pool: Pool): () => Promise<void> {
  const idle = new Set<PoolClient>();
  let isEnding = false;
  pool.on('acquire', (client) => idle.delete(client));
  pool.on('remove', (client) => idle.delete(client));
  pool.on('release', (_failure, client) => {
    if (isEnding) partWith(client);
    else idle.add(client);
  });
  return () => {
    isEnding = true;
    for (const client of idle) partWith(client);
    return pool.end();
  };
}

/** Asks for a sign of life, in a message of its own, and keeps no connection on which none comes: each look would take another one out of service. */
async function ping({ lines, answerMaxMs }: Way): Promise<void> {
  const { failure } = await lines.ask({
    owner: '',
    statements: [statementOf(READ), statementOf('select 1')],
    answerMaxMs: Math.min(answerMaxMs, PING_ANSWER_MAX_MS),
    isAlone: true,
  });
  if (failure !== null) throw failure;
}

const readsOnly = ({ options }: Opening): boolean =>
  options.readOnly === true && options.wholeScope !== true && (options.isolation ?? 'read committed') === 'read committed';

interface Way {
  readonly lines: ReadingLines;
  readonly pool: Pool;
  readonly places: Places;
  readonly prepared: WeakMap<PoolClient, PreparedStatements>;
  readonly tell: (statement: string) => void;
  readonly answerMaxMs: number;
  /** Of a unit that reads a whole scope. */
  readonly wholeAnswerMaxMs: number;
}

interface Asked extends Statement {
  readonly resolve: (answer: StatementAnswer) => void;
  readonly reject: (failure: unknown) => void;
}

const statementOf = (text: string, values: Statement['values'] = []): Statement => ({ text, values });
const SET_SCOPE = `select set_config('app.tenant_id', $1, true), set_config('app.environment', $2, true)`;
const READ_IN_SCOPE = `${SET_SCOPE}, set_config('transaction_read_only', 'on', true)`;
const READ = `select set_config('transaction_read_only', 'on', true)`;

const inScope = (text: string, { tenantId, environment }: TenantScope): Statement => statementOf(text, [tenantId, environment]);

/** Collects a unit's statements and sends those of one turn together, one message after the other. */
abstract class Collecting implements UnitTransaction {
  private readonly asked: Asked[] = [];
  private sending: Promise<void> | null = null;
  private isOver = false;
  /** Who takes turns: the tenant; all that has no scope is one. */
  protected readonly owner: string;
  /** What ended the unit: nothing of it runs any more. */
  protected failure: { readonly is: unknown } | null = null;

  constructor(
    protected readonly way: Way,
    protected readonly opening: Opening,
  ) {
    if (opening.scope !== null) checkScope(opening.scope);
    this.owner = opening.scope?.tenantId ?? '';
  }

  /** What stands in front of a message's statements. */
  protected abstract lead(): readonly Statement[];
  /** A message's lead was answered. */
  protected abstract ledIn(): void;
  abstract commit(): Promise<void>;
  abstract rollBack(): Promise<void>;

  /** Everything waits for the first statement. */
  async begin(): Promise<void> {}

  run(text: string, parameters: readonly unknown[]): Promise<StatementAnswer> {
    return new Promise((resolve, reject) => {
      must(!this.isOver, 'a unit runs nothing once it ends');
      this.asked.push({ text, values: parameters.map(wireValue), resolve, reject });
      this.sending ??= nextTurn().then(() => this.sendAll());
    });
  }

  abstract release(): Promise<void>;

  /** All that was asked has left and was answered, and nothing more is taken: behind what ends the unit a statement would run alone and without a scope. */
  protected async endAsking(): Promise<void> {
    while (this.sending !== null) await this.sending;
    this.isOver = true;
  }

  /** Sends statements by themselves, in one message. */
  protected abstract exchange(statements: readonly Statement[]): Promise<BatchOutcome>;

  /** Nobody waits for ever where sending itself fails. */
  private async outcomeOf(statements: readonly Statement[]): Promise<BatchOutcome> {
    try {
      for (const { text } of statements) this.way.tell(text);
      return await this.exchange(statements);
    } catch (fault) {
      return { answers: [], failure: fault };
    }
  }

  private async sendAll(): Promise<void> {
    while (this.asked.length > 0) await this.sendSome(this.asked.splice(0, BATCH_STATEMENTS_MAX / 2));
    this.sending = null;
  }

  private async sendSome(asked: readonly Asked[]): Promise<void> {
    if (this.failure !== null) {
      for (const { reject } of asked) reject(this.failure.is);
      return;
    }
    const lead = this.lead();
    const statements = [...lead, ...asked];
    const { answers, failure } = await this.outcomeOf(statements);
    if (answers.length >= lead.length) this.ledIn();
    if (failure !== null) this.failure = { is: answers.length < lead.length ? openingFailure(failure) : failure };
    asked.forEach(({ resolve, reject }, index) => {
      const answer = answers[lead.length + index];
      if (answer === undefined) reject(this.failure?.is);
      else resolve(answer);
    });
  }
}

/** A unit that reads: each message stands for itself. */
class Reading extends Collecting {
  protected lead(): readonly Statement[] {
    const { scope } = this.opening;
    return [scope === null ? statementOf(READ) : inScope(READ_IN_SCOPE, scope)];
  }

  protected ledIn(): void {}

  /** There is nothing to make stand; a unit whose work caught a refusal ends with it all the same. */
  async commit(): Promise<void> {
    await this.endAsking();
    if (this.failure !== null) throw this.failure.is;
  }

  async rollBack(): Promise<void> {
    await this.endAsking();
  }

  async release(): Promise<void> {
    await this.endAsking();
  }

  protected exchange(statements: readonly Statement[]): Promise<BatchOutcome> {
    return this.way.lines.ask({ owner: this.owner, statements, answerMaxMs: this.way.answerMaxMs });
  }
}

/** A unit that is one transaction. */
class Writing extends Collecting {
  private client: PoolClient | null = null;
  private hasPlace = false;
  private isBroken = false;
  private hasLeft = false;
  private hasBegun = false;
  /** The server has answered the end of the transaction. */
  private hasEnded = false;

  protected lead(): readonly Statement[] {
    if (this.hasBegun) return [];
    this.hasLeft = true;
    const { scope, options } = this.opening;
    return [...openingOf(options).map((text) => statementOf(text)), ...(scope === null ? [] : [inScope(SET_SCOPE, scope)])];
  }

  protected ledIn(): void {
    this.hasBegun = true;
  }

  /**
   * PostgreSQL answers the commit of a transaction in which a statement was refused with a rollback, and without an error. The statement in front of the commit
   * is refused there, and the commit is not done.
   */
  async commit(): Promise<void> {
    await this.endAsking();
    // Where not even the opening stood, the server would have nothing to refuse.
    if (this.failure !== null) throw this.failure.is;
    if (!this.hasLeft) return;
    const { answers, failure } = await this.told(['select 1', 'commit']);
    // Once the commit is answered it stands, whatever becomes of the connection.
    this.hasEnded = answers.length === 2;
    if (this.hasEnded) return;
    if (failure !== null) throw isRefusal(failure) ? failure : new CommitUnknownError(failure);
  }

  async rollBack(): Promise<void> {
    await this.endAsking();
    if (!this.hasLeft || this.client === null) return;
    const { failure } = await this.told(['rollback']);
    if (failure !== null) throw failure;
    this.hasEnded = true;
  }

  async release(): Promise<void> {
    await this.endAsking();
    const { client } = this;
    this.client = null;
    // A connection in the middle of a transaction, of whatever kind, is nobody's any more: it might bear a scope.
    const isInside = this.hasLeft && !this.hasEnded;
    if (client !== null) client.release(this.isBroken || isInside || client.getTransactionStatus() !== 'I');
    if (this.hasPlace) this.way.places.giveBack(this.owner);
    this.hasPlace = false;
  }

  private told(texts: readonly string[]): Promise<BatchOutcome> {
    for (const text of texts) this.way.tell(text);
    return this.exchange(texts.map((text) => statementOf(text)));
  }

  protected async exchange(statements: readonly Statement[]): Promise<BatchOutcome> {
    let client: PoolClient;
    try {
      client = this.client ??= await this.connect();
    } catch (failure) {
      return { answers: [], failure: new DatabaseAwayError(failure) };
    }
    const wasBroken = this.isBroken;
    // Until it is answered.
    this.isBroken = true;
    const outcome = await this.exchangeOn(client, statements);
    this.isBroken = wasBroken || spoils(outcome);
    return outcome;
  }

  private async connect(): Promise<PoolClient> {
    this.hasPlace ||= await this.way.places.take(this.owner);
    if (!this.hasPlace) throw new Error('no connection was free');
    return this.way.pool.connect();
  }

  private exchangeOn(client: PoolClient, statements: readonly Statement[]): Promise<BatchOutcome> {
    const prepared = this.way.prepared.get(client) ?? new PreparedStatements();
    this.way.prepared.set(client, prepared);
    const { answerMaxMs, wholeAnswerMaxMs } = this.way;
    return new Promise((resolve) => {
      const batch = new Batch(prepared, statements, performance.now(), (outcome) => {
        clearTimeout(silent);
        resolve(outcome);
      });
      const silent = setTimeout(() => hangUp(client), this.opening.options.wholeScope === true ? wholeAnswerMaxMs : answerMaxMs);
      client.query(batch);
    });
  }
}

/** Behind everything that is ready to run now, so that whatever asks in the same turn is heard first. */
const nextTurn = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
