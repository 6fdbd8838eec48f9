/**
 * What the judge compares: the venue's own books beside everything the system wrote down. Sizes, prices and money are bigint 10^-8,
 * targets micro-lots of the instrument. Nothing here is computed; it is read.
 */
export interface CrashBooks {
  readonly copies: readonly CopyBooks[];
  readonly scopes: readonly ScopeBooks[];
  readonly moves: readonly MoveFact[];
  /** Signed leader position by coin, from the venue. */
  readonly leader: ReadonlyMap<string, bigint>;
  readonly markets: ReadonlyMap<string, MarketFact>;
}

export interface MarketFact {
  readonly szDecimals: number;
  /** Mid price. */
  readonly price: bigint;
}

/** One copy with the venue account it alone trades through. */
export interface CopyBooks {
  readonly name: string;
  readonly scope: string;
  readonly copyId: string;
  readonly copyNo: number;
  /** κ of a fixed-ratio copy in 10^-12. */
  readonly ratio: bigint;
  readonly venueOrders: readonly VenueOrderFact[];
  readonly venueFills: readonly VenueFillFact[];
  readonly venuePositions: ReadonlyMap<string, bigint>;
  /** As the API shows it. */
  readonly shown: ReadonlyMap<string, bigint>;
  readonly kept: readonly KeptFact[];
}

export interface VenueOrderFact {
  readonly orderId: string;
  readonly clientOrderId: string | null;
  readonly coin: string;
  readonly status: string;
  readonly size: bigint;
}

export interface VenueFillFact {
  readonly key: string;
  readonly coin: string;
  readonly clientOrderId: string | null;
  readonly buy: boolean;
  readonly size: bigint;
  readonly price: bigint;
  readonly fee: bigint;
  readonly closedPnl: bigint;
}

/** What the system keeps of a copy in one instrument. */
export interface KeptFact {
  readonly coin: string;
  readonly position: bigint;
  readonly targetMicro: bigint;
  readonly forfeitedMicro: bigint;
  readonly forfeitReason: string | null;
  readonly userClosed: boolean;
  readonly dust: boolean;
}

export interface ScopeBooks {
  readonly name: string;
  readonly leaderId: string;
  readonly journal: readonly JournaledFact[];
  /** Journal rows nobody closed. */
  readonly openRows: number;
  readonly orders: readonly OrderFact[];
  readonly fills: readonly FillFact[];
  /** Signed sum of every entry by ledger account name without its owner (`realised_pnl`) and copy. */
  readonly ledger: readonly LedgerFact[];
  /** First sequence of the hash chain that does not prove itself. */
  readonly brokenLink: bigint | null;
  readonly topSeq: bigint;
  readonly events: readonly EventFact[];
}

export interface JournaledFact {
  readonly clientOrderId: string;
  readonly copyNo: number;
  readonly coin: string;
  readonly wave: number;
  readonly leg: number;
  readonly attempt: number;
  readonly exit: boolean;
  readonly size: bigint;
}

export interface OrderFact {
  readonly id: string;
  readonly copyId: string;
  readonly clientOrderId: string;
  readonly status: string;
  readonly filled: bigint;
}

export interface FillFact {
  readonly id: string;
  readonly key: string;
  readonly copyId: string | null;
  readonly size: bigint;
  readonly fee: bigint;
}

export interface LedgerFact {
  readonly copyId: string | null;
  readonly account: string;
  readonly sum: bigint;
}

export interface EventFact {
  readonly seq: bigint;
  readonly type: string;
  /** The object the event is about: a fill's, order's or move's id; else empty. */
  readonly subject: string;
}

export interface MoveFact {
  readonly id: bigint;
  readonly coin: string;
  readonly status: string;
  /** True when the venue's fills were seen, false for one found in a snapshot. */
  readonly seen: boolean;
}

/** A broken promise with the rows that differ. */
export interface Violation {
  readonly rule: string;
  readonly detail: string;
  readonly rows: readonly unknown[];
}

/** Takes a broken rule, what is wrong, and the rows that show it. */
export type Report = (rule: string, detail: string, ...rows: readonly unknown[]) => void;
