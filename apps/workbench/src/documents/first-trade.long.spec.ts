import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { present, unwrap } from '@lockstep/kernel';
import { loadConfig } from '@lockstep/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeWallet } from '../client/wallet';
import { makeRunFolder } from '../processes/run-folder';
import { StartedHere } from '../processes/testing/started-here';
import { runBlocks, type SaidBlock, sectionOf, shellBlocks, tableRows } from './testing/shell-blocks';

const README = readFileSync('README.md', 'utf8');
const QUICKSTART = readFileSync('docs/quickstart.md', 'utf8');
const [START, ...CALLS] = shellBlocks(sectionOf(README, 'First API call'));
const BLOCKS = [...CALLS, ...shellBlocks(QUICKSTART)];
const { gatewayPort, operatorPort } = unwrap(loadConfig('workbench', {}), 'the standard configuration');

const dataDir = makeRunFolder('documents');
let started: StartedHere;
beforeAll(async () => {
  started = await StartedHere.on(dataDir);
});
afterAll(async () => {
  await started?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A text with the addresses of this stack in the place of the standard ones, by which the documents name them. */
const here = (text: string): string =>
  text.replaceAll(`http://127.0.0.1:${gatewayPort}`, started.api).replaceAll(`http://127.0.0.1:${operatorPort}`, started.operator);

describe('README.md and docs/quickstart.md, pasted into a shell block by block', () => {
  let done: readonly SaidBlock[] = [];
  beforeAll(async () => {
    done = await runBlocks(BLOCKS.map(here), `${started.operatorKey}\n`);
  });

  /** What the one block that holds a text printed. */
  function saidBy(part: string): string {
    const found = done.filter(({ block }) => block.includes(part));
    expect(found.length, `blocks with ${part}`).toBe(1);
    return present(found[0], part).said;
  }
  const linesOf = (part: string): readonly string[] => saidBy(part).trim().split('\n');
  const answersOf = (part: string) =>
    linesOf(part)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));

  it('every block runs to its end', () => {
    expect(done.map(({ block }) => block)).toEqual(BLOCKS.map(here));
  });

  it('begins with the command that is started here', () => {
    const { scripts } = z.object({ scripts: z.object({ start: z.string() }) }).parse(JSON.parse(readFileSync('package.json', 'utf8')));
    expect([START, scripts.start.split(' && ').at(-1)]).toEqual(['npm start\n', 'node dist/apps/workbench/src/main.js start']);
  });

  it('defines its helpers and the addresses once', () => {
    const text = BLOCKS.join('\n');
    for (const name of ['send', 'field', 'wait_for']) expect(text.match(new RegExp(`^${name}\\(\\)`, 'gm')), name).toHaveLength(1);
    expect(text.match(/\bhttps?:/g)).toHaveLength(2);
    expect(text).toContain(`API=http://127.0.0.1:${gatewayPort} OPERATOR=http://127.0.0.1:${operatorPort}\n`);
  });

  it('answers the first call with the brand', () => {
    expect(answersOf('/v1/tenant "$KEY"')).toMatchObject([{ name: 'Northwind', livemode: false }]);
  });

  it('waits for the states it tells', () => {
    expect(linesOf('status open').at(-1)).toBe('open');
    expect(linesOf('/v1/sandbox/credits')).toEqual(['queued', 'queued', 'queued', '10000.0', expect.stringContaining('"execution_markup_bps":"3"')]);
    expect(linesOf('/approvals')).toEqual(['signed', 'active']);
    expect(linesOf('state active').slice(0, -1)).toEqual(['active', 'queued', '0.005']);
  });

  it('ends the README with a copied trade, of which the builder gets the markup', () => {
    expect(README).toContain('with `"size":"0.005"`');
    const [{ data }] = answersOf('/v1/fills');
    expect(data).toMatchObject([{ coin: 'BTC', side: 'buy', size: '0.005', internal: false }]);
    expect(Number(data[0].builder_fee)).toBeCloseTo(Number(data[0].price) * 0.005 * 0.0003, 4);
  });

  it('finds the trade in the copy’s records', () => {
    const [orders, positions, receipts, events] = answersOf('/v1/orders');
    expect(orders.data).toMatchObject([{ coin: 'BTC', side: 'buy', status: 'filled', filled_size: '0.005', builder_fee_tenths_bp: 30 }]);
    expect(positions.data).toMatchObject([{ coin: 'BTC', position: '0.005', target: '0.005' }]);
    expect(receipts.data).toMatchObject([
      { decision: 'planned', leader: { after: '0.05' }, orders: [{ client_order_id: orders.data[0].client_order_id }] },
    ]);
    const types = events.data.map(({ event }: { event: { type: string } }) => event.type);
    expect(types).toEqual(expect.arrayContaining(['venue_account.changed', 'copy.state_changed', 'leader.move', 'order.filled', 'fill.created']));
  });

  it('follows the leader down', () => {
    expect(linesOf('"side\\":\\"sell\\"')).toEqual(['queued', '0.002']);
  });

  it('stops the copy before it settles', () => {
    expect(linesOf('/stop')).toEqual(['pending', 'stopped']);
  });

  it('closes a period with everything in it, and its file is the manifest’s', () => {
    const said = saidBy('/v1/settlements "$KEY"');
    const [status = ''] = said.split('\n', 1);
    const end = said.lastIndexOf('\n{');
    const file = said.slice(status.length + 1, end);
    const manifest = JSON.parse(said.slice(end));
    expect([status, createHash('sha256').update(file).digest('hex')]).toEqual(['closed', manifest.sha256]);
    const [header = '', ...rows] = file.trim().split(/\r?\n/);
    const at = header.split(',');
    const cell = (account: string, column: string): string | undefined =>
      rows.map((row) => row.split(',')).find(([first]) => first === account)?.[at.indexOf(column)];
    expect(rows.length).toBe(manifest.row_count);
    // The allocation went in and came back; three fills, of which each paid the markup.
    expect(cell('copy:allocation', 'closing')).toBe('0');
    expect(cell('tenant:markup_revenue', 'entry_count')).toBe('3');
    expect(cell('tenant:markup_revenue', 'credits')).toBe(cell('copy:builder_fee', 'debits'));
  });

  it('points to documentation that is there', async () => {
    const [, address = ''] = /Documentation to try the rest stands at <([^>]+)>/.exec(README) ?? [];
    expect((await fetch(here(address))).status).toBe(200);
  });
});

describe('a step that comes too early', () => {
  const rows = tableRows(sectionOf(QUICKSTART, 'When a step comes too early'));
  const LEADER = '0x00000000000000000000000000000000001eade5';
  const WALLET = makeWallet(`0x${'a7'.repeat(32)}`);
  const APPROVALS = z.array(z.object({ kind: z.string(), typed_data: z.unknown() }));
  const credits = { credits: [WALLET.address, LEADER].map((address) => ({ address, amount: '10000' })) };
  const told: [string, string][] = [];
  /** Notes what a step was answered with, in the words of the table. */
  const note = (step: string, { status, body }: { readonly status: number; readonly body: { readonly code?: string } }): void =>
    void told.push([step, body.code === undefined ? String(status) : `${status} \`${body.code}\``]);

  it('is answered as the quickstart says, and goes on as it says', async () => {
    const partner = await started.partner('Early');
    const leader = { name: 'Leader', network: 'sim', address: LEADER };
    note('`GET /v1/sandbox` before it was asked for', await partner.ask('GET', 'sandbox'));
    note('a leader or an account of `sim` before the sandbox is open', await partner.ask('POST', 'leaders', leader));
    note('credits, trades, markets before the sandbox is open', await partner.ask('POST', 'sandbox/credits', credits));
    await partner.ask('POST', 'sandbox', {});
    await partner.until('sandbox', { status: 'open' });

    const leaderId = (await partner.ask('POST', 'leaders', leader)).body.id;
    const follower = (await partner.ask('POST', 'followers', {})).body.id;
    const account = (await partner.ask('POST', 'venue-accounts', { follower_id: follower, network: 'sim', address: WALLET.address })).body;
    const copy = { leader_id: leaderId, venue_account_id: account.id, allocation: '1000' };
    const refused = await partner.ask('POST', 'copies', copy);
    note('a copy before the account is active', refused);
    const standing = await partner.until(`copies/${refused.body.id}`, { command: { status: 'refused' } });
    expect(standing).toMatchObject({ state: 'preparing', command: { refusal: { reason: 'wrong_state' } } });
    note('a second copy of the same leader on the account, the refused one too', await partner.ask('POST', 'copies', copy));

    const signatures: { readonly kind: string; readonly signature: string }[] = [];
    for (const { kind, typed_data } of APPROVALS.parse(account.approvals)) signatures.push({ kind, signature: await WALLET.sign(typed_data) });
    const approve = () => partner.ask('POST', `venue-accounts/${account.id}/approvals`, { signatures });
    note('approvals before the account’s address has money', await approve());
    await partner.until(`venue-accounts/${account.id}`, {
      status: 'pending',
      status_reason: expect.stringContaining('the venue does not know the address'),
    });
    expect((await partner.ask('POST', 'sandbox/credits', credits)).status).toBe(202);
    await partner.until(`sandbox/account?address=${WALLET.address}`, { equity: '10000.0' });
    await approve();
    await partner.until(`venue-accounts/${account.id}`, { status: 'active', status_reason: null });

    // The copy that was refused begins behind its account's activation, by itself.
    await partner.until(`copies/${refused.body.id}`, { state: 'active' });

    for (const [step, answer] of told) expect(rows.get(step), step).toContain(`| ${answer}`);
  });
});
