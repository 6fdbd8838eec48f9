import type { Json } from '../port';

/** What a JSON value is made of; several values of one place (elements of a list, repeated messages) are put together. */
export interface Shape {
  readonly kinds: ReadonlySet<Kind>;
  /** Of objects: each key with its shape, and whether every object seen here has it. */
  readonly keys: ReadonlyMap<string, { readonly shape: Shape; readonly always: boolean }>;
  readonly items: Shape | null;
}
export type Kind = 'null' | 'boolean' | 'integer' | 'fraction' | 'decimal text' | 'text' | 'list' | 'object';

const DECIMAL = /^-?\d+(\.\d+)?$/;

function kindOf(value: Json): Kind {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fraction';
  if (typeof value === 'string') return DECIMAL.test(value) ? 'decimal text' : 'text';
  return Array.isArray(value) ? 'list' : 'object';
}

const isObject = (value: Json): value is { readonly [key: string]: Json } => kindOf(value) === 'object';
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** The shape of all these values together. */
export function shapeOf(values: readonly Json[]): Shape {
  const objects = values.filter(isObject);
  const items = values.filter(isList).flat();
  const names = new Set(objects.flatMap((object) => Object.keys(object)));
  return {
    kinds: new Set(values.map(kindOf)),
    keys: new Map(
      [...names].map((name) => {
        const found = objects.flatMap((object) => (object[name] === undefined ? [] : [object[name]]));
        return [name, { shape: shapeOf(found), always: found.length === objects.length }];
      }),
    ),
    items: items.length === 0 ? null : shapeOf(items),
  };
}

/** A place where ours may differ, and why. Keys of an object that are names (coins) are compared as one. */
export interface Allowance {
  /** Ends of the path, for example `.cloid`. */
  readonly at: string;
  readonly because: string;
}

/** What differs between our shape and the recorded one, a line each; empty when a client could not tell them apart by keys and types. */
export function differences(ours: Shape, theirs: Shape, allowed: readonly Allowance[], path = ''): string[] {
  if (allowed.some(({ at }) => path.endsWith(at))) return [];
  const kinds = [...theirs.kinds].filter((kind) => kind !== 'null' && !ours.kinds.has(kind));
  const more = [...ours.kinds].filter((kind) => kind !== 'null' && !theirs.kinds.has(kind));
  const found = theirs.kinds.size === 0 || (theirs.kinds.size === 1 && theirs.kinds.has('null')) ? [] : kindLines(path, kinds, more);
  for (const [name, { always }] of theirs.keys) {
    const at = `${path}.${name}`;
    if (!ours.keys.has(name) && always && !allowed.some((each) => at.endsWith(each.at))) found.push(`${at} is missing`);
  }
  for (const [name, { shape }] of ours.keys) {
    const at = `${path}.${name}`;
    const recorded = theirs.keys.get(name);
    if (recorded !== undefined) found.push(...differences(shape, recorded.shape, allowed, at));
    else if (theirs.keys.size > 0 && !allowed.some((each) => at.endsWith(each.at))) found.push(`${at} is not recorded`);
  }
  if (theirs.items !== null) {
    if (ours.items === null) found.push(`${path}[] is empty, so nothing is compared`);
    else found.push(...differences(ours.items, theirs.items, allowed, `${path}[]`));
  }
  return found;
}

/** A decimal that happens to be whole, or a text that happens to be a number, is no difference of type: what matters is text against number. */
function kindLines(path: string, missing: readonly Kind[], more: readonly Kind[]): string[] {
  const loosely = (kinds: readonly Kind[]) => new Set(kinds.map((kind) => (kind === 'fraction' ? 'integer' : kind)));
  const [lost, gained] = [loosely(missing), loosely(more)];
  return [...lost].filter((kind) => ![...gained].includes(kind)).length > 0 && gained.size > 0
    ? [`${path} is ${[...gained].join('/')}, recorded as ${[...lost].join('/')}`]
    : [];
}
