import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';
import * as swaggerUi from 'swagger-ui-express';

const DESCRIPTION = `Copy trading for perpetual futures. Money and sizes are decimal strings, times are RFC 3339 in UTC, errors are problem documents with a stable \`code\`.
POST and PATCH take an \`Idempotency-Key\`. The event stream is a WebSocket at \`/v1/stream\`.`;

/** The contract as OpenAPI 3.1, made from the very schemas that validate requests. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const base = new DocumentBuilder()
    .setTitle('Lockstep')
    .setVersion('1')
    .setDescription(DESCRIPTION)
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  return { ...cleanupOpenApiDoc(SwaggerModule.createDocument(app, base), { version: '3.1' }), openapi: '3.1.0' };
}

/** Serves /openapi.json and /docs. The one place that knows swagger-ui-express and so the Express adapter. */
export function mountDocumentation(app: INestApplication): OpenAPIObject {
  const document = openApiDocument(app);
  app.getHttpAdapter().get('/openapi.json', (_request: unknown, response: { json(body: unknown): void }) => response.json(document));
  app.use(
    '/docs',
    swaggerUi.serve,
    swaggerUi.setup(document, { customSiteTitle: 'API documentation', swaggerOptions: { persistAuthorization: false } }),
  );
  return document;
}
