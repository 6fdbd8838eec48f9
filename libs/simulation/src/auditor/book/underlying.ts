/** What a price is of: `xyz:BTC` and `BTC` are one underlying, and so are `kPEPE` and `PEPE`. */
export const underlyingOf = (coin: string): string => coin.slice(coin.indexOf(':') + 1).replace(/^k(?=[A-Z])/, '');
