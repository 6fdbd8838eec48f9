import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { present, unwrap } from '@lockstep/kernel';
import { loadConfig } from '@lockstep/platform';
import { migratedDatabase } from '@lockstep/storage/testing/test-storage';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { makeWallet } from '../../client/wallet';
import { type Stack, startStack } from '../../processes/stack';

const run = promisify(execFile);

const row = z.looseObject({
  id: z.string(),
  coin: z.string(),
  mark: z.string(),
  position: z.string(),
  leader_id: z.string(),
  follower_id: z.string(),
});
/** What these tests read of a body by name, whatever it is the body of; all of it is looked at by what is expected of it. */
const bodySchema = z
  .looseObject({
    id: z.string(),
    /** A word; of a problem its number. */
    status: z.union([z.string(), z.number()]),
    code: z.string(),
    key: z.string(),
    business_time: z.string(),
    equity: z.string().nullable(),
    /** Of a world, in ms. */
    time: z.number(),
    data: z.array(row.partial()),
    approvals: z.array(z.object({ kind: z.string(), typed_data: z.unknown() })),
    result: z
      .looseObject({ did: z.array(z.unknown()), reached: z.string(), from: z.string(), to: z.string() })
      .partial()
      .nullable(),
  })
  .partial();
export type Body = z.output<typeof bodySchema>;

export interface Answer {
  readonly status: number;
  /** Empty where the answer is no JSON object. */
  readonly body: Body;
  readonly text: string;
}

/** A partner with a key of its test environment, who uses the API alone. */
export interface Partner {
  readonly id: string;
  readonly key: string;
  call(method: 'get' | 'post' | 'patch', path: string, body?: object): Promise<Answer>;
  /** As `call`; throws unless it is answered with success. */
  ask(method: 'get' | 'post' | 'patch', path: string, body?: object): Promise<Body>;
  /** Asks for something of the sandbox and waits until it ended. */
  task(path: string, body?: object): Promise<Body>;
  /** Waits until a read answers what is expected. */
  until(path: string, expected: object): Promise<Body>;
}

/** The whole deployment in processes of its own, test tenants with worlds of their own. */
export interface SandboxStack {
  readonly stack: Stack;
  partner(name: string): Promise<Partner>;
  keyOf(partner: Partner, livemode: boolean): Promise<string>;
  send(key: string, method: string, path: string, body?: object): Promise<Answer>;
  /** The simulated venue itself, for what a partner cannot ask. */
  control(path: string, body?: object): Promise<Body>;
  close(): Promise<void>;
}

export const WAIT = { timeout: 240_000, interval: 100 };

export async function openSandboxStack(simArgs: readonly string[] = []): Promise<SandboxStack> {
  const database = await migratedDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'lockstep-sandbox-'));
  const config = unwrap(loadConfig('workbench', { DATABASE_URL: database.url, LOCKSTEP_DATA_DIR: dataDir, LOG_LEVEL: 'info' }), 'the configuration');
  const extra = { gateway: { LOCKSTEP_SANDBOX_WORLDS: 'own' }, engine: { LOCKSTEP_PRESIGNATURES: '64' } };
  const stack = await startStack({ config, dataDir, simArgs, fixedPorts: false, extra, onStep: () => undefined });
  const { stdout } = await run(process.execPath, ['dist/apps/gateway/src/operator.js', 'init', '--json'], { env: { ...stack.gatewayEnv } });
  const operatorKey = String(JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}').key);
  const request = async (url: string, key: string, method: string, body?: object): Promise<Answer> => {
    const answer = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, text, body: bodySchema.parse(text.startsWith('{') ? JSON.parse(text) : {}) };
  };
  const send: SandboxStack['send'] = (key, method, path, body) => request(`${stack.gatewayUrl}/v1/${path}`, key, method.toUpperCase(), body);
  const operator = async (path: string, body: object) => good(await request(`${stack.operatorUrl}/v1/operator/${path}`, operatorKey, 'POST', body));
  return {
    stack,
    send,
    keyOf: async ({ id }, livemode) => keyIn(await operator(`tenants/${id}/api-keys`, { name: 'another', livemode, scopes: ['*'] })),
    partner: async (name) => {
      const id = idOf(await operator('tenants', { name, tier: 'scale' }));
      const key = keyIn(await operator(`tenants/${id}/api-keys`, { name: 'first', livemode: false, scopes: ['*'] }));
      const call: Partner['call'] = (method, path, body) => send(key, method, path, body);
      const ask: Partner['ask'] = async (method, path, body) => good(await call(method, path, body));
      return {
        id,
        key,
        call,
        ask,
        until: (path, expected) =>
          vi.waitFor(async () => {
            const body = await ask('get', path);
            expect(body).toMatchObject(expected);
            return body;
          }, WAIT),
        task: async (path, body = {}) => {
          const asked = await ask('post', `sandbox/${path}`, body);
          return vi.waitFor(async () => {
            const task = await ask('get', `sandbox/tasks/${asked.id}`);
            expect(['done', 'failed']).toContain(task.status);
            return task;
          }, WAIT);
        },
      };
    },
    control: async (path, body) => {
      const answer = await fetch(`${stack.simControlUrl}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return bodySchema.parse(await answer.json());
    },
    close: async () => {
      await stack.stop();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export function good({ status, body, text }: Answer): Body {
  if (status >= 300) throw new Error(`${status}: ${text}`);
  return body;
}

const idOf = ({ id }: Body): string => present(id, 'the id of what was made');
const keyIn = ({ key }: Body): string => present(key, 'the key that was made');

/** A copy of `leader` that is active, made with calls of the API alone: money, approvals signed by a wallet, terms. With the copy first it is refused until the account is active. */
export async function makeCopy(
  partner: Partner,
  leaderAddress: string,
  walletKey: `0x${string}`,
  terms: object,
  order: 'account first' | 'copy first' = 'account first',
): Promise<{ readonly copy: string; readonly leader: string; readonly address: string }> {
  const wallet = makeWallet(walletKey);
  const { address } = wallet;
  const amount = '10000';
  await partner.task('credits', { credits: [leaderAddress, address].map((each) => ({ address: each, amount })) });
  const leader = await partner.ask('post', 'leaders', { name: 'Leader', network: 'sim', address: leaderAddress });
  const follower = await partner.ask('post', 'followers', { external_id: `user-${address}` });
  const account = await partner.ask('post', 'venue-accounts', { follower_id: follower.id, network: 'sim', address });
  const makeIt = () => partner.ask('post', 'copies', { leader_id: leader.id, venue_account_id: account.id, ...terms });
  const before = order === 'copy first' ? await makeIt() : null;
  if (before !== null)
    await partner.until(`copies/${before.id}`, { state: 'preparing', command: { status: 'refused', refusal: { reason: 'wrong_state' } } });
  const signatures = [];
  for (const { kind, typed_data } of account.approvals ?? []) signatures.push({ kind, signature: await wallet.sign(typed_data) });
  await partner.ask('post', `venue-accounts/${account.id}/approvals`, { signatures });
  await partner.until(`venue-accounts/${account.id}`, { status: 'active' });
  const copy = before ?? (await makeIt());
  await partner.until(`copies/${copy.id}`, { state: 'active' });
  return { copy: idOf(copy), leader: idOf(leader), address };
}

/** Advances a partner's clock, kills the back office once some of it is done, and waits until the task ended well, exactly where it was to end. */
export async function advanceThroughDeath(sandbox: SandboxStack, partner: Partner, ms: number): Promise<void> {
  const { id } = await partner.ask('post', 'sandbox/clock/advance', { ms });
  await vi.waitFor(async () => expect((await partner.ask('get', `sandbox/tasks/${id}`)).result?.reached).toBeDefined(), WAIT);
  await sandbox.stack.restart('backoffice', 'SIGKILL');
  const patience = { timeout: 1_500_000, interval: 500 };
  const task = await vi.waitFor(async () => {
    const found = await partner.ask('get', `sandbox/tasks/${id}`);
    expect(found.status).toBe('done');
    return found;
  }, patience);
  expect(Date.parse(task.result?.to ?? '') - Date.parse(task.result?.from ?? '')).toBe(ms);
}

/** Charges of funding in the ledger within a time, by the file of fee entries: one per instrument held and hour. */
export async function fundingRows(partner: Partner, from: number, ms: number): Promise<number> {
  const time = (at: number): string => new Date(at).toISOString();
  const { id } = await partner.ask('post', 'exports', { kind: 'fees', from: time(from), to: time(from + ms + 60_000) });
  await partner.until(`exports/${id}`, { status: 'ready' });
  const { text } = await partner.call('get', `exports/${id}/file`);
  return text.split('\r\n').filter((line) => line.includes('copy:funding')).length;
}
