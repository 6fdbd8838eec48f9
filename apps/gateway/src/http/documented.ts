import { fieldProblemSchema, manifestSchema, problemSchema } from '@lockstep/delivery';
import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import type { Answer, NotModified } from './answer';

/** Schemas of answers by the name they have in the OpenAPI document. One definition is the presenter's type, the document's component and what tests hold real answers against. */
const COMPONENTS = z.registry<{ id: string }>();
const REF = '#/components/schemas/';

/** Gives a schema its name in the document; wherever it is used it is referred to by that name. */
export function named<S extends z.ZodType>(name: string, schema: S): S {
  COMPONENTS.add(schema, { id: name });
  return schema;
}

named('FieldProblem', fieldProblemSchema);
named('Problem', problemSchema);
named('Manifest', manifestSchema);

/** A list's body: one page of `item`, and where the next begins. */
export function listOf<S extends z.ZodType>(name: string, item: S) {
  return named(
    name,
    z
      .object({
        data: z.array(item),
        next_cursor: z.string().nullable().describe('Send it as `cursor` for the next page; null on the last.'),
        prev_cursor: z.string().nullable().describe('Send it as `cursor` for the page before, in the same order; null on the first.'),
        has_more: z.boolean().describe('Whether another page follows.'),
      })
      .describe('One page of a list.'),
  );
}

/** What a handler of a documented answer may return. */
type Answered<T> = T | Answer<T> | NotModified | Promise<T | Answer<T> | NotModified>;

/** Documents the success of an operation and holds the handler's return type to the same schema. */
export function Answers<S extends z.ZodType>(status: 200 | 201 | 202, schema: S) {
  const described = ApiResponse({ status, description: DESCRIPTIONS[status], schema: { $ref: refOf(schema) } });
  const mark = applyDecorators(HttpCode(status), described);
  return <F extends (...given: never[]) => Answered<z.output<S>>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<F>,
  ): void => mark(target, key, descriptor);
}

const DESCRIPTIONS = {
  200: 'The object or list.',
  201: 'Made; the object as it is now.',
  202: 'Accepted; the object shows what became of it.',
} as const;

const TAG_LIST = { type: 'string' as const, maxLength: 4_000, pattern: '^(\\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$' };

/** Documents a read of one object that has an entity tag. */
export function AnswersTag() {
  return applyDecorators(
    ApiHeader({ name: 'If-None-Match', required: false, description: 'The `ETag` you have: 304 when it is still the same.', schema: TAG_LIST }),
    ApiResponse({ status: 304, description: 'It is the one named by `If-None-Match`.' }),
  );
}

/** Documents a change that can be made conditional on what was read before. */
export function TakesTag() {
  const description = 'The `ETag` your change is based on, or `*`: 412 and nothing done when another change came first.';
  return applyDecorators(ApiHeader({ name: 'If-Match', required: false, description, schema: TAG_LIST }));
}

/** Documents a download: the whole file, a part of it, or nothing when the caller has it. */
export function AnswersFile() {
  const content = { 'text/csv': { schema: { type: 'string' as const } } };
  return applyDecorators(
    HttpCode(200),
    ApiResponse({ status: 200, description: 'The whole file, or its first 16 MiB as 206.', content }),
    ApiResponse({ status: 206, description: 'The part that `Range` asked for.', content }),
    ApiResponse({ status: 304, description: 'The file is the one named by `If-None-Match`.' }),
  );
}

/** Documents a picture. */
export function AnswersPicture() {
  const picture = { schema: { type: 'string' as const, contentMediaType: 'image/*', contentEncoding: 'binary' } };
  const content = { 'image/png': picture, 'image/jpeg': picture, 'image/webp': picture };
  return applyDecorators(
    HttpCode(200),
    ApiHeader({ name: 'If-None-Match', required: false, description: 'The `ETag` you have: 304 when it is still the same.', schema: TAG_LIST }),
    ApiResponse({ status: 200, description: 'The picture.', content }),
    ApiResponse({ status: 304, description: 'It is the one named by `If-None-Match`.' }),
  );
}

/** The reference to a named schema. */
export function refOf(schema: z.ZodType): string {
  const id = COMPONENTS.get(schema)?.id;
  if (id === undefined) throw new TypeError('an answer has a named schema');
  return `${REF}${id}`;
}

/** Every named schema as JSON Schema 2020-12, by its name. Objects stay open: members may be added, and readers ignore those they do not know. */
export function answerComponents(): Readonly<Record<string, object>> {
  const { schemas } = z.toJSONSchema(COMPONENTS, { uri: (id) => REF + id, target: 'draft-2020-12', io: 'input' });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { $schema: _dialect, $id: _address, id: _global, ...rest } = schema;
      return [name, rest];
    }),
  );
}
