import { createHash } from 'node:crypto';
import { must } from '@lockstep/kernel';
import { z } from 'zod';
import type { RedisConnection } from '../redis/client';
import { decide, describeState, emissionUs } from './gcra';
import { checkPolicies, type Limiter } from './limiter';
import { slotState } from './local';

/**
 * All policies of a request, and its place among those in flight, in one atomic step on the clock of Redis. First everything is judged; only when all
 * admit is anything charged. Answers: now, per policy its verdict and its stored arrival time, and how many places were held. Numbers go out through
 * %.0f: Lua's own conversion keeps 14 digits and would lose 100 µs. ARGV holds the number of policies, per policy T (µs), B and cost, then the places,
 * their holder and the lease (ms). Places are a sorted set of holders by the end of their lease, so that those of a process that died come back.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local nowms = math.floor(now / 1000)
local many = tonumber(ARGV[1])
local all = true
local stored, fresh, admits = {}, {}, {}
for i = 1, many do
  local emission, limit, cost = tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3]), tonumber(ARGV[i * 3 + 1])
  stored[i] = tonumber(redis.call('GET', KEYS[i]) or '0')
  fresh[i] = math.max(now, stored[i]) + cost * emission
  admits[i] = now >= fresh[i] - emission * limit
  all = all and admits[i]
end
local places, held = KEYS[many + 1], 0
if places then
  redis.call('ZREMRANGEBYSCORE', places, '-inf', string.format('%.0f', nowms))
  held = redis.call('ZCARD', places)
  all = all and held < tonumber(ARGV[many * 3 + 2])
end
local answer = { string.format('%.0f', now) }
for i = 1, many do
  if all and fresh[i] > now then
    redis.call('SET', KEYS[i], string.format('%.0f', fresh[i]), 'PX', string.format('%.0f', math.ceil((fresh[i] - now) / 1000)))
  end
  answer[#answer + 1] = admits[i] and '1' or '0'
  answer[#answer + 1] = string.format('%.0f', stored[i])
end
if places and all then
  local lease = tonumber(ARGV[many * 3 + 4])
  redis.call('ZADD', places, string.format('%.0f', nowms + lease), ARGV[many * 3 + 3])
  redis.call('PEXPIRE', places, string.format('%.0f', lease))
end
answer[#answer + 1] = string.format('%.0f', held)
return answer`;

const DIGEST = createHash('sha1').update(SCRIPT).digest('hex');
/** Now, two values of each policy, and how many places are held. */
const Answer = z.array(z.string().regex(/^\d+$/).transform(Number)).min(4);

/** The limiter shared by all processes. Rejects while Redis cannot be reached. */
export function redisLimiter(redis: RedisConnection): Limiter {
  const run = async (args: readonly string[]): Promise<unknown> => {
    try {
      return await redis.command(['EVALSHA', DIGEST, ...args]);
    } catch (error) {
      // After a restart Redis no longer knows the script; this sends it along once.
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return redis.command(['EVAL', SCRIPT, ...args]);
      throw error;
    }
  };
  const releases = new Releases(redis);
  return {
    release: (group, { key, holder }) => releases.giveBack(keyOf(group, key), holder),
    take: async (group, policies, claim) => {
      checkPolicies(group, policies, claim);
      const keys = [...policies.map((policy) => keyOf(group, policy.key)), ...(claim === undefined ? [] : [keyOf(group, claim.key)])];
      const places = claim === undefined ? [] : [String(claim.limit), claim.holder, String(claim.leaseMs)];
      const args = [policies.length, ...policies.flatMap((policy) => [emissionUs(policy), policy.burst + 1, policy.cost])].map(String);
      const answer = Answer.parse(await run([String(keys.length), ...keys, ...args, ...places]));
      must(answer.length === 2 + policies.length * 2, 'the limiter’s script answers for every policy');
      const [nowUs = 0, ...answers] = answer;
      const held = answer.at(-1) ?? 0;
      const verdicts = policies.map((policy, index) => ({ policy, admits: answers[index * 2] === 1, storedUs: answers[index * 2 + 1] ?? 0 }));
      const all = verdicts.every((verdict) => verdict.admits) && (claim === undefined || held < claim.limit);
      const states = verdicts.map(({ policy, admits, storedUs }) => {
        const finalUs = all ? Math.max(nowUs, storedUs) + policy.cost * emissionUs(policy) : storedUs;
        return describeState(policy, admits, storedUs, finalUs, nowUs);
      });
      return decide(states, claim === undefined ? null : slotState(claim, held, all));
    },
  };
}

/** Places that are given back in one turn of the event loop leave together, with one command for each key. */
class Releases {
  private holders = new Map<string, string[]>();
  private leaving: Promise<void> | null = null;

  constructor(private readonly redis: RedisConnection) {}

  giveBack(key: string, holder: string): Promise<void> {
    const own = this.holders.get(key);
    if (own === undefined) this.holders.set(key, [holder]);
    else own.push(holder);
    this.leaving ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.leave());
    return this.leaving;
  }

  private async leave(): Promise<void> {
    const { holders } = this;
    this.holders = new Map();
    this.leaving = null;
    await Promise.all([...holders].map(([key, those]) => this.redis.command(['ZREM', key, ...those])));
  }
}

const keyOf = (group: string, key: string): string => `lim:{${group}}:${key}`;
