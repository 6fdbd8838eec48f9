import { createHash } from 'node:crypto';
import { must } from '@lockstep/kernel';
import { z } from 'zod';
import type { RedisConnection } from '../redis/client';
import { decide, describeState, emissionUs, type LimitDecision, type LimitPolicy, type SlotClaim } from './gcra';
import { checkPolicies, type Limiter } from './limiter';
import { slotState } from './local';

/**
 * Requests that stand under the same policies, each with all of these and its place among those in flight in one atomic step on the clock of Redis, one after
 * the other: of each everything is judged first, and only when all admit is anything charged. Answers: now, then per request and policy the verdict and the
 * arrival time that was stored before it, and how many places were held before it. Numbers go out through %.0f: Lua's own conversion keeps 14 digits and
 * would lose 100 µs. ARGV holds the number of policies, per policy T (µs), B and cost, the number of requests, then the places, the lease (ms) and a holder
 * for each request. Places are a sorted set of holders by the end of their lease, so that those of a process that died come back.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local nowms = math.floor(now / 1000)
local many = tonumber(ARGV[1])
local requests = tonumber(ARGV[many * 3 + 2])
local emissions, limits, costs, stored, changed = {}, {}, {}, {}, {}
for i = 1, many do
  emissions[i], limits[i], costs[i] = tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3]), tonumber(ARGV[i * 3 + 1])
  stored[i] = tonumber(redis.call('GET', KEYS[i]) or '0')
end
local places, held, room, lease = KEYS[many + 1], 0, 0, 0
if places then
  redis.call('ZREMRANGEBYSCORE', places, '-inf', string.format('%.0f', nowms))
  held = redis.call('ZCARD', places)
  room, lease = tonumber(ARGV[many * 3 + 3]), tonumber(ARGV[many * 3 + 4])
end
local answer = { string.format('%.0f', now) }
local taken = false
for r = 1, requests do
  local all = not places or held < room
  local fresh = {}
  for i = 1, many do
    fresh[i] = math.max(now, stored[i]) + costs[i] * emissions[i]
    local admits = now >= fresh[i] - emissions[i] * limits[i]
    all = all and admits
    answer[#answer + 1] = admits and '1' or '0'
    answer[#answer + 1] = string.format('%.0f', stored[i])
  end
  answer[#answer + 1] = string.format('%.0f', held)
  if all then
    for i = 1, many do
      if fresh[i] > now then stored[i], changed[i] = fresh[i], true end
    end
    if places then
      redis.call('ZADD', places, string.format('%.0f', nowms + lease), ARGV[many * 3 + 4 + r])
      held, taken = held + 1, true
    end
  end
end
for i = 1, many do
  if changed[i] then
    redis.call('SET', KEYS[i], string.format('%.0f', stored[i]), 'PX', string.format('%.0f', math.ceil((stored[i] - now) / 1000)))
  end
end
if taken then redis.call('PEXPIRE', places, string.format('%.0f', lease)) end
return answer`;

const DIGEST = createHash('sha1').update(SCRIPT).digest('hex');
/** Now, and of each request two values of each policy and how many places were held. */
const Answer = z.array(z.string().regex(/^\d+$/).transform(Number)).min(4);
/** Requests of one step at most: so long Redis does nothing else. */
const TOGETHER_MAX = 100;

/** A request that waits for its step. */
interface Asked {
  readonly holder: string;
  readonly resolve: (decision: LimitDecision) => void;
  readonly reject: (error: unknown) => void;
}

/** Requests of one turn that stand under the same policies. */
interface Step {
  readonly group: string;
  readonly policies: readonly LimitPolicy[];
  readonly claim: Omit<SlotClaim, 'holder'> | null;
  readonly asked: Asked[];
}

/** The limiter shared by all processes. Rejects while Redis cannot be reached. */
export function redisLimiter(redis: RedisConnection): Limiter {
  const releases = new Releases(redis);
  const steps = new Steps(redis, releases);
  return {
    release: (group, { key, holder }) => releases.giveBack(keyOf(group, key), holder),
    take: (group, policies, claim) => {
      checkPolicies(group, policies, claim);
      return steps.take(group, policies, claim ?? null);
    },
  };
}

/** Requests that come in one turn of the event loop and stand under the same policies are one command: most of what a command costs is its way. */
class Steps {
  private open = new Map<string, Step>();
  private isDue = false;

  constructor(
    private readonly redis: RedisConnection,
    private readonly releases: Releases,
  ) {}

  take(group: string, policies: readonly LimitPolicy[], claim: SlotClaim | null): Promise<LimitDecision> {
    return new Promise((resolve, reject) => {
      const name = nameOf(group, policies, claim);
      let step = this.open.get(name);
      if (step === undefined || step.asked.length >= TOGETHER_MAX) {
        if (step !== undefined) void this.send(step);
        step = { group, policies, claim, asked: [] };
        this.open.set(name, step);
      }
      step.asked.push({ holder: claim?.holder ?? '', resolve, reject });
      if (this.isDue) return;
      this.isDue = true;
      // Behind all that whoever waited for the same answer does with it.
      process.nextTick(() => this.sendAll());
    });
  }

  private sendAll(): void {
    const { open } = this;
    this.open = new Map();
    this.isDue = false;
    for (const step of open.values()) void this.send(step);
  }

  private async send(step: Step): Promise<void> {
    const { asked, claim } = step;
    // What was given back before they came has to count for them.
    this.releases.leaveNow();
    try {
      const decisions = decisionsOf(step, Answer.parse(await this.run(argumentsOf(step))));
      for (const [index, decision] of decisions.entries()) asked[index]?.resolve(decision);
    } catch (error) {
      if (claim !== null)
        this.releases.owe(
          keyOf(step.group, claim.key),
          asked.map(({ holder }) => holder),
        );
      for (const { reject } of asked) reject(error);
    }
  }

  private async run(args: readonly string[]): Promise<unknown> {
    try {
      return await this.redis.command(['EVALSHA', DIGEST, ...args]);
    } catch (error) {
      // After a restart Redis no longer knows the script; this sends it along once.
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return this.redis.command(['EVAL', SCRIPT, ...args]);
      throw error;
    }
  }
}

/** Everything a step's requests have in common. */
function nameOf(group: string, policies: readonly LimitPolicy[], claim: SlotClaim | null): string {
  let name = group;
  for (const { name: policy, key, rate, periodMs, burst, cost } of policies) name += `\n${policy}\n${key}\n${rate} ${periodMs} ${burst} ${cost}`;
  return claim === null ? name : `${name}\n${claim.key}\n${claim.limit} ${claim.leaseMs}`;
}

function argumentsOf({ group, policies, claim, asked }: Step): readonly string[] {
  const keys = [...policies.map((policy) => keyOf(group, policy.key)), ...(claim === null ? [] : [keyOf(group, claim.key)])];
  const rates = policies.flatMap((policy) => [emissionUs(policy), policy.burst + 1, policy.cost]);
  const places = claim === null ? [] : [String(claim.limit), String(claim.leaseMs), ...asked.map(({ holder }) => holder)];
  return [String(keys.length), ...keys, ...[policies.length, ...rates, asked.length].map(String), ...places];
}

/** What the answer says to each request. */
function decisionsOf({ policies, claim, asked }: Step, answer: readonly number[]): readonly LimitDecision[] {
  const width = policies.length * 2 + 1;
  must(answer.length === 1 + width * asked.length, 'the limiter’s script answers for every request and policy');
  const [nowUs = 0] = answer;
  return asked.map((_, no) => {
    const own = answer.slice(1 + no * width, 1 + (no + 1) * width);
    const held = own.at(-1) ?? 0;
    const verdicts = policies.map((policy, index) => ({ policy, admits: own[index * 2] === 1, storedUs: own[index * 2 + 1] ?? 0 }));
    const all = verdicts.every((verdict) => verdict.admits) && (claim === null || held < claim.limit);
    const states = verdicts.map(({ policy, admits, storedUs }) => {
      const finalUs = all ? Math.max(nowUs, storedUs) + policy.cost * emissionUs(policy) : storedUs;
      return describeState(policy, admits, storedUs, finalUs, nowUs);
    });
    return decide(states, claim === null ? null : slotState(claim, held, all));
  });
}

/** How long a place that is given back may wait for a request whose command it can leave with: so long it is held for the other gateways. */
const GIVEN_BACK_WITHIN_MS = 1;

/** Places that may be held for nobody, at most: of more the oldest come back when their lease ends. */
const OWED_MAX = 10_000;

/**
 * Places that are given back leave together, with one command for each key: right in front of the next requests, or by themselves a moment later. Of a command
 * without an answer nobody knows whether Redis carries it out, now or when it goes on: its places are given back in front of what is asked next.
 */
class Releases {
  private holders = new Map<string, string[]>();
  private owed: { readonly key: string; readonly holder: string }[] = [];
  private leaving: { readonly left: Promise<void>; readonly leave: () => void } | null = null;

  constructor(private readonly redis: RedisConnection) {}

  /** Resolves once it is given back. */
  giveBack(key: string, holder: string): Promise<void> {
    this.add(key, holder);
    this.leaving ??= this.leaveSoon();
    return this.leaving.left;
  }

  /** These may be held, for requests that do not use them. */
  owe(key: string, holders: readonly string[]): void {
    for (const holder of holders) this.owed.push({ key, holder });
    this.owed.splice(0, Math.max(0, this.owed.length - OWED_MAX));
  }

  /** Sends what waits. */
  leaveNow(): void {
    if (this.leaving !== null) this.leaving.leave();
    // Their own askers have gone on long ago.
    else if (this.owed.length > 0) this.send().catch(() => undefined);
  }

  private add(key: string, holder: string): void {
    const own = this.holders.get(key);
    if (own === undefined) this.holders.set(key, [holder]);
    else own.push(holder);
  }

  private leaveSoon(): { readonly left: Promise<void>; readonly leave: () => void } {
    let leave = (): void => undefined;
    const left = new Promise<void>((resolve, reject) => {
      leave = (): void => {
        clearTimeout(timer);
        this.leaving = null;
        this.send().then(resolve, reject);
      };
    });
    const timer = setTimeout(leave, GIVEN_BACK_WITHIN_MS);
    return { left, leave };
  }

  private async send(): Promise<void> {
    for (const { key, holder } of this.owed) this.add(key, holder);
    this.owed = [];
    const { holders } = this;
    this.holders = new Map();
    const sent = await Promise.allSettled([...holders].map(([key, those]) => this.sendOne(key, those)));
    const failed = sent.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  private async sendOne(key: string, holders: readonly string[]): Promise<void> {
    try {
      await this.redis.command(['ZREM', key, ...holders]);
    } catch (error) {
      this.owe(key, holders);
      throw error;
    }
  }
}

const keyOf = (group: string, key: string): string => `lim:{${group}}:${key}`;
