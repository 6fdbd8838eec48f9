import pino from 'pino';
import { HeldLines } from './held-lines';
import { redact, redactText } from './redact';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a log line says besides its message. Pass an error under `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log: one JSON object per line. Secrets are hidden by key, by type and by form. */
export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  fatal(message: string, fields?: LogFields): void;
  /** A logger whose lines all carry these fields. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** Which process speaks: stands in every line. */
  readonly process: string;
  readonly level: LogLevel;
  /** Where lines go; standard output unless given. */
  readonly write?: (line: string) => void;
  /** For a process that says much and alike: lines of some milliseconds leave together, or with the first warning (`HeldLines`). */
  readonly together?: boolean;
}

/** Lines that are not held, nor what was said before them. */
const URGENT: ReadonlySet<LogLevel> = new Set(['warn', 'error', 'fatal']);

/** Makes the process's logger. Lines are written at once, so that the last words of a dying process are not lost, unless they leave `together`. */
export function createLogger(options: LoggerOptions): Logger {
  const write = options.write ?? toStandardOutput();
  const held = options.together === true ? new HeldLines(write) : null;
  const root = pino(
    {
      level: options.level,
      base: { process: options.process, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
    },
    held ?? { write },
  );
  return wrap(root, held);
}

function toStandardOutput(): (line: string) => void {
  const output = pino.destination({ dest: 1, sync: true });
  return (line) => void output.write(line);
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  fatal: () => undefined,
  child: () => silentLogger,
};

function wrap(inner: pino.Logger, held: HeldLines | null): Logger {
  const at =
    (level: Exclude<LogLevel, 'silent'>) =>
    (message: string, fields: LogFields = {}): void => {
      if (!inner.isLevelEnabled(level)) return;
      inner[level](clean(fields), redactText(message));
      if (URGENT.has(level)) held?.flush();
    };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: (fields) => wrap(inner.child(clean(fields)), held),
  };
}

function clean(fields: LogFields): Record<string, unknown> {
  const redacted: unknown = redact(fields);
  return typeof redacted === 'object' && redacted !== null ? { ...redacted } : {};
}
