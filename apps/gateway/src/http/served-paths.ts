interface Place {
  readonly literal: Map<string, Place>;
  any: Place | null;
  readonly methods: string[];
}

const newPlace = (): Place => ({ literal: new Map(), any: null, methods: [] });

/** Methods of the paths of an OpenAPI document, found segment by segment: every request asks, so that a hundred templates are not tried one by one. */
export class ServedPaths {
  private readonly root = newPlace();

  constructor(paths: Readonly<Record<string, object>>) {
    for (const [template, item] of Object.entries(paths)) {
      let place = this.root;
      for (const segment of segmentsOf(template)) place = stepInto(place, segment);
      place.methods.push(...Object.keys(item).map((method) => method.toUpperCase()));
    }
  }

  /** What the path is served by, whichever templates it fits; nothing where it is not served. A closing slash changes nothing. */
  methodsOf(path: string): readonly string[] {
    let places: readonly Place[] = [this.root];
    for (const segment of segmentsOf(path)) {
      const next: Place[] = [];
      for (const { literal, any } of places) {
        const exact = literal.get(segment);
        if (exact !== undefined) next.push(exact);
        if (any !== null && segment !== '') next.push(any);
      }
      if (next.length === 0) return [];
      places = next;
    }
    const [only, ...others] = places;
    return only !== undefined && others.length === 0 ? only.methods : places.flatMap(({ methods }) => methods);
  }
}

function segmentsOf(path: string): readonly string[] {
  const segments = path.split('/').slice(1);
  return segments.length > 1 && segments.at(-1) === '' ? segments.slice(0, -1) : segments;
}

function stepInto(place: Place, segment: string): Place {
  if (segment.startsWith('{')) {
    place.any ??= newPlace();
    return place.any;
  }
  const next = place.literal.get(segment) ?? newPlace();
  place.literal.set(segment, next);
  return next;
}
