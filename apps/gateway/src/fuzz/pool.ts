import type { Random } from '@lockstep/kernel';
import { isSchema } from './arbitraries';
import { oneOf } from './seeded';

const ID = /^([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}$/;
/** Kept of one kind; older ones make room. */
const KEPT_MAX = 300;

/** Ids that answers have shown of one tenant, by kind (`cpy`, `ldr` …): what later requests are about. */
export class Pool {
  private readonly ids = new Map<string, string[]>();

  /** Takes every id of a body. */
  take(body: unknown): void {
    if (typeof body === 'string') this.add(body);
    else if (Array.isArray(body)) for (const item of body) this.take(item);
    else if (isSchema(body)) for (const member of Object.values(body)) this.take(member);
  }

  add(text: string): void {
    const kind = ID.exec(text)?.[1];
    if (kind === undefined) return;
    const of = this.ids.get(kind) ?? [];
    if (of.includes(text)) return;
    of.push(text);
    if (of.length > KEPT_MAX) of.shift();
    this.ids.set(kind, of);
  }

  has(text: string): boolean {
    const kind = ID.exec(text)?.[1];
    return kind !== undefined && (this.ids.get(kind) ?? []).includes(text);
  }

  all(): readonly string[] {
    return [...this.ids.values()].flat();
  }

  pick(kind: string, random: Random): string | undefined {
    return oneOf(random, this.ids.get(kind) ?? []);
  }
}

/** Kinds that a pattern of an id admits; empty where it is no pattern of an id. */
export function kindsOf(pattern: unknown): readonly string[] {
  if (typeof pattern !== 'string') return [];
  const match = /^\^\(?([a-z|]{3,40})\)?_\[0-9a-hjkmnp-tv-z\]\{26\}\$$/.exec(pattern);
  return match?.[1]?.split('|') ?? [];
}
