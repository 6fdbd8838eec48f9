import type { Random } from '@lockstep/kernel';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import fc from 'fast-check';
import { arbitraryOf, type Hint, isSchema, type Reading, type Schema } from './arbitraries';
import type { FuzzedOperation, Parameter } from './operations';
import { kindsOf, type Pool } from './pool';
import { oneOf } from './seeded';
import { spoil } from './spoil';
import type { Prepared } from './stage';

/** A request as it is sent. */
export interface FuzzRequest {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** What is wrong with it on purpose; null: nothing. */
  readonly fault: string | null;
}

/** Path segments that are sent as they stand: a zero character, and a way out of the path. */
export const ENCODED: ReadonlySet<string> = new Set(['%00', '..%2f..']);

type Drawn = Readonly<Record<string, unknown>>;

/** Draws requests of one document's operations: by their schemas, with ids a pool knows. */
export class Requests {
  private readonly drawers = new Map<
    string,
    { readonly path: fc.Arbitrary<Drawn>; readonly query: fc.Arbitrary<Drawn>; readonly body: fc.Arbitrary<unknown> | null }
  >();
  private readonly validators = new Map<string, ValidateFunction>();
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: true });
  private pool: Pool | null = null;
  private readonly reading: Reading;

  constructor(
    components: Readonly<Record<string, Schema>>,
    private readonly random: Random,
  ) {
    this.ajv.addFormat('date-time', /^\d{4}-\d{2}-\d{2}T/);
    this.ajv.addFormat('uri', /^https?:/);
    this.ajv.addFormat('base64', /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
    this.ajv.addSchema({ $id: 'api', components: { schemas: components } });
    this.reading = { components, hint: this.known };
  }

  /** A request its schemas admit, about objects of the pool, with what was prepared in place of what was drawn. */
  good(operation: FuzzedOperation, pool: Pool, prepared: Prepared): FuzzRequest {
    const drawn = this.draw(operation, pool);
    const body =
      isSchema(drawn.body) && prepared.body !== undefined
        ? defined(prepared.whole === true ? prepared.body : { ...drawn.body, ...prepared.body })
        : drawn.body;
    return {
      path: { ...segments(drawn.path), ...prepared.path },
      query: { ...drawn.query, ...prepared.query },
      body,
      fault: null,
    };
  }

  /** The same request with one thing wrong; null where nothing of it can be wrong. */
  bad(operation: FuzzedOperation, request: FuzzRequest): FuzzRequest | null {
    const ways = [() => this.badBody(operation, request), () => this.badQuery(operation, request), () => this.badPath(operation, request)];
    for (let first = this.random.below(ways.length), tried = 0; tried < ways.length; tried += 1) {
      const made = ways[(first + tried) % ways.length]?.() ?? null;
      if (made !== null) return made;
    }
    return null;
  }

  private badBody(operation: FuzzedOperation, request: FuzzRequest): FuzzRequest | null {
    if (operation.body === null) return null;
    const admits = this.validator(`${operation.id} body`, operation.body);
    const spoiled = spoil(request.body, operation.body, this.reading, this.random, (value) => admits(value) === true);
    return spoiled === null ? null : { ...request, body: spoiled.value, fault: `body: ${spoiled.how}` };
  }

  private badQuery(operation: FuzzedOperation, request: FuzzRequest): FuzzRequest | null {
    const parameter = oneOf(
      this.random,
      operation.query.filter((one) => isBounded(one.schema)),
    );
    if (parameter === undefined) return null;
    const { [parameter.name]: _sent, ...rest } = request.query;
    if (parameter.required && this.random.below(3) === 0) return { ...request, query: rest, fault: `query: without ${parameter.name}` };
    const text = oneOf(
      this.random,
      ['', 'x y', '-1', '999999999999', '\u0000', 'ldr_', '[]', 'NULL'].filter((one) => !this.admitsText(parameter, one)),
    );
    return text === undefined
      ? null
      : { ...request, query: { ...rest, [parameter.name]: text }, fault: `query: ${parameter.name}=${JSON.stringify(text)}` };
  }

  private badPath(operation: FuzzedOperation, request: FuzzRequest): FuzzRequest | null {
    const parameter = oneOf(this.random, operation.pathParameters);
    if (parameter === undefined) return null;
    const text = oneOf(this.random, ['x', '0', 'ldr_0', ...ENCODED, 'cpy_00000000000000000000000000', 'a'.repeat(300)]) ?? 'x';
    return { ...request, path: { ...request.path, [parameter.name]: text }, fault: `path: ${parameter.name}=${text.slice(0, 30)}` };
  }

  private admitsText({ name, schema }: Parameter, text: string): boolean {
    const value = (schema.type === 'integer' || schema.type === 'number') && text.trim() !== '' ? Number(text) : text;
    return this.validator(`query ${name} ${JSON.stringify(schema)}`, schema)(value) === true;
  }

  private draw(operation: FuzzedOperation, pool: Pool) {
    this.pool = pool;
    const drawer = this.drawerOf(operation);
    const sample = <T>(of: fc.Arbitrary<T>): T => fc.sample(of, { numRuns: 1, seed: this.random.below(2 ** 31) })[0] as T;
    return {
      path: texts(sample(drawer.path)),
      query: texts(sample(drawer.query)),
      body: drawer.body === null ? undefined : sample(drawer.body),
    };
  }

  private drawerOf(operation: FuzzedOperation) {
    const known = this.drawers.get(operation.id);
    if (known !== undefined) return known;
    const members = (list: readonly Parameter[]) => Object.fromEntries(list.map(({ name, schema }) => [name, arbitraryOf(schema, this.reading)]));
    const requiredKeys = operation.query.filter(({ required }) => required).map(({ name }) => name);
    const made = {
      path: fc.record(members(operation.pathParameters), { noNullPrototype: true }),
      // A cursor cannot be drawn: it is signed.
      query: fc.record(members(operation.query.filter(({ name }) => name !== 'cursor' && name !== 'after')), { requiredKeys, noNullPrototype: true }),
      body: operation.body === null ? null : arbitraryOf(operation.body, this.reading),
    };
    this.drawers.set(operation.id, made);
    return made;
  }

  /** Ids are of objects there are, where the pool knows one of the kind. */
  private readonly known: Hint = (schema) => {
    const kinds = kindsOf(schema.pattern);
    if (kinds.length === 0) return undefined;
    const drawn = fc.stringMatching(new RegExp(String(schema.pattern)));
    return fc.tuple(drawn, fc.nat()).map(([text, at]) => {
      const kind = kinds[at % kinds.length] ?? '';
      return this.pool?.pick(kind, this.random) ?? text;
    });
  };

  private validator(name: string, schema: Schema): ValidateFunction {
    const known = this.validators.get(name);
    if (known !== undefined) return known;
    const text = JSON.stringify(schema).replaceAll('"#/components', '"api#/components');
    const made = this.ajv.compile(JSON.parse(text));
    this.validators.set(name, made);
    return made;
  }
}

/** Whether not every text is admitted. */
const isBounded = (schema: Schema): boolean =>
  ['pattern', 'enum', 'minimum', 'maximum', 'anyOf'].some((name) => name in schema) || schema.type === 'integer';

const defined = (value: Schema): Schema => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));

function texts(values: Drawn): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}

/** Path parameters that stay one segment: nothing and dots would name another address. */
const segments = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).map(([name, text]) => [name, /^\.{0,2}$/.test(text) ? 'x' : text]));
