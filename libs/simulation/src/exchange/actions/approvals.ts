import { approveAgent } from '../agents';
import { clearingOf, mainDex } from '../exchange';
import { asAddress, asText } from '../json';
import { accountValue, isUnified } from '../margin';
import { REQUEST_TEXTS } from '../texts';
import { done, ownerSigned, type Prepare, refused } from './prepared';

/** `approveAgent`: the name is empty or absent for the unnamed agent. */
export const prepareApproveAgent: Prepare = (action) => {
  const agent = asAddress(action.agentAddress);
  const name = action.agentName === undefined || action.agentName === null ? '' : asText(action.agentName);
  if (agent === null || name === null) return null;
  return ownerSigned((ex, { owner }) => {
    const refusal = approveAgent(ex, owner, agent, name);
    return refusal === null ? done : refused(refusal);
  });
};

const PERCENT = /^(\d{1,3})(?:\.(\d{1,4}))?%$/;
const PPM_PER_PERCENT = 10_000;
const PERCENT_DECIMALS = 4;
/** A builder may charge up to 1 % on spot, and so may an approval be. */
const MOST_PPM = 10_000;

/** `0.05%` in millionths: 500. Null for any other text. */
export function percentToPpm(text: string): number | null {
  const match = PERCENT.exec(text);
  if (match === null) return null;
  return Number(match[1]) * PPM_PER_PERCENT + Number((match[2] ?? '').padEnd(PERCENT_DECIMALS, '0'));
}

/** `approveBuilderFee`: the most a builder may charge; `0%` withdraws the consent. The builder must hold enough on the main dex. */
export const prepareApproveBuilderFee: Prepare = (action) => {
  const builder = asAddress(action.builder);
  const rateText = asText(action.maxFeeRate);
  const ppm = rateText === null ? null : percentToPpm(rateText);
  if (builder === null || ppm === null || ppm > MOST_PPM) return null;
  return ownerSigned((ex, { owner }) => {
    const holder = ex.accounts.get(builder);
    // A unified account's perps value is not its own: such a builder has none to show.
    const value = holder === undefined || isUnified(holder) ? 0 : accountValue(clearingOf(holder, mainDex(ex)));
    if (ppm > 0 && value < ex.settings.builderMinUsd) return refused(REQUEST_TEXTS.builderPoor);
    if (ppm === 0) owner.builders.delete(builder);
    else owner.builders.set(builder, ppm);
    return done;
  });
};
