import type { Random } from '@lockstep/kernel';
import { isSchema, type Reading, resolved, type Schema, schemasIn } from './arbitraries';
import { oneOf } from './seeded';

/** A value with one thing wrong with it. */
export interface Spoiled {
  readonly value: unknown;
  /** What was done, for the report. */
  readonly how: string;
}

interface Place {
  readonly path: readonly (string | number)[];
  readonly schema: Schema;
  readonly value: unknown;
}

/** How often another fault is tried where one turned out to be allowed. */
const TRIES = 25;
/** Longest list that is made one longer. */
const LIST_MAX = 2_000;

/**
 * Changes one thing of a value so that its schema no longer admits it; `admits` is the judge. Null where nothing could be found, as in a body
 * without a schema.
 */
export function spoil(
  value: unknown,
  schema: Schema,
  reading: Pick<Reading, 'components'>,
  random: Random,
  admits: (value: unknown) => boolean,
): Spoiled | null {
  const places = placesOf(value, schema, reading, []);
  for (let tried = 0; tried < TRIES; tried += 1) {
    const place = places[random.below(places.length)];
    const fault = place === undefined ? undefined : faultAt(place, reading, random);
    if (place === undefined || fault === undefined) continue;
    const changed = replaced(value, place.path, fault.value);
    if (!admits(changed)) return { value: changed, how: `${fault.how} at /${place.path.join('/')}` };
  }
  return null;
}

/** Every part of a value with the schema it stands under. */
function placesOf(value: unknown, given: Schema, reading: Pick<Reading, 'components'>, path: readonly (string | number)[]): Place[] {
  const schema = resolved(given, reading);
  const here: Place = { path, schema, value };
  if (Array.isArray(value) && isSchema(schema.items)) {
    const { items } = schema;
    return [here, ...value.flatMap((item: unknown, index) => placesOf(item, items, reading, [...path, index]))];
  }
  if (!isSchema(value)) return [here];
  const properties = memberSchemas(schema, value, reading);
  const inner = Object.entries(value).flatMap(([name, member]) => {
    const of = properties[name];
    return isSchema(of) ? placesOf(member, of, reading, [...path, name]) : [];
  });
  return [here, ...inner];
}

/** Members of an object's schema, of whichever branch has the object's kind. */
function memberSchemas(schema: Schema, value: Schema, reading: Pick<Reading, 'components'>): Readonly<Record<string, unknown>> {
  if (isSchema(schema.properties)) return schema.properties;
  for (const branch of schemasIn(schema.anyOf ?? schema.oneOf).map((one) => resolved(one, reading))) {
    const properties = isSchema(branch.properties) ? branch.properties : {};
    const kind = isSchema(properties.kind) ? properties.kind.const : undefined;
    if (isSchema(branch.properties) && (kind === undefined || kind === value.kind)) return properties;
  }
  return {};
}

type Fault = { readonly value: unknown; readonly how: string } | undefined;

function faultAt({ schema, value }: Place, reading: Pick<Reading, 'components'>, random: Random): Fault {
  const faults: (() => Fault)[] = [() => otherType(value, random), () => ({ value: null, how: 'null' })];
  if (isSchema(value))
    faults.push(
      () => without(schema, value, reading, random),
      () => ({ value: { ...value, unheard_of: 1 }, how: 'a member nobody knows' }),
    );
  if (typeof value === 'string') faults.push(() => spoiledText(schema, value, random));
  if (typeof value === 'number')
    faults.push(
      () => beyond(schema, random),
      () => ({ value: value + 0.5, how: 'a fraction' }),
    );
  if (Array.isArray(value)) faults.push(() => tooMany(schema, value, random));
  return faults[random.below(faults.length)]?.();
}

function otherType(value: unknown, random: Random): Fault {
  const others: readonly unknown[] = ['text', 17, true, [], {}, -1].filter(
    (other) => typeof other !== typeof value || Array.isArray(other) !== Array.isArray(value),
  );
  return { value: others[random.below(others.length)], how: 'another type' };
}

function without(schema: Schema, value: Schema, reading: Pick<Reading, 'components'>, random: Random): Fault {
  const owner = isSchema(schema.properties) ? schema : schemasIn(schema.anyOf ?? schema.oneOf).map((one) => resolved(one, reading))[0];
  const required = (Array.isArray(owner?.required) ? owner.required : []).filter((name): name is string => typeof name === 'string' && name in value);
  const name = required[random.below(Math.max(1, required.length))];
  if (name === undefined) return undefined;
  const { [name]: _gone, ...rest } = value;
  return { value: rest, how: `without ${name}` };
}

function spoiledText(schema: Schema, value: string, random: Random): Fault {
  const longest = typeof schema.maxLength === 'number' ? schema.maxLength : 5_000;
  const texts: readonly Fault[] = [
    { value: '', how: 'an empty text' },
    { value: `${value}\u0000`, how: 'a zero character' },
    { value: `${value} `, how: 'a space behind' },
    { value: value.toUpperCase(), how: 'capitals' },
    { value: 'x'.repeat(longest + 1), how: 'a text too long' },
    { value: `-${value}`, how: 'a sign' },
    { value: `${value}e9`, how: 'an exponent' },
    { value: 'NaN', how: 'not a number' },
    { value: "' or 1=1 --", how: 'a piece of SQL' },
  ];
  return texts[random.below(texts.length)];
}

function beyond(schema: Schema, random: Random): Fault {
  const { minimum, maximum } = schema;
  const bounds = [typeof minimum === 'number' ? minimum - 1 : undefined, typeof maximum === 'number' ? maximum + 1 : undefined].filter(
    (one) => one !== undefined,
  );
  const value = bounds[random.below(Math.max(1, bounds.length))];
  return value === undefined ? undefined : { value, how: 'a number out of its bounds' };
}

function tooMany(schema: Schema, value: readonly unknown[], random: Random): Fault {
  const { minItems, maxItems } = schema;
  const faults: Fault[] = [];
  if (typeof minItems === 'number' && minItems > 0) faults.push({ value: [], how: 'an empty list' });
  if (typeof maxItems === 'number' && maxItems <= LIST_MAX)
    faults.push({ value: Array.from({ length: maxItems + 1 }, () => value[0] ?? 'x'), how: 'a list too long' });
  return oneOf(random, faults);
}

/** A copy of a value with another part at a path. */
function replaced(value: unknown, path: readonly (string | number)[], part: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return part;
  if (Array.isArray(value)) return value.map((item: unknown, index) => (index === head ? replaced(item, rest, part) : item));
  return isSchema(value) ? { ...value, [head]: replaced(value[head], rest, part) } : value;
}
