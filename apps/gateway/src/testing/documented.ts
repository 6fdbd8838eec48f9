import type { Listener } from '../app/listeners';
import type { Method } from './rig';

/** An operation as the document has it. */
export interface Operation {
  readonly name: string;
  readonly path: string;
  readonly method: Method;
  readonly id: string;
  readonly body: Record<string, unknown>;
}

/** The operations a listener documents. */
export function documented(listener: Listener): Operation[] {
  return Object.entries(listener.document.paths).flatMap(([path, item]) =>
    (['get', 'post', 'patch', 'put', 'delete'] as const).flatMap((method) => {
      const operation = item[method];
      return operation === undefined
        ? []
        : [{ name: `${method.toUpperCase()} ${path}`, path, method, id: operation.operationId ?? '', body: JSON.parse(JSON.stringify(operation)) }];
    }),
  );
}
