import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RedisConnection } from '../redis/client';
import { decide, describeState, emissionUs } from './gcra';
import { checkPolicies, type Limiter } from './limiter';

/**
 * All policies of a request in one atomic step, on the clock of Redis. First every policy is judged; only when all admit is any written.
 * Answers: now, then per policy its verdict and its stored arrival time. Numbers go out through %.0f: Lua's own conversion keeps
 * 14 digits and would lose 100 µs. ARGV holds per policy T (µs), B and cost.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local all = true
local stored, fresh, admits = {}, {}, {}
for i = 1, #KEYS do
  local emission, limit, cost = tonumber(ARGV[i * 3 - 2]), tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3])
  stored[i] = tonumber(redis.call('GET', KEYS[i]) or '0')
  fresh[i] = math.max(now, stored[i]) + cost * emission
  admits[i] = now >= fresh[i] - emission * limit
  all = all and admits[i]
end
local answer = { string.format('%.0f', now) }
for i = 1, #KEYS do
  if all and fresh[i] > now then
    redis.call('SET', KEYS[i], string.format('%.0f', fresh[i]), 'PX', string.format('%.0f', math.ceil((fresh[i] - now) / 1000)))
  end
  answer[#answer + 1] = admits[i] and '1' or '0'
  answer[#answer + 1] = string.format('%.0f', stored[i])
end
return answer`;

const DIGEST = createHash('sha1').update(SCRIPT).digest('hex');
const Answer = z.array(z.string().regex(/^\d+$/).transform(Number));

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
  return {
    take: async (group, policies) => {
      checkPolicies(group, policies);
      const keys = policies.map((policy) => `lim:{${group}}:${policy.key}`);
      const args = policies.flatMap((policy) => [emissionUs(policy), policy.burst + 1, policy.cost].map(String));
      const [nowUs = 0, ...answers] = Answer.length(1 + policies.length * 2).parse(await run([String(keys.length), ...keys, ...args]));
      const verdicts = policies.map((policy, index) => ({ policy, admits: answers[index * 2] === 1, storedUs: answers[index * 2 + 1] ?? 0 }));
      const all = verdicts.every((verdict) => verdict.admits);
      return decide(
        verdicts.map(({ policy, admits, storedUs }) => {
          const finalUs = all ? Math.max(nowUs, storedUs) + policy.cost * emissionUs(policy) : storedUs;
          return describeState(policy, admits, storedUs, finalUs, nowUs);
        }),
      );
    },
  };
}
