/** What a follower is there to show; it copies without filters and with room in every limit. */
export type FollowerRole =
  /** Holds no collateral in one dex: entries there are denied, exits elsewhere leave. */
  | { readonly kind: 'bare'; readonly dex: string }
  /** Takes its collateral out of one dex while it holds a position there: the venue refuses entries, its exit leaves all the same. */
  | { readonly kind: 'drained'; readonly dex: string }
  /** One balance per collateral for all dexes. */
  | { readonly kind: 'unified' }
  /** Trades through a sub-account of its wallet. */
  | { readonly kind: 'sub_account' };
