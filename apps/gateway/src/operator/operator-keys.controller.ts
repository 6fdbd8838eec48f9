import type { OperatorKeyRow, PlatformUnit } from '@lockstep/storage';
import { KID_LENGTH } from '@lockstep/tenancy';
import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { OperatorOnly } from '../auth/access';
import { changedFields, madeWith } from '../http/audit-change';
import { wholeList } from '../http/cursors';
import { Answers } from '../http/documented';
import { nameField, timeField } from '../http/fields';
import { ProblemException } from '../http/problem-exception';
import { issueOperatorKey } from './issue-operator-key';
import { CurrentOperator, type OperatorCall } from './operator-call';
import { newOperatorKeySchema, operatorKeyBody, operatorKeyListSchema, operatorKeySchema, roleField } from './operator-key-body';
import { OperatorMutations } from './operator-mutations';

class CreateOperatorKeyDto extends createZodDto(
  z.strictObject({
    name: nameField,
    role: roleField,
    expires_at: timeField.nullable().optional().describe('First moment it is no longer good; null or left out: never.'),
  }),
) {}
class OperatorKeyPath extends createZodDto(
  z.object({ kid: z.string().regex(new RegExp(`^[0-9A-Za-z]{${KID_LENGTH}}$`), { error: `a kid has ${KID_LENGTH} letters and digits` }) }),
) {}

/** The operator's own keys. There is always one that may make others: the last is not revoked here. */
@ApiTags('operator')
@OperatorOnly()
@Controller('v1/operator/keys')
export class OperatorKeysController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(OperatorMutations) private readonly mutations: OperatorMutations,
  ) {}

  @Get()
  @Answers(200, operatorKeyListSchema)
  async list() {
    const rows = await this.read((unit) => unit.operatorKeys.find({}, { orderBy: { createdAt: 'DESC' }, limit: 1_000 }));
    return wholeList(rows.map(operatorKeyBody));
  }

  @Get(':kid')
  @Answers(200, operatorKeySchema)
  async get(@Param() { kid }: OperatorKeyPath) {
    const row = await this.read((unit) => unit.operatorKeys.findOne({ kid }));
    if (row === null) throw new ProblemException('not_found');
    return operatorKeyBody(row);
  }

  @Post()
  @Answers(201, newOperatorKeySchema)
  create(@CurrentOperator() call: OperatorCall, @Body() body: CreateOperatorKeyDto) {
    const expiresAt = body.expires_at ? Date.parse(body.expires_at) : null;
    if (expiresAt !== null && expiresAt <= this.context.clock.now())
      throw new ProblemException('invalid_request', { detail: '`expires_at` lies behind us.' });
    return this.mutations.run({ ...call, idempotencyHeader: null }, 201, async (unit) => {
      const order = { label: body.name, role: body.role, expiresAt, createdBy: call.actor };
      const { row, key } = await issueOperatorKey(unit, this.context.digest, this.context.random, order);
      this.context.log.warn('an operator key was made', { kid: row.kid, role: row.role, actor: call.actor });
      const { name, expires_at } = operatorKeyBody(row);
      this.mutations.audit(unit, call, { action: 'operator_key.create', targetId: row.kid, change: madeWith({ name, role: row.role, expires_at }) });
      return { ...operatorKeyBody(row), key };
    });
  }

  @Post(':kid/revoke')
  @Answers(200, operatorKeySchema)
  revoke(@CurrentOperator() call: OperatorCall, @Param() { kid }: OperatorKeyPath) {
    return this.mutations.run(call, 200, async (unit) => {
      // All of them under a lock, so that two requests never take away the last two.
      const admins = await unit.operatorKeys.find({ role: 'admin', status: 'active' }, { orderBy: { kid: 'ASC' }, lock: true });
      const row = admins.find((one) => one.kid === kid) ?? (await unit.operatorKeys.findOne({ kid }, { lock: true }));
      if (row === null) throw new ProblemException('not_found');
      if (row.status === 'revoked') throw new ProblemException('state_conflict', { detail: 'It is revoked already.' });
      const lasting = admins.filter((one) => one.kid !== kid && one.expiresAt === null);
      if (row.role === 'admin' && lasting.length === 0)
        throw new ProblemException('state_conflict', { detail: 'No other `admin` key without an end would be left: make one first.' });
      const change = { status: 'revoked', revokedAt: unit.now, revokedBy: call.actor } satisfies Partial<OperatorKeyRow>;
      await unit.operatorKeys.update({ kid }, change);
      this.context.log.warn('an operator key was revoked', { kid, actor: call.actor });
      const status = changedFields({ status: row.status }, { status: change.status });
      this.mutations.audit(unit, call, { action: 'operator_key.revoke', targetId: kid, change: status });
      return operatorKeyBody({ ...row, ...change });
    });
  }

  private read<T>(work: (unit: PlatformUnit) => Promise<T>): Promise<T> {
    return this.context.storage.platform(work, { readOnly: true });
  }
}
