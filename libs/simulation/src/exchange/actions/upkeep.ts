import { formatUsd } from '../decimals';
import { asWhole } from '../json';
import { firedOn } from '../schedule';
import { REQUEST_TEXTS, scheduleNeedsVolume } from '../texts';
import { done, ofMaster, type Prepare, plain, refused } from './prepared';

/** `noop`: does nothing but use up its nonce, so that an order of the same nonce can no longer enter. The nonce is the signer's, so it is for nobody else. */
export const prepareNoop: Prepare = () => ofMaster(() => done);

const SCHEDULE_AHEAD_MS = 5_000;

/** `scheduleCancel`: cancels every order at a time at least five seconds ahead; without a time it is called off. It fires so many times a day. */
export const prepareScheduleCancel: Prepare = (action) => {
  const time = action.time === undefined || action.time === null ? null : asWhole(action.time);
  if (time === null && action.time !== undefined && action.time !== null) return null;
  return plain((ex, { owner }) => {
    const { scheduleVolumeUsd, schedulesPerDay } = ex.settings;
    if (owner.volume < scheduleVolumeUsd) return refused(scheduleNeedsVolume(plainUsd(scheduleVolumeUsd), plainUsd(owner.volume)));
    if (time !== null && time < ex.time + SCHEDULE_AHEAD_MS) return refused(REQUEST_TEXTS.scheduleTooEarly);
    if (time !== null && firedOn(ex, owner, time) >= schedulesPerDay) return refused(REQUEST_TEXTS.scheduleTooOften);
    owner.scheduledCancel = time;
    if (time === null) ex.scheduled.delete(owner);
    else ex.scheduled.add(owner);
    return done;
  });
};

const plainUsd = (usd: number): string => formatUsd(usd).replace(/\.0$/, '');
