/** How public trades are spread over connections. */
export interface SweepBounds {
  readonly connections: number;
  /** Over all connections. */
  readonly subscriptions: number;
}

/**
 * Which coins each connection subscribes to. Every coin stands on one connection, and on a second one as long as subscriptions are left: a coin with two
 * misses nothing when one of them is cut. Coins named first come first; those beyond the bound are on none.
 */
export function planSweep(coins: readonly string[], { connections, subscriptions }: SweepBounds): readonly (readonly string[])[] {
  const links = Array.from({ length: connections }, (): string[] => []);
  if (connections === 0) return links;
  const swept = coins.slice(0, subscriptions);
  const twice = connections > 1 ? Math.min(swept.length, subscriptions - swept.length) : 0;
  for (const [index, coin] of swept.entries()) {
    links[index % connections]?.push(coin);
    if (index < twice) links[(index + 1) % connections]?.push(coin);
  }
  return links;
}
