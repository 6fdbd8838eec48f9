import { formatUsd } from '../decimals';
import { clearingOf, mainDex } from '../exchange';
import { asText, asWhole } from '../json';
import { withdrawable } from '../margin';
import { firedOn } from '../schedule';
import { REQUEST_TEXTS, scheduleNeedsVolume } from '../texts';
import { done, type Prepare, plain, refused } from './prepared';

/** `noop`: does nothing but use up its nonce, so that an order of the same nonce can no longer enter. */
export const prepareNoop: Prepare = () => plain(() => done);

/** `setReferrer`: kept, without effect on fees. */
export const prepareSetReferrer: Prepare = (action) => {
  const code = asText(action.code);
  if (code === null) return null;
  return plain((_ex, { owner }) => {
    owner.referrer ??= code;
    return done;
  });
};

const USD_PER_REQUEST = 500;

/** `reserveRequestWeight`: buys requests of the address budget at 0.0005 USDC each. */
export const prepareReserveRequestWeight: Prepare = (action) => {
  const weight = asWhole(action.weight);
  if (weight === null || weight <= 0) return null;
  return plain((ex, { owner }) => {
    const clearing = clearingOf(owner, mainDex(ex));
    const price = weight * USD_PER_REQUEST;
    if (withdrawable(clearing) < price) return refused(REQUEST_TEXTS.insufficientWithdrawal);
    clearing.cash -= price;
    ex.totals.fees += price;
    owner.requests -= weight;
    return done;
  });
};

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
