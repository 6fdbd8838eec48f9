import { must } from '@lockstep/kernel';
import type { ClientConfig } from 'pg';
import { DatabaseAwayError } from '../failures';
import type { BatchOutcome, Statement } from './batch';
import { ReadingLine } from './reading-line';
import { Turns } from './turns';

export interface ReadingLinesOptions {
  readonly client: ClientConfig;
  readonly lines: number;
  /** How long a question waits for a line. */
  readonly waitMaxMs: number;
}

/** Questions of one message at most: whoever is last in it waits for the others. */
const JOINED_MAX = 8;
/**
 * While a message left so lately its line is expected back: fewer than a whole message wait for it instead of leaving on another. A message costs both sides the
 * same however much is in it, so on a busy gateway a few full ones take much less than many small ones.
 */
const PATIENCE_MS = 2;
/** Of the lines those that carry questions of one owner at most, where there is more than one: the others' always find one. */
const SHARE_MAX = 0.75;
/** A question that took so long before leaves in a message of its own, so that nobody waits behind it. */
const SLOW_MS = 100;
/** Questions known to be slow. */
const SLOW_KNOWN_MAX = 10_000;

/** What is asked: statements that mean something without any before them. */
export interface Question {
  /** Who takes turns. */
  readonly owner: string;
  readonly statements: readonly Statement[];
  /** How long the answer may take from the moment the server is at it. */
  readonly answerMaxMs: number;
  /** Shares its message with nobody. */
  readonly isAlone?: boolean;
}

interface Waiting extends Question {
  readonly answer: (outcome: BatchOutcome) => void;
  readonly late: NodeJS.Timeout;
}

/**
 * A few connections for questions that only read. Those that come at once leave in one message, each with a Sync of its own: by the protocol the server answers
 * each for itself, and what it refuses in one concerns no other. Owners take turns, and one owner's questions are on three quarters of the lines at most; those
 * that were slow the last time, by which the same statement may be slow for one owner and quick for another, on half of them, each in a message of its own.
 */
export class ReadingLines {
  private readonly lines: readonly ReadingLine[];
  private readonly waiting = new Turns<Waiting>();
  /** Slow questions that are being answered, by their owner. */
  private readonly slowOnes = new Map<string, number>();
  private readonly knownSlow = new Set<string>();
  private readonly slowPerOwnerMax: number;
  /** On how many lines there are questions of an owner, and how many on each. */
  private readonly carried = new Map<string, Map<ReadingLine, number>>();
  private readonly linesPerOwnerMax: number;
  private isDue = false;
  private patience: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(private readonly options: ReadingLinesOptions) {
    this.lines = Array.from({ length: options.lines }, () => new ReadingLine(options.client, () => this.soon()));
    this.slowPerOwnerMax = Math.max(1, Math.floor(options.lines / 2));
    this.linesPerOwnerMax = Math.max(1, Math.min(options.lines - 1, Math.ceil(options.lines * SHARE_MAX)));
  }

  /**
   * Resolves in any case: with the answers, a refusal, or a `DatabaseAwayError`. It waits for a line within the bound, then for those in front of it in its message,
   * each within its own.
   */
  ask(question: Question): Promise<BatchOutcome> {
    return new Promise((answer) => {
      if (this.isClosed) {
        answer(away(new Error('the connections are closed')));
        return;
      }
      const late = setTimeout(() => {
        if (this.waiting.remove(question.owner, waiting)) answer(away(new Error('no connection was free')));
      }, this.options.waitMaxMs);
      const { owner, statements, answerMaxMs, isAlone = false } = question;
      const waiting: Waiting = { owner, statements, answerMaxMs, isAlone, answer, late };
      this.waiting.add(question.owner, waiting);
      this.soon();
    });
  }

  /** Opens every line; one that cannot be opened is tried again when it is needed. */
  async openAll(): Promise<void> {
    await Promise.all(this.lines.map((line) => line.open()));
  }

  /** Answers what is under way, and nothing that waits. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.refuseAll(new Error('the connections are closed'));
    await Promise.all(this.lines.map((line) => line.close()));
  }

  /** Behind all that this turn of the event loop hears, so that what comes at once leaves together. */
  private soon(): void {
    if (this.isDue) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      this.send();
    });
  }

  private send(): void {
    clearTimeout(this.patience);
    this.patience = undefined;
    for (const line of this.lines) {
      if (this.waiting.size === 0) return;
      if (!line.isFree) continue;
      if (this.waiting.size < JOINED_MAX && this.isAnyExpected()) {
        this.patience = setTimeout(() => this.send(), PATIENCE_MS);
        return;
      }
      if (this.fill(line)) line.send();
    }
    if (this.waiting.size > 0) void this.openAnother();
  }

  private isAnyExpected(): boolean {
    const since = performance.now() - PATIENCE_MS;
    return this.lines.some((line) => line.sentSince(since));
  }

  /** Makes a message of what may leave now; false where nothing may. */
  private fill(line: ReadingLine): boolean {
    let many = 0;
    while (many < JOINED_MAX) {
      const next = this.waiting.next((owner, waiting) => this.mayLeave(owner, waiting, line, many));
      if (next === undefined) break;
      clearTimeout(next.late);
      const isSlow = this.isSlow(next);
      if (isSlow) count(this.slowOnes, next.owner, 1);
      this.countOn(line, next.owner, 1);
      const batch = line.batch(next.statements, next.answerMaxMs, (outcome, tookMs) => {
        if (isSlow) count(this.slowOnes, next.owner, -1);
        this.countOn(line, next.owner, -1);
        this.learn(next, outcome, tookMs);
        next.answer(outcome);
      });
      many += 1;
      // Behind a statement whose text the server may refuse, none may count on its name.
      if (isSlow || next.isAlone === true || batch.preparesAny) break;
    }
    return many > 0;
  }

  private mayLeave(owner: string, waiting: Waiting, line: ReadingLine, before: number): boolean {
    const on = this.carried.get(owner);
    if (on !== undefined && !on.has(line) && on.size >= this.linesPerOwnerMax) return false;
    if (waiting.isAlone === true) return before === 0;
    return !this.isSlow(waiting) || (before === 0 && (this.slowOnes.get(owner) ?? 0) < this.slowPerOwnerMax);
  }

  private isSlow(question: Question): boolean {
    return this.knownSlow.has(nameOf(question));
  }

  private learn(question: Question, { failure }: BatchOutcome, tookMs: number): void {
    // What a lost connection took says nothing about the question.
    if (failure instanceof DatabaseAwayError) return;
    if (this.knownSlow.size >= SLOW_KNOWN_MAX) this.knownSlow.clear();
    if (tookMs >= SLOW_MS) this.knownSlow.add(nameOf(question));
    else this.knownSlow.delete(nameOf(question));
  }

  private countOn(line: ReadingLine, owner: string, by: 1 | -1): void {
    const on = this.carried.get(owner) ?? new Map<ReadingLine, number>();
    count(on, line, by);
    if (on.size === 0) this.carried.delete(owner);
    else this.carried.set(owner, on);
  }

  /** One at a time: the others may be free again before it is open. */
  private async openAnother(): Promise<void> {
    if (this.lines.some((line) => line.isOpening)) return;
    const closed = this.lines.find((line) => line.isGone);
    const failure = (await closed?.open()) ?? null;
    // Where no line stands, nobody else could ask now either.
    if (failure !== null && this.lines.every((line) => line.isGone)) this.refuseAll(failure);
  }

  private refuseAll(cause: unknown): void {
    for (let next = this.waiting.next(); next !== undefined; next = this.waiting.next()) {
      clearTimeout(next.late);
      next.answer(away(cause));
    }
  }
}

/** What a question is known by: whose it is, and its last statement, because the first may be what sets the scope. */
const nameOf = ({ owner, statements }: Question): string => `${owner}\n${statements.at(-1)?.text ?? ''}`;

const away = (cause: unknown): BatchOutcome => ({ answers: [], failure: new DatabaseAwayError(cause) });

/** Counts up or down; what is at zero is absent. */
function count<K>(counts: Map<K, number>, key: K, by: 1 | -1): void {
  const many = (counts.get(key) ?? 0) + by;
  must(many >= 0, 'what ends had begun');
  if (many === 0) counts.delete(key);
  else counts.set(key, many);
}
