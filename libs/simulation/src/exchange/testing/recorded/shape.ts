import type { Json } from '../../port';

/** What stands at a path: JSON's types, numbers and texts told apart by their form. */
export type Kind = string;

/** Path → the kinds seen there. `[]` stands for any element of a list, `{}` for any entry of a map. */
export type Shape = ReadonlyMap<string, ReadonlySet<Kind>>;

/** Objects whose keys are data: coins. */
const MAPS: ReadonlySet<string> = new Set(['allMids', 'frame/allMids[].data.mids']);

const TEXT_FORMS: readonly (readonly [Kind, RegExp])[] = [
  ['decimal', /^-?\d+\.(?:0|\d*[1-9])$/],
  ['whole number text', /^-?\d+$/],
  ['hash', /^0x[0-9a-f]{64}$/],
  ['address', /^0x[0-9a-f]{40}$/],
  ['16 bytes', /^0x[0-9a-f]{32}$/],
];

function kindOf(value: Json | undefined): Kind {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fraction';
  if (typeof value === 'string') return TEXT_FORMS.find(([, form]) => form.test(value))?.[0] ?? 'text';
  return typeof value;
}

/** The kinds at every path below `root`; elements of a list count as one path. */
export function shapeOf(root: string, value: Json): Shape {
  const shape = new Map<string, Set<Kind>>();
  const walk = (path: string, here: Json | undefined): void => {
    const kinds = shape.get(path) ?? new Set<Kind>();
    shape.set(path, kinds.add(kindOf(here)));
    if (Array.isArray(here)) for (const each of here) walk(`${path}[]`, each);
    else if (typeof here === 'object' && here !== null)
      for (const [key, inner] of Object.entries(here)) walk(MAPS.has(path) ? `${path}{}` : `${path}.${key}`, inner);
  };
  walk(root, value);
  return shape;
}

export interface Deviation {
  readonly path: string;
  /** `theirs`: only the recorded answer has the path; `ours`: only the simulator's; `kind`: both, of kinds the record does not show. */
  readonly is: 'theirs' | 'ours' | 'kind';
  readonly detail: string;
}

/** Everything in which our answer is not of the recorded shape. What a record shows only as null may be anything, and the other way round. */
export function deviations(ours: Shape, theirs: Shape): Deviation[] {
  const parent = (path: string): string => path.replace(/(?:\.[^.[{]+|\[\]|\{\})$/, '');
  const known = (shape: Shape, path: string): boolean => parent(path) === path || shape.has(parent(path));
  const list = (kinds: ReadonlySet<Kind> | undefined): string => [...(kinds ?? [])].sort().join(' | ');
  const found: Deviation[] = [];
  for (const [path, kinds] of theirs) {
    const own = ours.get(path);
    if (own === undefined) {
      if (known(ours, path)) found.push({ path, is: 'theirs', detail: list(kinds) });
      continue;
    }
    const extra = [...own].filter((kind) => kind !== 'null' && !kinds.has(kind));
    if (extra.length > 0 && list(kinds) !== 'null') found.push({ path, is: 'kind', detail: `${list(own)} instead of ${list(kinds)}` });
  }
  for (const [path, kinds] of ours) if (!theirs.has(path) && known(theirs, path)) found.push({ path, is: 'ours', detail: list(kinds) });
  return found;
}
