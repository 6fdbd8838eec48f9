/** The symbol of a coin inside its dex: RWA symbols come without the prefix that coins carry. */
export const symbolOf = (dex: string, coin: string): string => (dex !== '' && coin.startsWith(`${dex}:`) ? coin.slice(dex.length + 1) : coin);
/** The coin a symbol names. */
export const coinOf = (dex: string, symbol: string): string => (dex === '' || symbol.startsWith(`${dex}:`) ? symbol : `${dex}:${symbol}`);
/** The dex of a coin; empty for the main one. */
export const dexOf = (coin: string): string => (coin.includes(':') ? (coin.split(':')[0] ?? '') : '');
