import type { OpenAPIObject } from '@nestjs/swagger';
import type { ContractCheck } from '../testing/contract-check';
import type { GatewayRig } from '../testing/rig';
import { isSchema, type Schema } from './arbitraries';
import { type FuzzedOperation, operationsOf } from './operations';
import { OperatorStage } from './operator-stage';
import type { Pool } from './pool';
import { ENCODED, type FuzzRequest, Requests } from './request';
import { oneOf, seededRandom } from './seeded';
import { FuzzStage, type Prepared } from './stage';
import { Tally } from './tally';
import { type Expectation, type FuzzAnswer, judge } from './verdict';

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** Accepted and refused requests every operation is to have. */
  readonly least: number;
}

/** Both sides of the API: what is fuzzed, and whom it is fuzzed as. */
interface Side {
  readonly base: string;
  readonly operations: readonly FuzzedOperation[];
  readonly requests: Requests;
  readonly contract: ContractCheck;
  readonly stages: readonly Stage[];
  /** Ids that no answer of this side may show; empty where it may show all. */
  readonly foreign: Pool | null;
}

/** One caller with its objects. */
export interface Stage {
  readonly key: string;
  readonly pool: Pool;
  /** The brand's host, which is asked; absent: none. */
  readonly host?: string;
  prepare(operation: string): Promise<Prepared>;
  after(operation: string, body: unknown): Promise<void>;
}

type Mode = 'good' | 'bad' | 'no key' | 'foreign' | 'repeat';

/** Sends requests drawn from the documents of both listeners until so many were sent; what is rarest so far comes first. */
export async function fuzz(rig: GatewayRig, { requests, seed, least }: FuzzOptions, say: (text: string) => void): Promise<Tally> {
  const random = seededRandom(seed);
  const stages = [await FuzzStage.open(rig, 'Fuzzed one', random), await FuzzStage.open(rig, 'Fuzzed two', random)];
  const stranger = await FuzzStage.open(rig, 'A stranger', random);
  const publicSide: Side = {
    base: rig.url,
    operations: operationsOf(rig.publicApi.document),
    requests: new Requests(componentsOf(rig.publicApi.document), random),
    contract: rig.contracts.publicApi,
    stages,
    foreign: stranger.pool,
  };
  const operatorSide: Side = {
    base: rig.operatorUrl,
    operations: operationsOf(rig.operatorApi.document).filter(({ id }) => !publicSide.operations.some((other) => other.id === id)),
    requests: new Requests(componentsOf(rig.operatorApi.document), random),
    contract: rig.contracts.operatorApi,
    stages: [await OperatorStage.open(rig)],
    foreign: null,
  };
  const tally = new Tally([...publicSide.operations, ...operatorSide.operations]);
  const all = [publicSide, operatorSide].flatMap((side) => side.operations.map((operation) => ({ side, operation })));
  const strange = stranger.pool.all();
  let told = 0;
  while (tally.requests < requests) {
    const { side, operation } = rarest(all, tally, random.below(3), random.below(all.length)) ?? all[0] ?? fail();
    await once(side, operation, tally, strange, () => seeded(random.below));
    if (tally.requests - told < 2_000) continue;
    told = tally.requests;
    say(`${told} requests, ${tally.covered(least).covered} of ${all.length} operations covered, ${tally.findings.length} findings`);
  }
  return tally;

  function seeded(below: (below: number) => number): number {
    return below(1_000);
  }

  async function once(side: Side, operation: FuzzedOperation, counted: Tally, strangers: readonly string[], draw: () => number): Promise<void> {
    const stage = oneOf(random, side.stages);
    if (stage === undefined) return;
    const mode = modeFor(side, operation, counted, draw());
    const prepared = mode === 'bad' || mode === 'no key' ? {} : await stage.prepare(operation.id);
    const request = side.requests.good(operation, stage.pool, prepared);
    await send(side, stage, operation, mode, request, counted, strangers);
  }

  async function send(
    side: Side,
    stage: Stage,
    operation: FuzzedOperation,
    mode: Mode,
    request: FuzzRequest,
    counted: Tally,
    strangers: readonly string[],
  ): Promise<void> {
    const spoiled =
      mode === 'bad'
        ? side.requests.bad(operation, request)
        : mode === 'foreign'
          ? side.requests.good(operation, side.foreign ?? stage.pool, {})
          : request;
    if (spoiled === null) return;
    const key =
      mode === 'no key'
        ? (oneOf(random, [null, 'nonsense', `${stage.key.slice(0, -1)}${stage.key.endsWith('x') ? 'y' : 'x'}`, stage.key.toUpperCase()]) ?? null)
        : stage.key;
    const repeated = mode === 'repeat' ? `fuzz-${seed}-${counted.requests}` : null;
    const path = filled(operation.path, spoiled.path);
    const answer = await call(side.base, operation, path, spoiled, { key, repeated, address: `198.51.100.${random.below(250)}`, host: stage.host });
    const shownTo = mode === 'foreign' ? [] : strangers;
    const found = [
      ...judge(
        operation,
        path,
        answer,
        side.contract,
        expectationOf(
          mode,
          strangers.some((id) => path.includes(id) || JSON.stringify(spoiled.body ?? null).includes(id)),
        ),
        side.foreign === null ? [] : shownTo,
      ),
    ];
    if (repeated !== null && answer.status < 300) {
      const again = await call(side.base, operation, path, spoiled, { key, repeated, address: '198.51.100.251', host: stage.host });
      counted.note(operation.id, again.status < 400);
      if (again.status !== answer.status || again.text !== answer.text)
        found.push({ fault: 'not_repeated', why: `${answer.status} and then ${again.status}` });
    }
    counted.note(operation.id, answer.status < 400);
    if (answer.status >= 400 && (mode === 'good' || mode === 'repeat')) counted.refusedAGood(operation.id, answer.text.slice(0, 400));
    const what = `${operation.method.toUpperCase()} ${path} ${JSON.stringify(spoiled.query)} ${JSON.stringify(spoiled.body)?.slice(0, 600) ?? ''} (${mode}${spoiled.fault === null ? '' : `, ${spoiled.fault}`})`;
    for (const one of found) {
      counted.find({ ...one, operation: operation.id, request: what });
      say(`✗ ${one.fault} ${operation.id}: ${one.why}\n    ${what}`);
    }
    if (answer.status < 300) await stage.after(operation.id, answer.body);
  }
}

const componentsOf = (document: OpenAPIObject): Readonly<Record<string, Schema>> =>
  Object.fromEntries(Object.entries(document.components?.schemas ?? {}).flatMap(([name, schema]) => (isSchema(schema) ? [[name, schema]] : [])));

/** An operation and how to call it: mostly whatever has been accepted or refused least. */
function rarest<T extends { readonly operation: FuzzedOperation }>(all: readonly T[], tally: Tally, by: number, any: number): T | undefined {
  if (by === 2) return all[any];
  const count = ({ operation }: T): number =>
    by === 0 ? tally.of(operation.id).accepted : operation.refusable ? tally.of(operation.id).refused : Number.POSITIVE_INFINITY;
  return all.reduce((least, one) => (count(one) < count(least) ? one : least), all[any] ?? all[0] ?? fail());
}

function modeFor(side: Side, operation: FuzzedOperation, tally: Tally, drawn: number): Mode {
  const { accepted, refused } = tally.of(operation.id);
  if (!operation.guarded) return operation.refusable && accepted > refused ? 'bad' : 'good';
  if (accepted <= refused && drawn < 800) return operation.repeatable && drawn < 200 ? 'repeat' : 'good';
  const modes: readonly Mode[] = side.foreign === null ? ['bad', 'no key'] : ['bad', 'bad', 'no key', 'foreign'];
  return modes[drawn % modes.length] ?? 'bad';
}

function expectationOf(mode: Mode, namesObject: boolean): Expectation {
  if (mode === 'bad') return 'refused';
  if (mode === 'no key') return 'unauthenticated';
  return mode === 'foreign' && namesObject ? 'foreign' : 'accepted_or_refused';
}

const filled = (path: string, values: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const text = values[name] ?? '';
    return ENCODED.has(text) ? text : encodeURIComponent(text);
  });

async function call(
  base: string,
  operation: FuzzedOperation,
  path: string,
  { query, body }: FuzzRequest,
  by: { readonly key: string | null; readonly repeated: string | null; readonly address: string; readonly host: string | undefined },
): Promise<FuzzAnswer> {
  const search = new URLSearchParams(query).toString();
  const headers: Record<string, string> = { 'X-Forwarded-For': by.address };
  if (by.key !== null) headers.Authorization = `Bearer ${by.key}`;
  if (by.host !== undefined) headers['X-Forwarded-Host'] = by.host;
  if (by.repeated !== null) headers['Idempotency-Key'] = by.repeated;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(`${base}${path}${search === '' ? '' : `?${search}`}`, {
    method: operation.method.toUpperCase(),
    headers,
    redirect: 'manual',
    ...sent,
  });
  const text = await answer.text();
  const type = answer.headers.get('content-type') ?? '';
  return { status: answer.status, type, headers: answer.headers, text, body: type.includes('json') ? parsed(text) : {} };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function fail(): never {
  throw new TypeError('the document has no operation');
}
