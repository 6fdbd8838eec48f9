import { describe, expect, it } from 'vitest';
import { ServedPaths } from './served-paths';

const served = new ServedPaths({
  '/v1/copies': { get: {}, post: {} },
  '/v1/copies/{id}': { get: {}, patch: {} },
  '/v1/copies/preview': { post: {} },
  '/v1/copies/{id}/pause': { post: {} },
  '/openapi.json': { get: {} },
});

describe('served paths', () => {
  it.each([
    ['/v1/copies', ['GET', 'POST']],
    ['/v1/copies/', ['GET', 'POST']],
    ['/v1/copies/cpy_1', ['GET', 'PATCH']],
    ['/v1/copies/preview', ['POST', 'GET', 'PATCH']],
    ['/v1/copies/cpy_1/pause', ['POST']],
    ['/openapi.json', ['GET']],
    ['/openapixjson', []],
    ['/v1/copies//', []],
    ['/v1/copies//pause', []],
    ['/v1/copies/cpy_1/pause/x', []],
    ['/v1', []],
    ['/', []],
    ['', []],
    ['/__proto__', []],
  ])('%s is served by %j', (path, methods) => {
    expect(served.methodsOf(path)).toEqual(methods);
  });
});
