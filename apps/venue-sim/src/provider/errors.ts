/** Documented codes with their HTTP statuses, and two for what the documents leave out (unknown paths, our own defects). */
export const PROVIDER_ERRORS = {
  INVALID_API_KEY: 401,
  SIGNATURE_ERROR: 401,
  SESSION_EXPIRED: 401,
  INVALID_PARAMS: 400,
  MISSING_REQUIRED_FIELD: 400,
  UNSUPPORTED_PROVIDER: 400,
  UNSUPPORTED_NETWORK: 400,
  PROVIDER_ERROR: 502,
  PROVIDER_UNAVAILABLE: 503,
  INVALID_ORDER: 400,
  ORDER_NOT_FOUND: 404,
  POSITION_NOT_FOUND: 404,
  INSUFFICIENT_MARGIN: 422,
  ORDER_REJECTED: 422,
  PRICE_TOO_FAR: 422,
  SIZE_TOO_SMALL: 422,
  MAX_LEVERAGE_EXCEEDED: 422,
  REDUCE_ONLY_REJECTED: 422,
  TOO_MANY_ORDERS: 422,
  RATE_LIMITED: 429,
  NOT_FOUND: 404,
  INTERNAL_ERROR: 500,
} as const;
export type ProviderErrorCode = keyof typeof PROVIDER_ERRORS;

/** An answer of the Provider API before it is written: a body, an error of the closed set, or what a fault does to the connection. */
export type ProviderAnswer =
  | { readonly kind: 'body'; readonly body: unknown }
  | { readonly kind: 'error'; readonly code: ProviderErrorCode; readonly message: string }
  | { readonly kind: 'silence' }
  | { readonly kind: 'hang_up' };

export const body = (value: unknown): ProviderAnswer => ({ kind: 'body', body: value });
export const refusal = (code: ProviderErrorCode, message: string): ProviderAnswer => ({ kind: 'error', code, message });

/** Texts of the exchange by the code they become (facts §4, suggested mapping); the first that fits. */
const CODES: readonly (readonly [RegExp, ProviderErrorCode])[] = [
  [/tick size|invalid size|zero size|invalid price|TP\/SL price/i, 'INVALID_ORDER'],
  [/minimum value/i, 'SIZE_TOO_SMALL'],
  [/more than 80% away|too far from oracle/i, 'PRICE_TOO_FAR'],
  [/reduce only/i, 'REDUCE_ONLY_REJECTED'],
  [/too many open orders/i, 'TOO_MANY_ORDERS'],
  [/never placed, already canceled/i, 'ORDER_NOT_FOUND'],
  [/invalid leverage value|margin tier limit/i, 'MAX_LEVERAGE_EXCEEDED'],
  [/does not exist|must deposit|recover signer/i, 'SIGNATURE_ERROR'],
  [/insufficient (margin|balance)|sufficient margin/i, 'INSUFFICIENT_MARGIN'],
  [/too many cumulative requests/i, 'PROVIDER_UNAVAILABLE'],
];

/** A refusal of the exchange in the Provider API's words; its own text stays the message. */
export function fromExchangeText(text: string): ProviderAnswer {
  return refusal(CODES.find(([pattern]) => pattern.test(text))?.[1] ?? 'ORDER_REJECTED', text);
}
