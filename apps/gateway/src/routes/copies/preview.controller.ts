import { type Instrument, type LeaderId, type Money, money, parseMoney, parseRate, unwrap } from '@lockstep/kernel';
import { leastAllocation, type PastMove, previewCopy, readMove } from '@lockstep/replication';
import { decodeCopySettings } from '@lockstep/roster';
import type { MoveRow, ScopedUnit } from '@lockstep/storage';
import { Body, Controller, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CountsAs, Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Answers } from '../../http/documented';
import { amountField, idField, timeField } from '../../http/fields';
import { ProblemException } from '../../http/problem-exception';
import { Reads } from '../../http/reads';
import { effectiveFor } from './effective';
import { previewBody, previewSchema } from './preview-body';
import { DEFAULT_SETTINGS, mergeSettings, settingsDraft } from './settings';

/** Moves played at most, the newest: they take this process some tens of milliseconds. */
const MOVES_MAX = 2_000;
/** The least allocation is sought over fewer: they are played once for each that is tried. */
const SEARCHED_MOVES_MAX = 200;
const WAVES_SHOWN_MAX = 200;
/** Taker fee of the venue's lowest tier. */
const DEFAULT_FEE = '0.00045';

const share = z
  .string()
  .regex(/^0(\.0\d{0,11})?$/, { error: 'a plain decimal from 0 to below 0.1, as text' })
  .meta({ examples: ['0.00045'] });

class PreviewDto extends createZodDto(
  z.strictObject({
    leader_id: idField('ldr'),
    allocation: amountField,
    settings: settingsDraft.optional(),
    since: timeField.optional().describe('Moves from then on; all that are recorded unless given, the newest 2,000 at most.'),
    fee: share.default(DEFAULT_FEE).describe('Fee of each fill as a share of its notional, markup included.'),
    waves: z.int().min(0).max(WAVES_SHOWN_MAX).default(50).describe('How many of the newest moves are shown.'),
  }),
) {}

/** What a settings draft would have made of a leader's recorded past. Nothing is kept of it. */
@ApiTags('copies')
@Controller('v1/copies')
export class PreviewController {
  constructor(@Inject(Reads) private readonly reads: Reads) {}

  @Post('preview')
  @Answers(200, previewSchema)
  @Needs('copies:read')
  @CountsAs('reads')
  async preview(@CurrentCall() call: Call, @Body() body: PreviewDto) {
    const merged = mergeSettings(DEFAULT_SETTINGS, body.settings ?? {});
    if (!merged.ok) throw new ProblemException(merged.error.code, { errors: merged.error.errors ?? [] });
    const wished = unwrap(decodeCopySettings(merged.value), 'settings that were checked');
    // Under the limits a copy of this leader would have; a follower's own are not known here.
    const boundBy = { leaderId: body.leader_id, followerId: null };
    const { past, settings } = await this.reads.one(call, async (unit) => {
      const found = await pastOf(unit, body.leader_id as LeaderId, body.since);
      return found === null ? null : { past: found, settings: (await effectiveFor(unit, [boundBy]))(wished, boundBy).settings };
    });
    const terms = {
      settings,
      allocation: unwrap(parseMoney(body.allocation), 'the allocation was checked'),
      fee: unwrap(parseRate(body.fee), 'the fee was checked'),
    };
    const least: Money | null = leastAllocation(past.slice(-SEARCHED_MOVES_MAX), terms);
    return previewBody(previewCopy(past, terms), least, body.waves);
  }
}

/** The recorded past of a tenant's leader, in instruments its venue lists; null where there is no such leader. */
async function pastOf(unit: ScopedUnit, leaderId: LeaderId, since: string | undefined): Promise<readonly PastMove[] | null> {
  const leader = await unit.leaders.findOne({ id: leaderId });
  const watched = leader === null ? null : await unit.inbox.watchedAccount(leader.watchedNo);
  if (watched === null) return null;
  const listed = await unit.markets.instruments(watched.venue, watched.network);
  const instruments = new Map<string, Instrument>(listed.map((row) => [row.coin, instrumentOf(row)]));
  const rows = await unit.inbox.movesSince(watched.no, since === undefined ? 0 : Date.parse(since), MOVES_MAX);
  return rows.flatMap((row) => pastMove(row, instruments.get(row.coin)) ?? []);
}

function pastMove(row: MoveRow, instrument: Instrument | undefined): PastMove | null {
  const read = readMove(row);
  if (instrument === undefined || read === null) return null;
  return { ...read, instrument, leaderEquity: row.leaderEquity === null ? null : money(row.leaderEquity) };
}

const instrumentOf = ({ venue, dex, coin, assetId, szDecimals, maxLeverage, onlyIsolated, delisted, collateral }: Instrument): Instrument => ({
  venue,
  dex,
  coin,
  assetId,
  szDecimals,
  maxLeverage,
  onlyIsolated,
  delisted,
  collateral,
});
