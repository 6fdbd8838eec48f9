import { API_CALENDAR, WAKEUP_CHANNELS } from '@lockstep/delivery';
import { err, ok } from '@lockstep/kernel';
import type { ApiKeyRow } from '@lockstep/storage';
import { API_SCOPES, type ApiScope, isApiScope, missingScopes } from '@lockstep/tenancy';
import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { CountsAs, Needs } from '../../auth/access';
import { changedFields, madeWith } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { wholeList } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { idField, nameField, timeOrNull } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, ProblemException, refusal } from '../../http/problem-exception';
import { beyondQuota } from '../../http/quotas';
import { apiKeyBody, apiKeyListSchema, apiKeySchema, newApiKeySchema } from './api-key-body';
import { issueKey } from './issue-key';

export const scopesField = z
  .array(z.enum(['*', ...API_SCOPES]))
  .min(1)
  .max(API_SCOPES.length);
export const scopesOf = (names: readonly string[]): ApiScope[] =>
  names.includes('*') ? [...API_SCOPES] : API_SCOPES.filter((scope) => names.includes(scope));

class CreateApiKeyDto extends createZodDto(
  z.strictObject({
    name: nameField,
    scopes: scopesField.describe('Scopes of the key, or "*" for every scope there is today.'),
    expires_at: z.iso.datetime().nullable().optional(),
    api_version: z
      .enum(API_CALENDAR.versions.map(({ version }) => version) as [string, ...string[]])
      .optional()
      .describe('Version of the API it is made for; left out: the newest. A rotated key keeps its own.'),
  }),
) {}
class RotateApiKeyDto extends createZodDto(
  z.strictObject({ overlap_seconds: z.int().min(0).max(604_800).default(86_400).describe('How long the old key stays good beside the new one.') }),
) {}
class KeyPath extends createZodDto(z.object({ id: idField('key') })) {}
class ListQuery extends createZodDto(z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(100) })) {}

/** A tenant's own keys. The secret is in the answer that makes it and nowhere else, so these answers are not repeated under an Idempotency-Key. */
@ApiTags('api-keys')
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
  ) {}

  @Post()
  @Answers(201, newApiKeySchema)
  @Needs('keys:write')
  async create(@CurrentCall() call: Call, @Body() body: CreateApiKeyDto) {
    const scopes = scopesOf(body.scopes);
    const beyond = body.scopes.includes('*') ? [] : missingScopes(call.key.scopes, scopes);
    if (beyond.length > 0) throw new ProblemException('missing_scope', { detail: `This key cannot hand out ${beyond.join(', ')}.` });
    const granted = scopes.filter((scope) => call.key.scopes.includes(scope));
    return this.mutations.run({ ...call, idempotencyHeader: null }, 201, async (unit) => {
      const refused = await beyondQuota(unit, call, 'api_keys');
      if (refused !== null) return err(refused);
      const expiresAt = body.expires_at ? Date.parse(body.expires_at) : null;
      const issued = await issueKey(this.context, unit, {
        ...call.scope,
        label: body.name,
        scopes: granted,
        expiresAt,
        ...(body.api_version !== undefined && { apiVersion: body.api_version }),
      });
      const row = await unit.apiKeys.findOne({ id: issued.id });
      if (row === null) return err(NOT_FOUND);
      const { name, api_version, expires_at } = apiKeyBody(row);
      await this.mutations.audit(unit, call, 'api_key.create', issued.id, {}, madeWith({ name, scopes: granted, api_version, expires_at }));
      return ok({ ...apiKeyBody(row), key: issued.secret });
    });
  }

  @Get()
  @Answers(200, apiKeyListSchema)
  @Needs('keys:read')
  async list(@CurrentCall() call: Call, @Query() query: ListQuery) {
    const rows = await this.context.storage.scoped(
      call.scope,
      (unit) => unit.apiKeys.find({}, { orderBy: { createdAt: 'DESC' }, limit: query.limit }),
      { readOnly: true },
    );
    return wholeList(rows.map(apiKeyBody));
  }

  @Get(':id')
  @Answers(200, apiKeySchema)
  @Needs('keys:read')
  async get(@CurrentCall() call: Call, @Param() path: KeyPath) {
    const row = await this.context.storage.scoped(call.scope, (unit) => unit.apiKeys.findOne({ id: path.id as ApiKeyRow['id'] }), { readOnly: true });
    if (row === null) throw new ProblemException('not_found');
    return apiKeyBody(row);
  }

  @Post(':id/revoke')
  @Answers(200, apiKeySchema)
  @Needs('keys:write')
  @CountsAs('stops')
  async revoke(@CurrentCall() call: Call, @Param() path: KeyPath) {
    const id = path.id as ApiKeyRow['id'];
    return this.mutations.run(call, 200, async (unit) => {
      const row = await unit.apiKeys.findOne({ id }, { lock: true });
      if (row === null) return err(NOT_FOUND);
      if (row.status === 'revoked') return err(refusal('state_conflict', 'It is revoked already.'));
      await unit.apiKeys.update({ id }, { status: 'revoked', revokedAt: unit.now });
      await unit.keyIndex.update({ kid: row.kid }, { status: 'revoked' });
      await this.mutations.audit(unit, call, 'api_key.revoke', id, {}, changedFields({ status: row.status }, { status: 'revoked' }));
      this.mutations.wake(unit, WAKEUP_CHANNELS.keys);
      return ok(apiKeyBody({ ...row, status: 'revoked', revokedAt: unit.now }));
    });
  }

  @Post(':id/rotate')
  @Answers(201, newApiKeySchema)
  @Needs('keys:write')
  async rotate(@CurrentCall() call: Call, @Param() path: KeyPath, @Body() body: RotateApiKeyDto) {
    const id = path.id as ApiKeyRow['id'];
    return this.mutations.run({ ...call, idempotencyHeader: null }, 201, async (unit) => {
      const old = await unit.apiKeys.findOne({ id }, { lock: true });
      if (old === null) return err(NOT_FOUND);
      if (old.status === 'revoked') return err(refusal('state_conflict', 'A revoked key is not rotated.'));
      const scopes = old.scopes.filter(isApiScope);
      const issued = await issueKey(this.context, unit, { ...call.scope, label: old.label, scopes, expiresAt: null, apiVersion: old.apiVersion });
      const expiresAt = unit.now + body.overlap_seconds * 1_000;
      await unit.apiKeys.update({ id }, { replacedBy: issued.id, expiresAt });
      await unit.keyIndex.update({ kid: old.kid }, { expiresAt });
      await this.mutations.audit(
        unit,
        call,
        'api_key.rotate',
        id,
        { replaced_by: issued.id },
        changedFields(keyTerms(old), keyTerms({ expiresAt, replacedBy: issued.id })),
      );
      const row = await unit.apiKeys.findOne({ id: issued.id });
      return row === null ? err(NOT_FOUND) : ok({ ...apiKeyBody(row), key: issued.secret });
    });
  }
}

/** What a rotation changes of the old key. */
const keyTerms = ({ expiresAt, replacedBy }: Pick<ApiKeyRow, 'expiresAt' | 'replacedBy'>) => ({
  expires_at: timeOrNull(expiresAt),
  replaced_by: replacedBy,
});
