import { MAIN_WORLD } from './halls';

export interface VenuePath {
  readonly world: string;
  readonly route: string;
}

const WORLD_PATH = /^\/w\/([^/]+)(\/.*)$/;

/** Splits `/w/<world>/info` into world and route; a plain `/info` belongs to the main world. Query and trailing slashes do not matter. */
export function readVenuePath(url: string): VenuePath {
  const path = url.split('?', 1)[0] ?? '/';
  const [, world, rest] = WORLD_PATH.exec(path) ?? [null, MAIN_WORLD, path];
  const route = rest ?? '/';
  return { world: world ?? MAIN_WORLD, route: route.replace(/(?<=.)\/+$/, '') };
}
