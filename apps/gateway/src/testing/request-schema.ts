import type { OpenAPIObject } from '@nestjs/swagger';
import type { Operation } from './documented';

type Schema = Readonly<Record<string, unknown>>;
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly Schema[] => (Array.isArray(value) ? value.filter(isSchema) : []);
const membersOf = (value: unknown): readonly (readonly [string, Schema])[] =>
  isSchema(value) ? Object.entries(value).flatMap(([name, one]) => (isSchema(one) ? [[name, one] as const] : [])) : [];

const resolved = (document: OpenAPIObject, schema: Schema): Schema => {
  const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined;
  const target: unknown = name === undefined ? schema : document.components?.schemas?.[name];
  return isSchema(target) ? target : {};
};
const jsonOf = (content: unknown): Schema => {
  const json = isSchema(content) ? content['application/json'] : undefined;
  const schema = isSchema(json) ? json.schema : undefined;
  return isSchema(schema) ? schema : {};
};

/** The fields an operation's body takes, and those its successful answers have. */
export function bodyFields(
  document: OpenAPIObject,
  { body }: Operation,
): { readonly asked: ReadonlySet<string>; readonly answered: ReadonlySet<string> } {
  const fields = (schema: Schema): string[] => {
    const whole = resolved(document, schema);
    const parts = ['anyOf', 'oneOf', 'allOf'].flatMap((name) => listOf(whole[name]));
    return [...membersOf(whole.properties).map(([name]) => name), ...parts.flatMap(fields)];
  };
  const answers = membersOf(body.responses).filter(([status]) => status.startsWith('2'));
  return {
    asked: new Set(fields(jsonOf(isSchema(body.requestBody) ? body.requestBody.content : {}))),
    answered: new Set(answers.flatMap(([, answer]) => fields(jsonOf(answer.content)))),
  };
}

/** Places of requests that the document sets no bound for: `METHOD /path /field` or `METHOD /path ?parameter`. */
export function requestBounds(document: OpenAPIObject): string[] {
  const found = new Set<string>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of membersOf(item)) {
      const name = `${method.toUpperCase()} ${path}`;
      const note = (at: string): void => void found.add(`${name} ${at}`);
      for (const parameter of listOf(operation.parameters)) {
        if (parameter.in === 'header' || !isSchema(parameter.schema)) continue;
        look(document, parameter.schema, `?${String(parameter.name)}`, [], note);
      }
      look(document, jsonOf(isSchema(operation.requestBody) ? operation.requestBody.content : {}), '', [], note);
    }
  }
  return [...found];
}

function look(document: OpenAPIObject, given: Schema, at: string, above: readonly unknown[], note: (at: string) => void): void {
  if (given.$ref !== undefined && above.includes(given.$ref)) return;
  const within = [...above, given.$ref];
  const schema = resolved(document, given);
  for (const part of ['anyOf', 'oneOf', 'allOf'].flatMap((name) => listOf(schema[name]))) look(document, part, at, within, note);
  if (schema.enum !== undefined || schema.const !== undefined) return;
  const { type, items, properties, additionalProperties: others } = schema;
  if (type === 'string' && !boundsText(schema)) note(at);
  if ((type === 'number' || type === 'integer') && !['maximum', 'exclusiveMaximum'].some((bound) => typeof schema[bound] === 'number')) note(at);
  if (type === 'array' && typeof schema.maxItems !== 'number') note(at);
  if (isSchema(items)) look(document, items, `${at}/[]`, within, note);
  if (type === 'object' && others !== false && !namesAreClosed(schema)) note(at);
  for (const [name, member] of membersOf(properties)) look(document, member, `${at}/${name}`, within, note);
  if (isSchema(others)) look(document, others, `${at}/*`, within, note);
}

/** A text is bounded by its length, or by a whole pattern in which nothing repeats without end; a moment by what a moment can be. */
function boundsText({ maxLength, pattern, format }: Schema): boolean {
  if (typeof maxLength === 'number' || format === 'date-time' || format === 'date') return true;
  if (typeof pattern !== 'string' || !/^\^.*\$$/.test(pattern)) return false;
  const bare = pattern.replaceAll(/\\./g, 'x').replaceAll(/\[[^\]]*\]/g, 'x');
  return !/[+*]|\{\d+,\}/.test(bare);
}

/** A map whose names are an enumeration has as many members as it at most. */
const namesAreClosed = ({ propertyNames }: Schema): boolean => isSchema(propertyNames) && propertyNames.enum !== undefined;
