import { unwrap } from '@lockstep/kernel';
import type { ConformanceCase } from './driver';
import { eventually, mustBe, mustEqual } from './expect';
import { buyFor } from './order-cases';

const charged: ConformanceCase = {
  number: 34,
  name: 'funding of a position is told with its amount, the size it was counted on and its rate, from a moment on',
  requires: ['fundingHistory'],
  async run(driver) {
    const account = await driver.account();
    mustBe(await buyFor(driver, account, 500), 'filled');
    const held = unwrap(await driver.venue.truth.account(account.address, ''), 'account state').positions.find(({ coin }) => coin === driver.coin);
    await driver.chargeFunding();
    const read = async (since: number) => unwrap(await driver.venue.truth.funding(account.address, since), 'funding');
    const first = await eventually('a charge', async () => (await read(0)).charges[0] ?? null);
    mustEqual(first.coin, driver.coin, 'coin');
    mustEqual(first.position, held?.size, 'size it was counted on');
    mustEqual(first.rate > 0n && first.amount < 0n, true, 'a long pays at a rate above zero');
    await driver.chargeFunding();
    const second = await eventually('a second charge', async () => (await read(0)).charges[1] ?? null);
    mustEqual((await read(second.time)).charges.length, 1, 'charges from the second on, its moment included');
    mustEqual((await read(second.time + 1)).charges.length, 0, 'charges after the second');
    mustEqual((await read(0)).complete, true, 'all was read');
  },
};

export const FUNDING_CASES: readonly ConformanceCase[] = [charged];
