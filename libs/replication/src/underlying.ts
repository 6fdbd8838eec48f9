/** Units some venues count in thousands, written with a `k` before the name, as in `kPEPE`. */
const THOUSANDS = /^k(?=[A-Z])/;

/** What an instrument's price is of, whatever dex lists it and in whatever unit it counts: `xyz:BTC` and `BTC` are one underlying, and so are `kPEPE` and `PEPE`. */
export function underlyingOf(coin: string): string {
  return coin.slice(coin.indexOf(':') + 1).replace(THOUSANDS, '');
}
