import { commandWakeup, livemode, WAKEUP_CHANNELS } from '@lockstep/delivery';
import { ENVIRONMENTS, type Id, isId, present, type TenantId } from '@lockstep/kernel';
import {
  ARCHIVE_KIND,
  accountsThatCannotSign,
  archiveFiles,
  archiveNameOf,
  askForStop,
  holdOffboarding,
  type OffboardingRow,
  offboardingStanding,
  type PlatformUnit,
  type ScopedUnit,
} from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { OperatorOnly } from '../auth/access';
import { madeWith } from '../http/audit-change';
import { Answers, AnswersFile } from '../http/documented';
import { ProblemException } from '../http/problem-exception';
import { fileAnswer } from '../routes/exports/file-answer';
import { type EnvironmentStanding, type OffboardingBody, offboardingBody, offboardingSchema } from './offboarding-body';
import { CurrentOperator, type OperatorCall } from './operator-call';
import { OperatorMutations } from './operator-mutations';
import { ArchiveFilePath, TenantPath } from './paths';
import { noteForTenant } from './tenant-audit';

const DAY_MS = 86_400_000;
/** Files of an archive are kept as long as any export: the erasure comes no later. */
const WAITING_DAYS_MAX = 30;
/** Accounts that cannot sign which are named of an environment. */
const UNSIGNED_MAX = 5;

class BeginOffboardingDto extends createZodDto(
  z.strictObject({
    waiting_days: z
      .int()
      .min(1)
      .max(WAITING_DAYS_MAX)
      .default(WAITING_DAYS_MAX)
      .describe('Days from the end of the export to the erasure, in which the archive may be fetched and all of it be cancelled.'),
  }),
) {}

/** Takes tenants out of the deployment: everything is closed, exported, and after a while erased. The back office carries it out. */
@ApiTags('operator')
@OperatorOnly()
@Controller('v1/operator/tenants/:id/offboarding')
export class OperatorOffboardingController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(OperatorMutations) private readonly mutations: OperatorMutations,
  ) {}

  @Post()
  @Answers(202, offboardingSchema)
  async begin(@CurrentOperator() call: OperatorCall, @Param() { id }: TenantPath, @Body() body: BeginOffboardingDto) {
    const tenantId = idOf(id);
    const environments = await this.standings(tenantId, null);
    return this.mutations.run(call, 202, async (unit) => {
      const tenant = await unit.tenants.findOne({ id: tenantId }, { lock: true });
      if (tenant === null) throw new ProblemException('not_found');
      if (tenant.status !== 'suspended')
        throw new ProblemException('state_conflict', { detail: `The tenant is ${tenant.status}; suspend it first.` });
      if (!(await unit.offboardings.begin(tenantId, call.actor, body.waiting_days * DAY_MS)))
        throw new ProblemException('state_conflict', { detail: 'Its offboarding is underway already.' });
      const row = present(await unit.offboardings.of(tenantId), 'the offboarding just begun');
      unit.afterCommit(() => this.stop(row));
      this.tell(unit, call, 'tenant.offboard', tenantId, { waiting_days: body.waiting_days });
      return offboardingBody(row, environments);
    });
  }

  @Get()
  @Answers(200, offboardingSchema)
  async get(@Param() { id }: TenantPath): Promise<OffboardingBody> {
    const row = await this.find(idOf(id));
    if (row === null) throw new ProblemException('not_found');
    return offboardingBody(row, await this.standings(row.tenantId, row));
  }

  @Post('cancel')
  @Answers(200, offboardingSchema)
  async cancel(@CurrentOperator() call: OperatorCall, @Param() { id }: TenantPath) {
    const tenantId = idOf(id);
    const environments = await this.standings(tenantId, await this.find(tenantId));
    return this.mutations.run(call, 200, async (unit) => {
      const standing = await unit.offboardings.findOne({ tenantId }, { lock: true });
      if (standing === null) throw new ProblemException('not_found');
      if (standing.step !== 'cancelled' && !(await unit.offboardings.cancel(tenantId, unit.now)))
        throw new ProblemException('state_conflict', { detail: `It can no longer be cancelled: it is ${standing.step}.` });
      if (standing.step !== 'cancelled') this.tell(unit, call, 'tenant.offboard_cancel', tenantId, { step: standing.step });
      return offboardingBody(present(await unit.offboardings.of(tenantId), 'the offboarding just cancelled'), environments);
    });
  }

  @Get('files/:file')
  @AnswersFile()
  async file(@CurrentOperator() call: OperatorCall, @Param() { id, file }: ArchiveFilePath) {
    const tenantId = idOf(id);
    if (!isId('export', file)) throw new ProblemException('not_found');
    for (const environment of ENVIRONMENTS) {
      const scope = scopeFromPlatformList(tenantId, environment);
      const answer = await this.context.storage.scoped(
        scope,
        async (unit) => {
          const row = await unit.exports.findOne({ id: file satisfies Id<'export'>, kind: ARCHIVE_KIND });
          return row === null || archiveNameOf(row) === '' ? null : fileAnswer(unit, row, call);
        },
        { readOnly: true },
      );
      if (answer !== null) return answer;
    }
    throw new ProblemException('not_found');
  }

  /** Its keys act otherwise from the commit on, and its streams with them. */
  private tell(unit: PlatformUnit, call: OperatorCall, action: string, tenantId: TenantId, detail: Readonly<Record<string, unknown>>): void {
    this.mutations.audit(unit, call, { action, targetId: tenantId, detail, change: madeWith(detail) });
    const { actor, requestId } = call;
    unit.afterCommit(() => noteForTenant(this.context, tenantId, { actor, action, targetId: tenantId, requestId, detail, change: madeWith(detail) }));
    unit.afterCommit(() => this.context.wakeups.publish(WAKEUP_CHANNELS.keys, tenantId).catch(() => undefined));
  }

  /** Asks for the stop of everything at once. The back office asks for it too, wherever this did not come to it. */
  private async stop(row: OffboardingRow): Promise<void> {
    for (const environment of ENVIRONMENTS)
      await this.context.storage
        .scoped(scopeFromPlatformList(row.tenantId, environment), (unit) => this.stopScope(unit, row))
        .catch((error: unknown) => this.context.log.warn('the stop of a tenant on its way out was left to the back office', { environment, error }));
  }

  private async stopScope(unit: ScopedUnit, row: OffboardingRow): Promise<void> {
    if (!(await holdOffboarding(unit, row)) || (await offboardingStanding(unit, row.beganAt)).copies === 0) return;
    if (!(await askForStop(unit, this.context.ids, row.beganAt))) return;
    const wakeup = commandWakeup(unit.scope, { kind: 'tenant.close_all', targetId: row.tenantId });
    unit.afterCommit(() => this.context.wakeups.publish(WAKEUP_CHANNELS.commands, wakeup).catch(() => undefined));
  }

  private find(tenantId: TenantId): Promise<OffboardingRow | null> {
    return this.context.storage.platform((unit) => unit.offboardings.of(tenantId), { readOnly: true });
  }

  /** How the environments stand, with the files of this offboarding. Read before a change, not in it: one request holds one connection at a time. */
  private async standings(tenantId: TenantId, row: OffboardingRow | null): Promise<readonly EnvironmentStanding[]> {
    const standings: EnvironmentStanding[] = [];
    for (const environment of ENVIRONMENTS)
      standings.push(
        await this.context.storage.scoped(
          scopeFromPlatformList(tenantId, environment),
          async (unit) => ({
            livemode: livemode(environment),
            ...(await offboardingStanding(unit, row?.beganAt ?? unit.now)),
            unsigned: await accountsThatCannotSign(unit, UNSIGNED_MAX),
            files: row === null ? new Map() : await archiveFiles(unit, row.beganAt, row.closedAt),
          }),
          { readOnly: true },
        ),
      );
    return standings;
  }
}

function idOf(text: string): TenantId {
  if (!isId('tenant', text)) throw new ProblemException('not_found');
  return text;
}
