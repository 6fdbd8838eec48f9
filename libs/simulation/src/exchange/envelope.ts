import type { Exchange } from './exchange';
import { asObject, asText, asWhole } from './json';
import type { Json } from './port';
import { REQUEST_TEXTS } from './texts';

/** Wallet-signed actions name their network and repeat their nonce: the venue's text where they do not. */
export function checkEnvelope(ex: Exchange, action: Json, nonce: number): string | null {
  const object = asObject(action);
  const chain = asText(object?.hyperliquidChain);
  if (chain !== (ex.config.testnet === true ? 'Testnet' : 'Mainnet')) return REQUEST_TEXTS.wrongChain;
  return (asWhole(object?.nonce) ?? asWhole(object?.time)) === nonce ? null : REQUEST_TEXTS.nonceMismatch;
}
