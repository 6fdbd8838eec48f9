import type { OpenAPIObject } from '@nestjs/swagger';
import type { Method } from '../testing/rig';
import { isSchema, type Schema, schemasIn } from './arbitraries';

export interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly schema: Schema;
}

/** One operation of the document, as far as a request is made of it. */
export interface FuzzedOperation {
  readonly id: string;
  readonly method: Method;
  /** Template, as `/v1/copies/{id}`. */
  readonly path: string;
  readonly pathParameters: readonly Parameter[];
  readonly query: readonly Parameter[];
  readonly body: Schema | null;
  /** Whether a key has to be sent. */
  readonly guarded: boolean;
  /** Whether its answers say what is left of a quota. */
  readonly isLimited: boolean;
  /** Whether something can be wrong with a request: it needs a key, or takes anything at all. */
  readonly refusable: boolean;
  /** Whether it can be repeated under an Idempotency-Key. */
  readonly repeatable: boolean;
}

const METHODS = ['get', 'post', 'patch', 'put', 'delete'] as const;

/** Operations a client can call by HTTP: all but the upgrade of the stream. */
export function operationsOf(document: OpenAPIObject): readonly FuzzedOperation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method): FuzzedOperation[] => {
      const operation: unknown = item[method];
      if (!isSchema(operation) || operation.operationId === 'stream.open') return [];
      const parameters = schemasIn(operation.parameters);
      const of = (place: string): readonly Parameter[] =>
        parameters
          .filter((one) => one.in === place)
          .map((one) => ({ name: String(one.name), required: one.required === true, schema: isSchema(one.schema) ? one.schema : {} }));
      return [
        {
          id: String(operation.operationId),
          method,
          path,
          pathParameters: of('path'),
          query: of('query'),
          body: bodyOf(operation),
          guarded: isGuarded(operation),
          isLimited: isGuarded(operation) && !path.startsWith('/v1/operator/'),
          refusable: isGuarded(operation) || parameters.some((one) => one.in !== 'header') || bodyOf(operation) !== null,
          repeatable: of('header').some(({ name }) => name === 'Idempotency-Key'),
        },
      ];
    }),
  );
}

function bodyOf(operation: Schema): Schema | null {
  const body = isSchema(operation.requestBody) ? operation.requestBody : {};
  const content = isSchema(body.content) ? body.content : {};
  const json = isSchema(content['application/json']) ? content['application/json'] : {};
  return isSchema(json.schema) ? json.schema : null;
}

/** Operations that need no key say so; all others need one. */
const isGuarded = ({ security }: Schema): boolean => !(Array.isArray(security) && security.length === 0);
