import { isId } from '@lockstep/kernel';
import { type KillTarget, killSwitchName, killTargetOf } from '@lockstep/risk';
import type { PlatformFlagRow, PlatformUnit, TenantRow } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { OperatorOnly } from '../auth/access';
import { changedFields } from '../http/audit-change';
import { wholeList } from '../http/cursors';
import { Answers } from '../http/documented';
import { ProblemException } from '../http/problem-exception';
import { told, wakeStops } from '../http/publish';
import {
  operatorKillSwitchBody,
  operatorKillSwitchListSchema,
  operatorKillSwitchSchema,
  storedOperatorKillSwitchBody,
  targetId,
} from '../routes/kill-switches/kill-switch-body';
import { TurnSwitchDto } from '../routes/kill-switches/reason';
import { CurrentOperator, type OperatorCall } from './operator-call';
import { OperatorMutations } from './operator-mutations';
import { noteForTenant } from './tenant-audit';

const PLATFORM = 'platform';
/** Tenants told at the same time, below the connections a gateway has. */
const TOLD_AT_ONCE = 8;

class SwitchPath extends createZodDto(
  z.object({
    id: z
      .string()
      .regex(/^(platform|ten_[0-9a-hjkmnp-tv-z]{26})$/, { error: '`platform`, or the id of a tenant' })
      .describe('`platform`, or the id of a tenant: both its environments.'),
  }),
) {}

/** The operator's stops of new risk: everywhere, or for a tenant. A tenant cannot release them, and the operator does not turn a tenant's own. */
@ApiTags('operator')
@OperatorOnly()
@Controller('v1/operator/kill-switches')
export class OperatorKillSwitchesController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(OperatorMutations) private readonly mutations: OperatorMutations,
  ) {}

  @Get()
  @Answers(200, operatorKillSwitchListSchema)
  async list() {
    const rows = await this.read((unit) => unit.engines.activeFlags());
    return wholeList(rows.filter((row) => killTargetOf(row.name) !== null).map(storedOperatorKillSwitchBody));
  }

  @Get(':id')
  @Answers(200, operatorKillSwitchSchema)
  async get(@Param() path: SwitchPath) {
    const target = await this.targetOf(path.id);
    return operatorKillSwitchBody(target, await this.standing(target));
  }

  @Post(':id/engage')
  @Answers(200, operatorKillSwitchSchema)
  engage(@CurrentOperator() call: OperatorCall, @Param() path: SwitchPath, @Body() body: TurnSwitchDto) {
    return this.turn(call, path.id, true, body.reason ?? null);
  }

  @Post(':id/release')
  @Answers(200, operatorKillSwitchSchema)
  release(@CurrentOperator() call: OperatorCall, @Param() path: SwitchPath, @Body() body: TurnSwitchDto) {
    return this.turn(call, path.id, false, body.reason ?? null);
  }

  /** The switch is committed first and alone: whatever keeps tenants from being told of it, it stands. */
  private async turn(call: OperatorCall, id: string, active: boolean, reason: string | null) {
    const { actor } = call;
    const target = await this.targetOf(id);
    const tenantId = target.kind === 'tenant' ? target.id : null;
    const name = killSwitchName(target);
    let changed = false;
    const answer = await this.mutations.run(call, 200, async (unit) => {
      changed = await unit.engines.setFlag(name, active, { tenantId, actor, reason });
      if (changed) {
        wakeStops(this.context, unit, active ? name : null);
        const action = active ? 'kill_switch.engage' : 'kill_switch.release';
        const change = changedFields({ active: !active }, { active });
        this.mutations.audit(unit, call, { action, targetId: id, detail: { target: target.kind, reason }, change });
      }
      return operatorKillSwitchBody(target, await unit.engines.flag(name));
    });
    if (changed) {
      this.context.log.warn('the operator turned a kill switch', { target: id, active, actor });
      await this.tell(target, active, reason, call);
    }
    return answer;
  }

  private async tell(target: KillTarget, active: boolean, reason: string | null, { actor, requestId }: OperatorCall): Promise<void> {
    const open = await this.read((unit) => unit.tenants.open());
    const reached = open.filter((tenant) => target.kind === 'platform' || tenant.id === targetId(target));
    const act = {
      actor,
      action: active ? 'kill_switch.engage' : 'kill_switch.release',
      targetId: targetId(target),
      requestId,
      detail: { target: target.kind, reason },
      change: changedFields({ active: !active }, { active }),
    };
    const change = told('kill_switch.changed', { target: target.kind, target_id: targetId(target), active, reason, actor });
    const one = (tenant: TenantRow): Promise<void> =>
      noteForTenant(this.context, tenant.id, act, change).catch((error: unknown) =>
        this.context.log.error('a tenant was not told of a kill switch', { tenantId: tenant.id, error }),
      );
    for (let from = 0; from < reached.length; from += TOLD_AT_ONCE) await Promise.all(reached.slice(from, from + TOLD_AT_ONCE).map(one));
  }

  private async targetOf(id: string): Promise<KillTarget> {
    if (id === PLATFORM) return { kind: 'platform' };
    if (isId('tenant', id) && (await this.read((unit) => unit.tenants.findOne({ id }))) !== null) return { kind: 'tenant', id };
    throw new ProblemException('not_found');
  }

  private standing(target: KillTarget): Promise<PlatformFlagRow | null> {
    return this.read((unit) => unit.engines.flag(killSwitchName(target)));
  }

  private read<T>(work: (unit: PlatformUnit) => Promise<T>): Promise<T> {
    return this.context.storage.platform(work, { readOnly: true });
  }
}
