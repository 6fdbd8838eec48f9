import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import type { Listener } from '../app/listeners';

/** As much of an answer as is checked. */
export interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly type: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Holds real answers against the published document: every status that is answered is documented, and no body has a member the document does not know. */
export interface ContractCheck {
  /** Throws when an answer is not what the document says. */
  check(method: string, path: string, answer: Answered): void;
  /** Ids of the operations that have succeeded. */
  readonly succeeded: ReadonlySet<string>;
  /** Request ids of the answers that succeeded, by operation. */
  readonly requests: ReadonlyMap<string, readonly string[]>;
}

interface Documented {
  readonly id: string;
  readonly pattern: RegExp;
  readonly method: string;
  readonly responses: Readonly<Record<string, unknown>>;
}

export function contractCheck(listener: Listener): ContractCheck {
  const { ajv, validator } = validatorsOf(JSON.stringify(listener.document.components ?? {}));
  const operations = operationsOf(listener.document);
  const succeeded = new Set<string>();
  const requests = new Map<string, string[]>();
  const hold = (what: string, ref: string, body: unknown): void => {
    const validate = validator(ref);
    if (!validate(body)) throw new Error(`${what} is not a ${ref}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body).slice(0, 2_000)}`);
  };
  return {
    succeeded,
    requests,
    check: (method, path, answer) => {
      const what = `${method.toUpperCase()} ${path} → ${answer.status}`;
      if (answer.status >= 400) return hold(what, '#/components/schemas/Problem', answer.body);
      const operation = operations.find((one) => one.method === method && one.pattern.test(path.split('?')[0] ?? ''));
      if (operation === undefined) return;
      const content = contentOf(operation.responses[String(answer.status)]);
      if (content === undefined) throw new Error(`${what}: ${operation.id} does not document this status`);
      succeeded.add(operation.id);
      requests.set(operation.id, [...(requests.get(operation.id) ?? []), answer.headers['x-request-id'] ?? '']);
      if (content.ref !== null) hold(what, content.ref, answer.body);
      else if (content.types.length > 0 && !content.types.some((type) => answer.type.startsWith(type)))
        throw new Error(`${what}: ${answer.type} instead of ${content.types.join(', ')}`);
    },
  };
}

interface Validators {
  readonly ajv: Ajv2020;
  readonly validator: (ref: string) => ValidateFunction;
}

/** By the text of the schemas: compiling them costs more than all else of a check, and the gateways of one thread publish the same. */
const compiled = new Map<string, Validators>();

function validatorsOf(components: string): Validators {
  const known = compiled.get(components);
  if (known !== undefined) return known;
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: 'api', components: closed(JSON.parse(components)) });
  const validators = new Map<string, ValidateFunction>();
  const validator = (ref: string): ValidateFunction => {
    const made = validators.get(ref) ?? ajv.compile({ $ref: `api${ref}` });
    validators.set(ref, made);
    return made;
  };
  compiled.set(components, { ajv, validator });
  return { ajv, validator };
}

function operationsOf(document: OpenAPIObject): Documented[] {
  return Object.entries(document.paths).flatMap(([template, item]) =>
    (['get', 'post', 'patch', 'put', 'delete'] as const).flatMap((method) => {
      const operation = item[method];
      const pattern = new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
      return operation === undefined ? [] : [{ id: operation.operationId ?? '', pattern, method, responses: { ...operation.responses } }];
    }),
  );
}

/** What a documented status carries: JSON by reference, one of other types, or nothing. */
function contentOf(response: unknown): { readonly ref: string | null; readonly types: readonly string[] } | undefined {
  if (typeof response !== 'object' || response === null) return undefined;
  const content: unknown = Reflect.get(response, 'content');
  if (typeof content !== 'object' || content === null) return { ref: null, types: [] };
  const json: unknown = Reflect.get(content, 'application/json');
  const schema: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, 'schema') : null;
  const ref: unknown = typeof schema === 'object' && schema !== null ? Reflect.get(schema, '$ref') : null;
  return { ref: typeof ref === 'string' ? ref : null, types: Object.keys(content) };
}

/** The same schemas with every object closed: what the document leaves open for later members, no answer may use today. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part)]));
  const object = 'properties' in inner && !('additionalProperties' in inner) && inner.type === 'object';
  return object ? { ...inner, additionalProperties: false } : inner;
}
