import { option } from '../report';

/** What the fan-out bench is asked for. */
export interface FanoutOptions {
  readonly followers: number;
  readonly tenants: number;
  /** Rounds of open, increase, reduce and close per verify mode. */
  readonly rounds: number;
  readonly workers: number;
  /** In mode `sample` one signature in so many is recovered. */
  readonly sampleEvery: number;
  /** Orders signed one by one with the SDK for comparison. */
  readonly sdkOrders: number;
  readonly blockMs: number;
}

const FOLLOWERS_MAX = 20_000;

/** Reads the command line. Throws naming the option. */
export function fanoutOptions(args: readonly string[]): FanoutOptions {
  const followers = option(args, 'followers', 10_000, FOLLOWERS_MAX);
  return {
    followers,
    tenants: Math.min(followers, option(args, 'tenants', 3, 50)),
    rounds: option(args, 'runs', 3, 50),
    workers: option(args, 'workers', 2, 16),
    sampleEvery: option(args, 'sample', 100, 1_000_000),
    sdkOrders: Math.min(followers, option(args, 'sdk', 200, FOLLOWERS_MAX)),
    blockMs: option(args, 'block-ms', 100, 10_000),
  };
}
