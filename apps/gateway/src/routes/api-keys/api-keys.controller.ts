import { API_CALENDAR, WAKEUP_CHANNELS } from '@lockstep/delivery';
import { type EpochMs, err, ok } from '@lockstep/kernel';
import type { ApiKeyRow } from '@lockstep/storage';
import { isApiScope, missingScopes } from '@lockstep/tenancy';
import { Body, Controller, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { CountsAs, Needs } from '../../auth/access';
import { AddressLists } from '../../auth/addresses';
import { belongsOf, isNobodys } from '../../auth/belongs';
import { newSigningSecret } from '../../auth/signing-secrets';
import { changedFields, madeWith } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { wholeList } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { idField, nameField, timeField, timeOrNull } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, ProblemException, type Refusal, refusal } from '../../http/problem-exception';
import { publish, told } from '../../http/publish';
import { beyondQuota } from '../../http/quotas';
import {
  apiKeyBody,
  apiKeyListSchema,
  apiKeySchema,
  narrowedIds,
  narrowedSchema,
  newApiKeySchema,
  signedSchema,
  signingKeySchema,
} from './api-key-body';
import { issueKey } from './issue-key';
import { addressesOf, allowedAddressesField, scopesField, scopesOf } from './key-fields';

class CreateApiKeyDto extends createZodDto(
  z.strictObject({
    name: nameField,
    scopes: scopesField.describe('Scopes of the key, or "*" for every scope there is today.'),
    expires_at: timeField.nullable().optional().describe('First moment it is no longer good; null or left out: never.'),
    narrowed_to: narrowedSchema.nullable().default(null),
    allowed_addresses: allowedAddressesField.default([]),
    signed: signedSchema.default('nothing'),
    api_version: z
      .enum(API_CALENDAR.versions.map(({ version }) => version) as [string, ...string[]])
      .optional()
      .describe('Version of the API it is made for; left out: the newest. A rotated key keeps its own.'),
  }),
) {}
class PatchApiKeyDto extends createZodDto(z.strictObject({ name: nameField.optional(), allowed_addresses: allowedAddressesField.optional() })) {}
class RotateApiKeyDto extends createZodDto(
  z.strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(604_800)
      .default(86_400)
      .describe('How long the old key stays good beside the new one, but no longer than it would have; 0: not at all.'),
    expires_at: timeField
      .nullable()
      .optional()
      .describe('First moment the new key is no longer good; null: never. Left out: it lives as long as the old one was to live.'),
  }),
) {}
class SetSigningDto extends createZodDto(z.strictObject({ signed: signedSchema })) {}
class KeyPath extends createZodDto(z.object({ id: idField('key') })) {}
class ListQuery extends createZodDto(z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(100) })) {}

/** A tenant's own keys. The secret is in the answer that makes it and nowhere else, so these answers are not repeated under an Idempotency-Key. */
@ApiTags('api-keys')
@Controller('v1/api-keys')
export class ApiKeysController {
  private readonly addresses = new AddressLists();

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
      if (expiresAt !== null && expiresAt <= unit.now) return err(refusal('invalid_request', '`expires_at` lies behind us.'));
      const allowedAddresses = addressesOf(body.allowed_addresses);
      const narrowedTo = body.narrowed_to === null ? [] : narrowedIds(body.narrowed_to);
      for (const one of narrowedTo)
        if (isNobodys(await belongsOf(unit, one))) return err(refusal('not_found', 'A narrowing names something that is not there.'));
      const bounds = { narrowedTo, allowedAddresses, signed: body.signed, expiresAt };
      const version = body.api_version === undefined ? {} : { apiVersion: body.api_version };
      const issued = await issueKey(this.context, unit, { ...call.scope, label: body.name, scopes: granted, ...bounds, ...version });
      const row = await unit.apiKeys.findOne({ id: issued.id });
      if (row === null) return err(NOT_FOUND);
      await this.mutations.audit(unit, call, 'api_key.create', issued.id, {}, madeWith(keyTerms(row)));
      return ok({ ...apiKeyBody(row), key: issued.secret, signing_secret: issued.signingSecret });
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

  @Patch(':id')
  @Answers(200, apiKeySchema)
  @Needs('keys:write')
  async patch(@CurrentCall() call: Call, @Param() path: KeyPath, @Body() body: PatchApiKeyDto) {
    const id = path.id as ApiKeyRow['id'];
    return this.mutations.run(call, 200, async (unit) => {
      const row = await unit.apiKeys.findOne({ id }, { lock: true });
      if (row === null) return err(NOT_FOUND);
      if (row.status === 'revoked') return err(refusal('state_conflict', 'A revoked key is not changed.'));
      const allowedAddresses = body.allowed_addresses === undefined ? row.allowedAddresses : addressesOf(body.allowed_addresses);
      if (id === call.key.keyId && !this.addresses.allows(allowedAddresses, call.address))
        return err(refusal('business_rule', 'The key you call with would be shut out of the address you call from.'));
      const change = { label: body.name ?? row.label, allowedAddresses };
      await unit.apiKeys.update({ id }, change);
      await unit.keyIndex.update({ kid: row.kid }, { allowedAddresses });
      await this.mutations.audit(unit, call, 'api_key.update', id, {}, changedFields(keyTerms(row), keyTerms({ ...row, ...change })));
      this.mutations.wake(unit, WAKEUP_CHANNELS.keys);
      return ok(apiKeyBody({ ...row, ...change }));
    });
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
      await publish(this.context, unit, told('api_key.revoked', { key_id: id, hint: row.prefix, reason: 'revoked', actor: call.key.keyId }));
      return ok(apiKeyBody({ ...row, status: 'revoked', revokedAt: unit.now }));
    });
  }

  /** A new secret takes the old one's place at once. */
  @Post(':id/signing')
  @Answers(200, signingKeySchema)
  @Needs('keys:write')
  async sign(@CurrentCall() call: Call, @Param() path: KeyPath, @Body() body: SetSigningDto) {
    const id = path.id as ApiKeyRow['id'];
    const { signed } = body;
    return this.mutations.run({ ...call, idempotencyHeader: null }, 200, async (unit) => {
      const row = await unit.apiKeys.findOne({ id }, { lock: true });
      if (row === null) return err(NOT_FOUND);
      if (row.status === 'revoked') return err(refusal('state_conflict', 'A revoked key is not changed.'));
      const made = signed === 'nothing' ? null : newSigningSecret(this.context.keys, this.context.random, call.scope, id);
      await unit.apiKeys.update({ id }, { signed });
      await unit.keyIndex.update({ kid: row.kid }, { signed, signingSecret: made?.sealed ?? null });
      await this.mutations.audit(unit, call, 'api_key.signing', id, {}, changedFields({ signed: row.signed }, { signed }));
      return ok({ ...apiKeyBody({ ...row, signed }), signing_secret: made?.secret ?? null });
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
      const refused = rotationRefusal(old, call, unit.now);
      if (refused !== null) return err(refused);
      const expiresAt = body.expires_at === undefined ? sameLifetime(old, unit.now) : body.expires_at === null ? null : Date.parse(body.expires_at);
      if (expiresAt !== null && expiresAt <= unit.now) return err(refusal('invalid_request', '`expires_at` lies behind us.'));
      const scopes = old.scopes.filter(isApiScope);
      const issued = await issueKey(this.context, unit, {
        ...call.scope,
        label: old.label,
        scopes,
        narrowedTo: old.narrowedTo,
        allowedAddresses: old.allowedAddresses,
        signed: old.signed,
        expiresAt,
        apiVersion: old.apiVersion,
      });
      // Never later than it would have ended by itself.
      const oldUntil = Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, unit.now + body.overlap_seconds * 1_000);
      const ending = { replacedBy: issued.id, expiresAt: oldUntil };
      await unit.apiKeys.update({ id }, ending);
      await unit.keyIndex.update({ kid: old.kid }, { expiresAt: oldUntil });
      const change = changedFields(lifeOf(old), lifeOf(ending));
      await this.mutations.audit(unit, call, 'api_key.rotate', id, { replaced_by: issued.id, overlap_seconds: body.overlap_seconds }, change);
      this.mutations.wake(unit, WAKEUP_CHANNELS.keys);
      const row = await unit.apiKeys.findOne({ id: issued.id });
      return row === null ? err(NOT_FOUND) : ok({ ...apiKeyBody(row), key: issued.secret, signing_secret: issued.signingSecret });
    });
  }
}

/** Why a key is not rotated; null when it may be. Its secret is handed to the caller, who therefore needs every right it has. */
function rotationRefusal(old: ApiKeyRow, call: Call, now: EpochMs): Refusal | null {
  if (old.status === 'revoked') return refusal('state_conflict', 'A revoked key is not rotated.');
  if (old.replacedBy !== null) return refusal('state_conflict', `It was rotated already: ${old.replacedBy} took its place.`);
  if (old.expiresAt !== null && old.expiresAt <= now) return refusal('state_conflict', 'An expired key is not rotated.');
  const beyond = missingScopes(call.key.scopes, old.scopes.filter(isApiScope));
  return beyond.length === 0 ? null : refusal('missing_scope', `This key cannot hand out ${beyond.join(', ')}.`);
}

/** As long as the old key was to live from its making on; null where it was to live for ever. */
const sameLifetime = (old: ApiKeyRow, now: EpochMs): EpochMs | null => (old.expiresAt === null ? null : now + (old.expiresAt - old.createdAt));

/** What a key is made with, as the audit log tells it: no part of a secret. */
function keyTerms(row: ApiKeyRow) {
  const { name, scopes, narrowed_to, allowed_addresses, signed, api_version, expires_at } = apiKeyBody(row);
  return { name, scopes, narrowed_to, allowed_addresses, signed, api_version, expires_at };
}

/** What a rotation changes of the old key. */
const lifeOf = ({ expiresAt, replacedBy }: Pick<ApiKeyRow, 'expiresAt' | 'replacedBy'>) => ({
  expires_at: timeOrNull(expiresAt),
  replaced_by: replacedBy,
});
