import { must, present, unwrap } from '@lockstep/kernel';
import type { ActionOutcome, VenueAccounts } from '../port';
import type { ConformanceCase, ConformanceDriver } from './driver';
import { eventually, mustBe, mustEqual } from './expect';
import { buyFor } from './order-cases';
import { market } from './orders';

const accountsOf = ({ venue }: ConformanceDriver): VenueAccounts => present(venue.accounts, 'account reads of the venue');
const inWords = (outcome: ActionOutcome): string => (outcome.kind === 'rejected' ? outcome.code : outcome.kind);

const roles: ConformanceCase = {
  number: 50,
  name: 'an address is told apart: account, its agent, and one the venue never saw',
  async run(driver) {
    const account = await driver.account();
    const agent = present(unwrap(await driver.venue.truth.agents(account.address), 'agents')[0], 'the agent');
    const role = async (address: string) => unwrap(await accountsOf(driver).role(address), 'role');
    mustEqual((await role(account.address)).kind, 'main', 'role of the account');
    const ofAgent = await role(agent.address);
    mustEqual(ofAgent.kind === 'agent' ? ofAgent.of : ofAgent.kind, account.address, 'owner of the agent');
    mustEqual((await role((await driver.stranger()).address)).kind, 'missing', 'role of a stranger');
  },
};

const leverage: ConformanceCase = {
  number: 51,
  name: 'leverage is read back while flat; its margin mode is locked by an open position, its number is not',
  async run(driver) {
    const account = await driver.account();
    const { instrument } = await market(driver);
    const set = (to: number, cross: boolean) => driver.venue.orders.updateLeverage(account.signer, account.nextNonce(), instrument, to, cross);
    mustEqual(inWords(await set(7, false)), 'accepted', 'isolated leverage while flat');
    const seen = unwrap(await accountsOf(driver).leverage(account.address, driver.coin), 'leverage');
    mustEqual(`${seen.leverage}/${seen.cross}`, '7/false', 'leverage read back');
    mustEqual(inWords(await set(5, true)), 'accepted', 'cross leverage while flat');
    mustBe(await buyFor(driver, account, 50), 'filled');
    mustEqual(inWords(await set(5, false)), 'margin_mode_locked', 'another mode with an open position');
    mustEqual(inWords(await set(6, true)), 'accepted', 'another number with an open position');
    mustEqual(inWords(await set(instrument.maxLeverage + 1, true)), 'leverage', 'beyond the maximum');
  },
};

const isolatedOnly: ConformanceCase = {
  number: 52,
  name: 'an instrument that admits isolated margin only refuses cross margin and is listed so',
  async run(driver) {
    const account = await driver.account();
    const markets = unwrap(await driver.venue.truth.markets(['']), 'markets');
    const only = markets.find(({ instrument }) => instrument.onlyIsolated && !instrument.delisted);
    must(only !== undefined, 'an isolated-only instrument is listed');
    const set = (cross: boolean) => driver.venue.orders.updateLeverage(account.signer, account.nextNonce(), only.instrument, 2, cross);
    mustEqual(inWords(await set(true)), 'cross_not_allowed', 'cross margin');
    mustEqual(inWords(await set(false)), 'accepted', 'isolated margin');
  },
};

const replaced: ConformanceCase = {
  number: 53,
  name: 'an agent is listed with its end; once replaced it is gone from the list and its orders are refused',
  async run(driver) {
    const account = await driver.account();
    const before = unwrap(await driver.venue.truth.agents(account.address), 'agents');
    mustEqual((before[0]?.validUntil ?? 0) > driver.venueNow(), true, 'end of the agent');
    await driver.replaceAgent(account);
    await eventually('another agent', async () => {
      const now = unwrap(await driver.venue.truth.agents(account.address), 'agents');
      return now.some(({ address }) => address === before[0]?.address) ? null : now;
    });
    mustBe(await buyFor(driver, account, 50), 'rejected', 'unknown_signer');
  },
};

export const ACCOUNT_CASES: readonly ConformanceCase[] = [roles, leverage, isolatedOnly, replaced];
