import { isId } from '@lockstep/kernel';

/** What a key may be narrowed to: ids of one of these kinds. */
export const NARROWING_KINDS = ['leader', 'follower', 'copy'] as const;
export type NarrowingKind = (typeof NARROWING_KINDS)[number];
export const NARROWED_MAX = 100;

/** The only objects a key reaches, and what belongs to them. */
export interface Narrowing {
  readonly kind: NarrowingKind;
  readonly ids: readonly string[];
}

/** What an object belongs to, as far as it says so itself. A copy belongs to its leader, its follower and itself. */
export interface Belongs {
  readonly leader?: string | null;
  readonly follower?: string | null;
  readonly copy?: string | null;
}

/** The narrowing that a key's stored ids mean; null where it has none. The first id tells the kind of all: they are stored checked. */
export function narrowingOf(ids: readonly string[]): Narrowing | null {
  const [first] = ids;
  if (first === undefined) return null;
  const kind = NARROWING_KINDS.find((one) => isId(one, first));
  // An id nobody can read narrows to nothing at all, rather than to everything.
  return kind === undefined ? { kind: 'copy', ids: [] } : { kind, ids };
}

/** Whether an object lies inside. One that does not say what it belongs to is outside. */
export const isInside = ({ kind, ids }: Narrowing, object: Belongs): boolean => {
  const id = object[kind];
  return typeof id === 'string' && ids.includes(id);
};
