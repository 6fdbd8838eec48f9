import { readFileSync } from 'node:fs';
import { present, unwrap } from '@lockstep/kernel';
import { loadConfig } from '@lockstep/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CurlRequest, curlRequest, shellSteps } from './testing/readme-calls';
import { type GatewayRig, openRig } from './testing/rig';

let rig: GatewayRig;
beforeAll(async () => {
  rig = await openRig();
}, 300_000);
afterAll(() => rig?.close());

const README = readFileSync('README.md', 'utf8');
const answered = z.record(z.string(), z.unknown());

/** An address of a machine that runs with the standard ports, as the rig serves it. */
function served(address: string): string {
  const { gatewayPort, operatorPort } = unwrap(loadConfig('gateway', { DATABASE_URL: 'postgres://owner@127.0.0.1/lockstep' }), 'the standard ports');
  const { protocol, hostname, port, pathname, search } = new URL(address);
  expect([protocol, hostname]).toEqual(['http:', 'localhost']);
  const at = new Map([
    [String(gatewayPort), rig.url],
    [String(operatorPort), rig.operatorUrl],
  ]);
  return `${present(at.get(port), `who listens on ${port}`)}${pathname}${search}`;
}

const ask = ({ method, url, headers, body }: CurlRequest): Promise<Response> =>
  fetch(served(url), { method, headers, ...(body === null ? {} : { body }) });

describe('the first API call of the README', () => {
  it('is answered as it says, made word by word from its text', async () => {
    const variables = new Map<string, string>();
    const asked: string[] = [];
    let last: Readonly<Record<string, unknown>> = {};
    for (const step of shellSteps(README, 'First API call')) {
      if (step.kind === 'export') {
        const member = /^the (\w+) of the answer$/.exec(step.comment)?.[1];
        const value = member === undefined ? rig.operatorKey : String(last[member]);
        expect(value.startsWith(step.shown.replace(/\.+$/, '')), `${step.name}: ${value}`).toBe(true);
        variables.set(step.name, value);
        continue;
      }
      const request = curlRequest(step.words, variables);
      const answer = await ask(request);
      const text = await answer.text();
      expect([request.method, request.url, Math.floor(answer.status / 100)], text).toEqual([request.method, request.url, 2]);
      last = answered.parse(JSON.parse(text));
      asked.push(`${request.method} ${new URL(request.url).pathname}`);
    }
    const tenant = variables.get('TENANT');
    expect(asked).toEqual(['POST /v1/operator/tenants', `POST /v1/operator/tenants/${tenant}/api-keys`, 'GET /v1/tenant']);
    expect(last).toMatchObject({ id: tenant, name: 'Northwind' });
  });

  it('points to documentation that is there', async () => {
    const [, address] = /Documentation to try the rest stands at <([^>]+)>/.exec(README) ?? [];
    expect((await fetch(served(present(address, 'the address')))).status).toBe(200);
  });
});
