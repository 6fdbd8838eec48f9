/** Fields a change touched, as they stood and as they stand; null: nothing stood, or no field changed. Never a secret, nothing personal. */
export interface AuditChange {
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

/** A wish to the engine changes no field itself. */
export const NO_CHANGE: AuditChange = { before: null, after: null };

/** What a new object was made with. */
export const madeWith = (fields: Readonly<Record<string, unknown>>): AuditChange => ({ before: null, after: fields });

/** The fields of an object that differ from before to after, by their JSON. */
export function changedFields(before: object, after: object): AuditChange {
  const [was, is] = [plain(before), plain(after)];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]));
  if (names.length === 0) return NO_CHANGE;
  const of = (fields: Readonly<Record<string, unknown>>) => Object.fromEntries(names.map((name) => [name, fields[name] ?? null]));
  return { before: of(was), after: of(is) };
}

const plain = (fields: object): Readonly<Record<string, unknown>> => JSON.parse(JSON.stringify(fields));
