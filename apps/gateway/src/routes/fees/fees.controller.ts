import type { ProblemCode } from '@lockstep/delivery';
import { err, ok, parseDecimal, rate } from '@lockstep/kernel';
import { announceSchedule, type FeeScheduleError } from '@lockstep/ledger';
import { feeVersionOf } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Needs } from '../../auth/access';
import { madeWith } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { Answers, AnswersTag, TakesTag } from '../../http/documented';
import { addressField } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, refusal } from '../../http/problem-exception';
import { Reads } from '../../http/reads';
import { staleRefusal } from '../../http/tags';
import { feeScheduleBody, feeScheduleList, feeScheduleListSchema, feeScheduleRevision, feeScheduleSchema } from './fee-schedule-body';

class CreateFeeScheduleDto extends createZodDto(
  z.strictObject({
    execution_markup_bps: z
      .string()
      .regex(/^\d{1,2}(\.\d)?$/, { error: 'basis points with at most one decimal, as text' })
      .describe('Markup on the notional of each follower order, in basis points, e.g. "3".'),
    flow: z.enum(['all', 'increases_only']).default('all'),
    builder_address: addressField
      .nullable()
      .default(null)
      .describe('Your builder address at the venue. Leave it out where the contract says that the operator’s receives the markup.'),
    missing_approval: z.enum(['deny_entries', 'send_without_markup']).default('deny_entries'),
    effective_at: z.iso.datetime().optional().describe('A raise needs seven days of notice once followers exist; a cut may act at once.'),
  }),
) {}

const REFUSALS: Readonly<Record<FeeScheduleError, { readonly code: ProblemCode; readonly detail: string }>> = {
  markup_out_of_range: { code: 'invalid_request', detail: 'The markup is 0 to 10 basis points.' },
  operator_share_out_of_range: { code: 'invalid_request', detail: 'The operator share is 0 to 1.' },
  bad_builder_address: { code: 'invalid_request', detail: 'The builder address is 0x and 40 hex digits.' },
  notice_too_short: { code: 'notice_too_short', detail: 'A raise acts seven days after it is announced at the earliest.' },
  effective_in_the_past: { code: 'invalid_request', detail: 'A schedule cannot act in the past.' },
};

/** Versions of the execution markup. A raise is time-locked, a cut is immediate. */
@ApiTags('fee-schedules')
@Controller('v1/fee-schedules')
export class FeesController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
  ) {}

  @Post()
  @Answers(201, feeScheduleSchema)
  @TakesTag()
  @Needs('fees:write')
  create(@CurrentCall() call: Call, @Body() body: CreateFeeScheduleDto) {
    const markup = parseDecimal(body.execution_markup_bps, 1);
    return this.mutations.run(call, 201, async (unit) => {
      if (!markup.ok) return err(refusal('invalid_request'));
      const contract = await unit.contracts.inForce(call.scope.tenantId);
      const operatorBuilder = contract?.builderAddress ?? null;
      if (operatorBuilder !== null && body.builder_address !== null)
        return err(refusal('business_rule', 'By contract the operator’s builder receives the markup: leave builder_address out.'));
      await unit.feeSchedules.hold();
      const rows = await unit.feeSchedules.versions();
      const now = await unit.sandboxes.businessNow();
      const stale = await staleRefusal(call, () => feeScheduleList(rows, now), feeScheduleRevision);
      if (stale !== null) return err(stale);
      const versions = rows.map(feeVersionOf);
      const terms = {
        markupTenthsBp: Number(markup.value),
        flow: body.flow,
        builderAddress: operatorBuilder ?? body.builder_address,
        builderOwner: operatorBuilder === null ? ('tenant' as const) : ('operator' as const),
        operatorShare: rate(contract?.operatorShare ?? 0n),
        missingApproval: body.missing_approval,
      };
      const effectiveFromMs = body.effective_at === undefined ? null : Date.parse(body.effective_at);
      const hasFollowers = (await unit.copies.count({})) > 0;
      const announced = announceSchedule(versions, { terms, announcedAtMs: now, effectiveFromMs, hasFollowers });
      if (!announced.ok) return err(REFUSALS[announced.error]);
      const id = this.context.ids.next('feeSchedule');
      const { version } = announced.value;
      await unit.feeSchedules.insert({
        id,
        version,
        markupTenths: terms.markupTenthsBp,
        flow: terms.flow,
        builderAddress: terms.builderAddress,
        builderOwner: terms.builderOwner,
        operatorShare: terms.operatorShare,
        missingApproval: terms.missingApproval,
        actor: call.key.keyId,
        createdAt: unit.now,
        effectiveFrom: announced.value.effectiveFromMs,
      });
      const made = await unit.feeSchedules.findOne({ id });
      if (made === null) return err(NOT_FOUND);
      await this.mutations.command(unit, { kind: 'fees.changed', targetId: id, payload: {}, actor: call.key.keyId });
      await this.mutations.audit(unit, call, 'fee_schedule.create', id, { version }, madeWith(feeScheduleBody(made)));
      return ok(feeScheduleBody(made));
    });
  }

  @Get()
  @Answers(200, feeScheduleListSchema)
  @AnswersTag()
  @Needs('fees:read')
  list(@CurrentCall() call: Call) {
    return this.reads.tagged(call, feeScheduleRevision, async (unit) =>
      feeScheduleList(await unit.feeSchedules.versions(), await unit.sandboxes.businessNow()),
    );
  }
}
