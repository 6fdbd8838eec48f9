import { err, isId, ok } from '@lockstep/kernel';
import { type KillTarget, killSwitchName } from '@lockstep/risk';
import type { ScopedUnit } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { CountsAs, Needs } from '../../auth/access';
import { changedFields } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery } from '../../http/cursors';
import { Answers } from '../../http/documented';
import { timeCursor } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND } from '../../http/problem-exception';
import { publish, told, wakeStops } from '../../http/publish';
import { Reads } from '../../http/reads';
import { killSwitchBody, killSwitchListSchema, killSwitchSchema, storedKillSwitchBody, targetId } from './kill-switch-body';
import { TurnSwitchDto } from './reason';

class KillSwitchPath extends createZodDto(
  z.object({
    id: z
      .string()
      .regex(/^(ten|ldr|flw|cpy)_[0-9a-hjkmnp-tv-z]{26}$/, { error: 'the id of a leader, a follower or a copy, or the tenant’s own' })
      .describe('What the switch stops: a leader, a follower, a copy, or with the tenant’s own id everything in this environment.'),
  }),
) {}
class KillSwitchesQuery extends createZodDto(pageQuery) {}

/** Stops of new risk. They act within 100 ms of the answer, in the middle of a wave too, and withhold entries only: what reduces risk goes on. */
@ApiTags('kill switches')
@Controller('v1/kill-switches')
export class KillSwitchesController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Get()
  @Answers(200, killSwitchListSchema)
  @Needs('kill_switches:read')
  list(@CurrentCall() call: Call, @Query() query: KillSwitchesQuery) {
    const request = this.cursors.request(call.scope, 'kill-switches', query, timeCursor);
    return this.reads.run(call, async (unit) => {
      const page = await unit.killSwitches.page(request);
      return this.cursors.body(call.scope, 'kill-switches', query, page, (row) => storedKillSwitchBody(call.scope.environment, row));
    });
  }

  @Get(':id')
  @Answers(200, killSwitchSchema)
  @Needs('kill_switches:read')
  get(@CurrentCall() call: Call, @Param() path: KillSwitchPath) {
    return this.reads.one(call, async (unit) => {
      const target = await targetIn(unit, path.id);
      return target === null ? null : this.standing(unit, target);
    });
  }

  @Post(':id/engage')
  @Answers(200, killSwitchSchema)
  @Needs('kill_switches:write')
  @CountsAs('kill_switches')
  engage(@CurrentCall() call: Call, @Param() path: KillSwitchPath, @Body() body: TurnSwitchDto) {
    return this.turn(call, path.id, true, body.reason ?? null);
  }

  @Post(':id/release')
  @Answers(200, killSwitchSchema)
  @Needs('kill_switches:write')
  @CountsAs('orders')
  release(@CurrentCall() call: Call, @Param() path: KillSwitchPath, @Body() body: TurnSwitchDto) {
    return this.turn(call, path.id, false, body.reason ?? null);
  }

  /** A switch that stands as wished is left alone, with the reason and the key it has: asking twice writes nothing. */
  private turn(call: Call, id: string, active: boolean, reason: string | null) {
    return this.mutations.run(call, 200, async (unit) => {
      const target = await targetIn(unit, id);
      if (target === null) return err(NOT_FOUND);
      const actor = call.key.keyId;
      const name = killSwitchName(target);
      if (await unit.killSwitches.turn(name, active, { actor, reason })) {
        await this.mutations.audit(
          unit,
          call,
          active ? 'kill_switch.engage' : 'kill_switch.release',
          id,
          { target: target.kind, reason },
          changedFields({ active: !active }, { active }),
        );
        const change = told('kill_switch.changed', { target: target.kind, target_id: targetId(target), active, reason, actor });
        wakeStops(this.context, unit, active ? name : null);
        await publish(this.context, unit, change);
      }
      return ok(await this.standing(unit, target));
    });
  }

  private async standing(unit: ScopedUnit, target: KillTarget) {
    return killSwitchBody(unit.scope.environment, target, await unit.killSwitches.find(killSwitchName(target)));
  }
}

/** The target of an id in this scope; null when the scope has none. */
async function targetIn(unit: ScopedUnit, id: string): Promise<KillTarget | null> {
  const { tenantId, environment } = unit.scope;
  if (isId('tenant', id)) return id === tenantId ? { kind: 'environment', id, environment } : null;
  if (isId('leader', id)) return (await unit.leaders.findOne({ id })) === null ? null : { kind: 'leader', id };
  if (isId('follower', id)) return (await unit.followers.findOne({ id })) === null ? null : { kind: 'follower', id };
  if (isId('copy', id)) return (await unit.copies.findOne({ id })) === null ? null : { kind: 'copy', id };
  return null;
}
