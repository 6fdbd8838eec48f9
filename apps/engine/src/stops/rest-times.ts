import type { EpochMs } from '@lockstep/kernel';
import type { EngineContext } from '../context';
import type { StandingStop } from './standing-stops';

/** How long an order that should stand is taken for standing: a mirror fills without anybody telling. */
export const verifyMs = ({ limits }: Pick<EngineContext, 'limits'>, { mirror }: Pick<StandingStop, 'mirror'>): number =>
  mirror === null ? limits.stopVerifyMs : limits.mirrorVerifyMs;

/** When an order the venue says stands is asked for next, epoch ms: at once where what it could close was closed since that was asked. */
export const restsUntil = (ctx: Pick<EngineContext, 'clock' | 'limits'>, stop: Pick<StandingStop, 'doubted' | 'mirror'>): EpochMs =>
  stop.doubted ? 0 : ctx.clock.now() + verifyMs(ctx, stop);
