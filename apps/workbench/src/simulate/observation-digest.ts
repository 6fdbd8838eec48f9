import { createHash } from 'node:crypto';
import type { Observation } from '@lockstep/simulation';

/** The digest takes this much text at a time: a call costs more than the few bytes of one observation. */
const BATCH_CHARS = 32_768;

/** Texts that JSON leaves as they are: nearly all. */
const PLAIN = /^[\w .:/|+-]*$/;

/** A digest of everything an auditor was told, in its order: equal digests mean equal runs. */
export class ObservationDigest {
  private readonly hash = createHash('sha256');
  private waiting = '';

  add(observation: Observation): void {
    this.waiting += textOf(observation);
    if (this.waiting.length >= BATCH_CHARS) this.flush();
  }

  /** Ends it: nothing can be added afterwards. */
  hex(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private flush(): void {
    this.hash.update(this.waiting);
    this.waiting = '';
  }
}

/** Plain data as JSON, whole numbers of any size as texts. `JSON.stringify` with a replacer says the same and takes several times as long. */
export function textOf(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return `"${value}"`;
    case 'number':
      return Number.isFinite(value) ? `${value}` : 'null';
    case 'string':
      return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? `[${value.map(textOf).join(',')}]` : objectText(value);
    default:
      return 'null';
  }
}

function objectText<T extends object>(value: T): string {
  let text = '';
  for (const key in value) {
    const field = value[key];
    if (field !== undefined) text += `${text === '' ? '' : ','}"${key}":${textOf(field)}`;
  }
  return `{${text}}`;
}
