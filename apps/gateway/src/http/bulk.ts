import { fieldProblemSchema, idText, PROBLEM_CODES, PROBLEMS, type ProblemCode } from '@lockstep/delivery';
import type { Result } from '@lockstep/kernel';
import { z } from 'zod';
import { named } from './documented';
import type { Refusal } from './problem-exception';

/** Items of one call. */
export const BULK_ITEMS_MAX = 1_000;

/** The body of a bulk call. It is valid as a whole or refused as a whole; what a rule forbids is refused item by item. */
export const bulkBody = <S extends z.ZodType>(item: S) =>
  z.strictObject({ items: z.array(item).min(1).max(BULK_ITEMS_MAX).describe('What to make, in the order in which the quota is used.') });

const itemProblemSchema = named(
  'ItemProblem',
  z
    .object({
      code: z.enum(PROBLEM_CODES as [ProblemCode, ...ProblemCode[]]).describe('As of a problem document: switch on this.'),
      title: z.string(),
      detail: z.string().nullable(),
      retryable: z.boolean(),
      existing_id: z
        .string()
        .nullable()
        .describe('The object that stands in the way, where there is one: after a lost answer it is the one you asked for.'),
      errors: z.array(fieldProblemSchema).describe('Where in the body.'),
    })
    .describe('Why an item was not made.'),
);

/** Results of a bulk call, in the order of the items. */
export const bulkResultOf = (name: string, prefix: string) =>
  named(
    name,
    z
      .object({
        data: z.array(
          z.object({
            index: z.int().min(0).describe('Place of the item in the request.'),
            id: idText(prefix).nullable().describe('What was made; null: nothing was.'),
            problem: itemProblemSchema.nullable(),
          }),
        ),
        made: z.int().min(0),
        refused: z.int().min(0),
      })
      .describe('One result per item, in their order.'),
  );

/** Why one of many was not made. Pointers begin at the item. */
export interface ItemRefusal extends Refusal {
  readonly existingId?: string;
}

/** The answer to a bulk call. */
export function bulkAnswer<Id extends string>(results: readonly Result<Id, ItemRefusal>[]) {
  const made = results.filter((result) => result.ok).length;
  return {
    data: results.map((result, index) => ({
      index,
      id: result.ok ? result.value : null,
      problem: result.ok ? null : itemProblem(index, result.error),
    })),
    made,
    refused: results.length - made,
  };
}

function itemProblem(index: number, { code, detail, errors, existingId }: ItemRefusal): z.output<typeof itemProblemSchema> {
  const { title, retryable } = PROBLEMS[code];
  const at = `/items/${index}`;
  const fields = errors ?? [{ pointer: '', code, detail: detail ?? title }];
  return {
    code,
    title,
    detail: detail ?? null,
    retryable,
    existing_id: existingId ?? null,
    errors: fields.map((field) => ({ ...field, pointer: `${at}${field.pointer}` })),
  };
}
