import type { FieldProblem } from '@lockstep/delivery';

/** Deepest nesting of a body: the deepest that is asked for has five levels. */
export const BODY_DEPTH_MAX = 20;

interface Part {
  readonly value: unknown;
  readonly pointer: string;
  readonly depth: number;
}

/** What no field of any body may be: nested without end, or a text with a zero character, which the database cannot keep. null: nothing of it. */
export function bodyFault(body: unknown): FieldProblem | null {
  const waiting: Part[] = [{ value: body, pointer: '', depth: 0 }];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const { value, pointer, depth } = part;
    if (typeof value === 'string' && value.includes('\u0000')) return { pointer, code: 'zero_character', detail: 'A text has no zero character.' };
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= BODY_DEPTH_MAX)
      return { pointer: pointer.slice(0, 200), code: 'too_deep', detail: `A body is nested ${BODY_DEPTH_MAX} levels deep at most.` };
    for (const [name, inner] of Object.entries(value)) {
      if (name.includes('\u0000')) return { pointer, code: 'zero_character', detail: 'A name has no zero character.' };
      waiting.push({ value: inner, pointer: `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth: depth + 1 });
    }
  }
  return null;
}
