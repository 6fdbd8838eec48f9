import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { venueData } from '@lockstep/platform/testing/venue-data';
import type { VenueProcess } from '@lockstep/simulation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, listen, postJson, signed, startServer } from './testing/clients';

/*
 * Requests recorded at the venue's test network are sent as they were, key for key, to a world that answers for that network. The recorder took
 * nonce and signature out; a signature over what the client had signed is put back. Only the coin differs (the recorded one is not traded here)
 * and the ids the venue gave.
 */

interface Interaction {
  readonly cassette: string;
  readonly request: { readonly body: { readonly action: Action } };
  readonly response: { readonly status: number; readonly body: unknown };
}
type Row = Readonly<Record<string, unknown>>;
interface Action {
  readonly type: string;
  readonly grouping?: string;
  readonly orders?: readonly Row[];
  readonly cancels?: readonly Row[];
}

const RECORDED_ASSET = 173;
/** XPL, with prices and sizes as fine as the recorded coin's. */
const ASSET = 16;
const TRADER = account(701);

const recorded = venueData();
const interactions: readonly Interaction[] =
  recorded === null ? [] : JSON.parse(readFileSync(join(recorded.dir, 'http', 'exchange-orders-cancels.json'), 'utf8')).interactions;

/** With the coin of this world, and the last order's id where the recording cancels the last order by its id. */
function here(action: Action, lastOid: number): Action {
  const text = JSON.stringify(action).replaceAll(`"a":${RECORDED_ASSET}`, `"a":${ASSET}`).replaceAll(`"asset":${RECORDED_ASSET}`, `"asset":${ASSET}`);
  return JSON.parse(text.replace(/"o":\d{6,}/, `"o":${lastOid}`));
}

/** What the client had signed: the venue's order of keys. */
function asSigned({ type, orders, cancels, grouping }: Action): Readonly<Record<string, unknown>> {
  const pick = (row: Row, ...keys: readonly string[]): Row => Object.fromEntries(keys.filter((key) => key in row).map((key) => [key, row[key]]));
  if (orders !== undefined) return { type, orders: orders.map((row) => pick(row, 'a', 'b', 'p', 's', 'r', 't', 'c')), grouping };
  return { type, cancels: (cancels ?? []).map((row) => pick(row, 'a', 'asset', 'o', 'cloid')) };
}

/** An answer without what differs between two worlds: order ids, the coin, the address a wrong signature names. */
const comparable = (body: unknown): unknown =>
  JSON.parse(
    JSON.stringify(body)
      .replace(/"oid":\d+/g, '"oid":0')
      .replace(/asset=\d+/g, 'asset=0')
      .replace(/Wallet 0x[0-9a-f]{40}/, 'Wallet 0x'),
  );
const oidIn = (text: string): number | null => Number(/"oid":(\d+)/.exec(text)?.[1]) || null;

describe.skipIf(recorded === null)('requests recorded at the venue (needs VENUE_DATA_DIR)', () => {
  let venue: VenueProcess;
  beforeAll(async () => {
    venue = await startServer('--seed', '17', '--path', 'still', '--block-ms', '50', '--testnet');
    await venue.control.setUpAccounts('main', [{ address: TRADER.address, credits: { '': '10000' } }]);
  });
  afterAll(() => venue.stop());

  it('are ten', () => expect(interactions).toHaveLength(10));

  it('get the recorded answers, one after another, over HTTP and over the socket', async () => {
    const listener = await listen(venue.wsUrl());
    let nonce = Date.now();
    let lastOid = 0;
    for (const { cassette, request, response } of interactions) {
      const action = here(request.body.action, lastOid);
      nonce += 1;
      const overHttp = await postJson(`${venue.httpUrl()}/exchange`, { ...(await signed(TRADER, asSigned(action), nonce, true)), action });
      expect([cassette, overHttp.status, comparable(JSON.parse(overHttp.text))]).toEqual([cassette, response.status, comparable(response.body)]);
      lastOid = oidIn(overHttp.text) ?? lastOid;
      // What the first request rested or cancelled is as it must be for the second only where the action left nothing behind.
      if (overHttp.text.includes('resting') || overHttp.text.includes('success')) continue;
      nonce += 1;
      const payload = { ...(await signed(TRADER, asSigned(action), nonce, true)), action };
      listener.say({ method: 'post', id: nonce, request: { type: 'action', payload } });
      const { data } = await listener.hear(({ channel }) => channel === 'post');
      expect(comparable(data)).toEqual({ id: nonce, response: { type: 'action', payload: comparable(response.body) } });
    }
    listener.close();
  });

  it('name an unknown address where they are signed for the main network, or by nobody known', async () => {
    const answers: unknown[] = [];
    for (const { request } of interactions) {
      const action = here(request.body.action, 1);
      for (const body of [
        await signed(TRADER, asSigned(action), Date.now(), false),
        await signed(account(799), asSigned(action), Date.now(), true),
      ]) {
        answers.push(comparable(JSON.parse((await postJson(`${venue.httpUrl()}/exchange`, { ...body, action })).text)));
      }
    }
    expect(answers).toHaveLength(20);
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify({ status: 'err', response: 'User or API Wallet 0x does not exist.' })]),
    );
  });
});
