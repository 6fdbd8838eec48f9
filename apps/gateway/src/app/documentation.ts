import { API_CALENDAR, SUBPROTOCOL } from '@lockstep/delivery';
import { mayCall, OPERATOR_OPERATIONS, OPERATOR_ROLES } from '@lockstep/tenancy';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';
import { SECURITY_SCHEME } from '../auth/access';
import { answerComponents } from '../http/documented';
import { API_VERSION } from '../http/versions';
import { STREAM_PATH } from '../stream/door';
import { EXAMPLES } from './examples';
import { operationId } from './operation-id';
import { SUMMARIES } from './summaries';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;

const DESCRIPTION = `Copy trading for perpetual futures. Test keys (\`…_test_…\`) trade on simulated networks only: try everything out with one. Money and sizes are decimal strings, times are RFC 3339 in UTC, errors are problem documents with a stable \`code\`.
POST and PATCH take an \`Idempotency-Key\`. A key may ask for signed requests (\`X-Timestamp\`, \`X-Signature\`). The event stream is a WebSocket at \`${STREAM_PATH}\`.`;

const PROBLEM_ANSWER = {
  description: 'A problem document (RFC 9457). Switch on its `code`.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description: 'Your name for this request, e.g. a UUID. The same key with the same request gives the same answer for 72 hours.',
  schema: { type: 'string' as const, pattern: '^([!#-~]{1,255}|"([ !#-\\[\\]-~]|\\\\["\\\\]){1,255}")$' },
};
const TEXT = { type: 'string' as const };
const API_VERSION_FIELD = {
  name: API_VERSION,
  in: 'header' as const,
  required: false,
  description: 'Version of the API that serves this request. Left out: the one the key was made for.',
  schema: { type: 'string' as const, enum: API_CALENDAR.versions.map(({ version }) => version) },
};
const STREAM: Operation = {
  operationId: 'stream.open',
  tags: ['stream'],
  security: [{ [SECURITY_SCHEME]: ['events:read'] }],
  responses: {
    '101': {
      description: `A WebSocket with subprotocol \`${SUBPROTOCOL}\`. Send \`{"op":"subscribe"}\`, with \`"after":{"epoch":"…","seq":"41"}\` to go on behind a position; \`event\` frames follow. Browsers offer a stream ticket as a second subprotocol.`,
    },
    default: PROBLEM_ANSWER,
  },
};
/** Answers with a secret in them are not kept, so they cannot be repeated; nor are those of questions, which change nothing. */
const NEVER_REPEATED: ReadonlySet<string> = new Set([
  'apiKeys.create',
  'apiKeys.rotate',
  'apiKeys.sign',
  'streamTickets.create',
  'keyLeaks.report',
  'operator.createKey',
  'operatorKeys.create',
  'egress.forecast',
  'preview.preview',
]);
/** Operations below /v1 that need no key. */
const OPEN: ReadonlySet<string> = new Set(['keyLeaks.report']);
const METHODS = ['get', 'post', 'patch', 'put', 'delete'] as const;

/** The contract as OpenAPI 3.1, made from the very schemas that validate requests. */
export function openApiDocument(app: INestApplication, title: string): OpenAPIObject {
  const base = new DocumentBuilder()
    .setTitle(title)
    .setVersion('1')
    .setDescription(DESCRIPTION)
    .addBearerAuth()
    .addSecurityRequirements(SECURITY_SCHEME)
    .build();
  const made = SwaggerModule.createDocument(app, base, { operationIdFactory: operationId });
  if (Object.keys(made.paths).includes('/v1/stream-tickets')) made.paths[STREAM_PATH] = { get: STREAM };
  for (const [path, item] of Object.entries(made.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation !== undefined) describeOperation(path, method, operation);
    }
  }
  return withComponents({ ...cleanupOpenApiDoc(made, { version: '3.1' }), openapi: '3.1.0' });
}

/** Adds the answers' schemas that the document refers to, directly or through each other. Request bodies lose the suffix of their classes. */
function withComponents(document: OpenAPIObject): OpenAPIObject {
  const plain: OpenAPIObject = JSON.parse(JSON.stringify(document).replaceAll(/("(?:#\/components\/schemas\/)?[A-Z][A-Za-z]+)Dto"/g, '$1"'));
  const known = new Map<string, object>([...Object.entries(answerComponents()), ...Object.entries(plain.components?.schemas ?? {})]);
  const schemas: Record<string, object> = {};
  const waiting = referencesIn(plain.paths);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const schema = known.get(name);
    if (schema === undefined || name in schemas) continue;
    schemas[name] = schema;
    waiting.push(...referencesIn(schema));
  }
  const sorted = Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { ...plain, components: { ...plain.components, schemas: sorted } };
}

const referencesIn = (part: object): string[] =>
  [...JSON.stringify(part).matchAll(/"#\/components\/schemas\/([A-Za-z]+)"/g)].map((match) => match[1] ?? '');

/** Which rights an operation asks of its key, in words; null: none. */
function rightsOf(id: string, { security }: Operation): string | null {
  const roles = OPERATOR_ROLES.filter((role) => OPERATOR_OPERATIONS.includes(id) && mayCall(role, id));
  if (roles.length > 0) return `Roles: ${listed(roles)}.`;
  const scopes = (security ?? []).flatMap((one) => one[SECURITY_SCHEME] ?? []);
  return scopes.length > 0 ? `Scopes: ${listed(scopes)}.` : null;
}

const listed = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

/** Header fields of answers that have them. */
function describeHeaders(path: string, operation: Operation): void {
  const asks = (name: string): boolean => (operation.parameters ?? []).some((parameter) => 'name' in parameter && parameter.name === name);
  const headers = {
    ...(path.startsWith('/v1/') && path !== STREAM_PATH && { [API_VERSION]: { description: 'Version that served it.', schema: TEXT } }),
    ...(asks('If-None-Match') && { ETag: { description: 'Names the object as it is, to the last byte.', schema: TEXT } }),
  };
  for (const [status, answer] of Object.entries(operation.responses)) {
    if (answer === undefined || !('description' in answer) || !/^[23]/.test(status) || Object.keys(headers).length === 0) continue;
    answer.headers = { ...answer.headers, ...headers };
  }
}

/** What every operation says, whichever route it belongs to. */
function describeOperation(path: string, method: (typeof METHODS)[number], operation: Operation): void {
  const id = operation.operationId ?? '';
  const summary = SUMMARIES[id];
  if (summary !== undefined) operation.summary = summary;
  operation.responses.default ??= PROBLEM_ANSWER;
  operation.responses['4XX'] ??= PROBLEM_ANSWER;
  const example = EXAMPLES[id];
  const json =
    operation.requestBody !== undefined && 'content' in operation.requestBody ? operation.requestBody.content['application/json'] : undefined;
  if (example !== undefined && json !== undefined) json.example = example;
  if (!path.startsWith('/v1/') || OPEN.has(id)) operation.security = [];
  const rights = rightsOf(id, operation);
  if (rights !== null) operation.description = [operation.description, rights].filter((part) => part !== undefined && part !== '').join('\n\n');
  const takesKey = (method === 'post' || method === 'patch') && !NEVER_REPEATED.has(id);
  if (takesKey) operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_KEY];
  if (path.startsWith('/v1/') && path !== STREAM_PATH) operation.parameters = [...(operation.parameters ?? []), API_VERSION_FIELD];
  if (API_CALENDAR.operations[id] !== undefined) operation.deprecated = true;
  describeHeaders(path, operation);
}
