import type { Exchange } from './exchange';
import { asObject, asText, asWhole, type JsonObject } from './json';
import type { Json } from './port';
import { REQUEST_TEXTS } from './texts';

/** Wallet-signed actions whose nonce is called `time`. */
const TIMED: ReadonlySet<string> = new Set(['usdSend', 'spotSend', 'withdraw3']);
const CHAIN_ID = /^0x[0-9a-fA-F]{1,16}$/;

const innerNonce = (action: JsonObject | null): number | null => asWhole(TIMED.has(asText(action?.type) ?? '') ? action?.time : action?.nonce);

/** True when a wallet-signed action has what all of them have: the chain that signed, the venue's network, and a nonce of its own. */
export function hasEnvelope(action: JsonObject): boolean {
  const { signatureChainId, hyperliquidChain } = action;
  const isChain = hyperliquidChain === 'Mainnet' || hyperliquidChain === 'Testnet';
  return isChain && CHAIN_ID.test(asText(signatureChainId) ?? '') && innerNonce(action) !== null;
}

/** Wallet-signed actions name their network and repeat their nonce: the venue's text where they do not. */
export function checkEnvelope(ex: Exchange, action: Json, nonce: number): string | null {
  const object = asObject(action);
  const chain = asText(object?.hyperliquidChain);
  if (chain !== (ex.config.testnet === true ? 'Testnet' : 'Mainnet')) return REQUEST_TEXTS.wrongChain;
  return innerNonce(object) === nonce ? null : REQUEST_TEXTS.nonceMismatch;
}
