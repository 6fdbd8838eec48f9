import fc from 'fast-check';

/** A JSON Schema (2020-12) as the document has it. */
export type Schema = Readonly<Record<string, unknown>>;

/** What a schema alone cannot know: a value that means something, such as the id of an object there is. Undefined: the schema says enough. */
export type Hint = (schema: Schema, path: string) => fc.Arbitrary<unknown> | undefined;

export interface Reading {
  /** Schemas by the end of their reference. */
  readonly components: Readonly<Record<string, Schema>>;
  readonly hint: Hint;
}

/** Longest array and most free-form members that are drawn: a body stays far below the size that is taken. */
const ITEMS_MAX = 5;
const TEXT_MAX = 30;
const INTEGER_MAX = 1_000_000_000;

export const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
export const schemasIn = (value: unknown): readonly Schema[] => (Array.isArray(value) ? value.filter(isSchema) : []);

/** The schema a reference leads to, or the schema itself. */
export function resolved(schema: Schema, { components }: Pick<Reading, 'components'>): Schema {
  const { $ref } = schema;
  if (typeof $ref !== 'string') return schema;
  const target = components[$ref.split('/').at(-1) ?? ''];
  if (target === undefined) throw new TypeError(`the document has no ${$ref}`);
  return resolved(target, { components });
}

/** Values a schema admits. Where it has examples, some of them are drawn. */
export function arbitraryOf(given: Schema, reading: Reading, path = ''): fc.Arbitrary<unknown> {
  const hinted = reading.hint(given, path);
  if (hinted !== undefined) return hinted;
  const schema = resolved(given, reading);
  const made = bySchema(schema, reading, path);
  const { examples } = given.examples === undefined ? schema : given;
  return Array.isArray(examples) && examples.length > 0 ? fc.oneof(made, fc.constantFrom<unknown>(...examples)) : made;
}

function bySchema(schema: Schema, reading: Reading, path: string): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom<unknown>(...schema.enum);
  const branches = schemasIn(schema.anyOf ?? schema.oneOf);
  if (branches.length > 0) return fc.oneof(...branches.map((branch) => arbitraryOf(branch, reading, path)));
  switch (schema.type) {
    case 'object':
      return objectOf(schema, reading, path);
    case 'array':
      return arrayOf(schema, reading, path);
    case 'string':
      return stringOf(schema);
    case 'integer':
      return fc.integer(boundsOf(schema));
    case 'number':
      return fc.double({ min: numberOr(schema.minimum, -1e9), max: numberOr(schema.maximum, 1e9), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function objectOf(schema: Schema, reading: Reading, path: string): fc.Arbitrary<unknown> {
  const properties = Object.entries(isSchema(schema.properties) ? schema.properties : {});
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const members = Object.fromEntries(
    properties.flatMap(([name, member]) => (isSchema(member) ? [[name, arbitraryOf(member, reading, `${path}/${name}`)]] : [])),
  );
  const requiredKeys = Object.keys(members).filter((name) => required.includes(name));
  return fc.record(members, { requiredKeys, noNullPrototype: true });
}

function arrayOf(schema: Schema, reading: Reading, path: string): fc.Arbitrary<unknown> {
  const minLength = numberOr(schema.minItems, 0);
  const maxLength = Math.max(minLength, Math.min(numberOr(schema.maxItems, ITEMS_MAX), ITEMS_MAX));
  const item = isSchema(schema.items) ? arbitraryOf(schema.items, reading, `${path}/-`) : fc.jsonValue({ maxDepth: 1 });
  return fc.array(item, { minLength, maxLength });
}

function stringOf(schema: Schema): fc.Arbitrary<string> {
  if (schema.format === 'date-time')
    return fc.date({ min: new Date('2026-01-01'), max: new Date('2026-12-31'), noInvalidDate: true }).map((date) => date.toISOString());
  if (typeof schema.pattern === 'string') return fc.stringMatching(new RegExp(schema.pattern));
  if (schema.format === 'uri') return fc.webUrl({ validSchemes: ['https'] });
  const minLength = numberOr(schema.minLength, 0);
  const maxLength = Math.max(minLength, Math.min(numberOr(schema.maxLength, TEXT_MAX), TEXT_MAX));
  return fc.oneof(fc.string({ minLength, maxLength, unit: 'grapheme-ascii' }), fc.string({ minLength, maxLength, unit: 'binary' }));
}

function boundsOf(schema: Schema): { readonly min: number; readonly max: number } {
  const min = Math.max(numberOr(schema.minimum, -INTEGER_MAX), Number.MIN_SAFE_INTEGER);
  return { min, max: Math.max(min, Math.min(numberOr(schema.maximum, INTEGER_MAX), Number.MAX_SAFE_INTEGER)) };
}

const numberOr = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);
