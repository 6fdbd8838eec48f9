import type { Json } from '../exchange/port';

/** An action: an object with a `type`. The order of its keys is part of what an L1 signature covers. */
export type ActionJson = { readonly type: string; readonly [key: string]: Json | undefined };

/**
 * The venue reads an action into its own types and hashes what it writes back. So the order of keys in a request does not matter, keys it
 * does not know and options that are off are not covered, addresses and ids are lower-case with `0x`, and prices and sizes carry no
 * trailing zeros, whatever was sent: a client that signed other bytes signed for somebody else.
 */

/** How a value is written: as it is, as a decimal, as hex, as an action of its own, as a list, or as an object with keys in this order. */
type Form = 'value' | 'decimal' | 'hex' | 'action' | ListForm | ObjectForm | OptionalForm;
interface ListForm {
  readonly each: Form;
}
interface ObjectForm {
  readonly keys: readonly (readonly [string, Form])[];
}
/** Left out when absent, null or false. */
interface OptionalForm {
  readonly optional: Form;
}

type Keys = { readonly [key: string]: Form };
const object = (keys: Keys): ObjectForm => ({ keys: Object.entries(keys) });
const list = (each: Form): ListForm => ({ each });
const optional = (form: Form): OptionalForm => ({ optional: form });
const action = (keys: Keys): ObjectForm => object({ type: 'value', ...keys });

const ORDER = object({
  a: 'value',
  b: 'value',
  p: 'decimal',
  s: 'decimal',
  r: 'value',
  t: object({
    limit: optional(object({ tif: 'value' })),
    trigger: optional(object({ isMarket: 'value', triggerPx: 'decimal', tpsl: 'value' })),
  }),
  c: optional('hex'),
});

/** Both may be null here, and are written so. */
const TWAP_DETAILS = object({ t: object({ p: 'decimal', a: 'value' }), s: 'decimal' });

/** Keys of each action in the venue's order. Actions that do not stand here are hashed as they came. */
const ACTIONS: ReadonlyMap<string, ObjectForm> = new Map([
  ['order', action({ orders: list(ORDER), grouping: 'value', builder: optional(object({ b: 'hex', f: 'value' })) })],
  ['cancel', action({ cancels: list(object({ a: 'value', o: 'value' })), f: optional('value') })],
  ['cancelByCloid', action({ cancels: list(object({ asset: 'value', cloid: 'hex' })), f: optional('value') })],
  ['modify', action({ oid: 'hex', order: ORDER, a: optional('value') })],
  ['batchModify', action({ modifies: list(object({ oid: 'hex', order: ORDER })), a: optional('value') })],
  ['scheduleCancel', action({ time: optional('value') })],
  ['updateLeverage', action({ asset: 'value', isCross: 'value', leverage: 'value' })],
  ['updateIsolatedMargin', action({ asset: 'value', isBuy: 'value', ntli: 'value' })],
  ['topUpIsolatedOnlyMargin', action({ asset: 'value', leverage: 'decimal' })],
  [
    'twapOrder',
    action({ twap: object({ a: 'value', b: 'value', s: 'decimal', r: 'value', m: 'value', t: 'value' }), details: optional(TWAP_DETAILS) }),
  ],
  ['twapCancel', action({ a: 'value', t: 'value' })],
  ['createSubAccount', action({ name: 'value' })],
  ['subAccountModify', action({ subAccountUser: 'hex', name: 'value' })],
  ['subAccountTransfer', action({ subAccountUser: 'hex', isDeposit: 'value', usd: 'value' })],
  ['subAccountSpotTransfer', action({ subAccountUser: 'hex', isDeposit: 'value', token: 'value', amount: 'value' })],
  ['createVault', action({ name: 'value', description: 'value', initialUsd: 'value', nonce: 'value' })],
  ['vaultTransfer', action({ vaultAddress: 'hex', isDeposit: 'value', usd: 'value' })],
  ['vaultDistribute', action({ vaultAddress: 'hex', usd: 'value' })],
  ['vaultModify', action({ vaultAddress: 'hex', allowDeposits: 'value', alwaysCloseOnWithdraw: 'value' })],
  ['reserveRequestWeight', action({ weight: 'value', destination: optional('hex') })],
  ['setReferrer', action({ code: 'value' })],
  ['registerReferrer', action({ code: 'value' })],
  ['claimRewards', action({})],
  ['agentSetAbstraction', action({ abstraction: 'value' })],
  [
    'agentSendAsset',
    action({
      destination: 'hex',
      sourceDex: 'value',
      destinationDex: 'value',
      token: 'value',
      amount: 'value',
      fromSubAccount: 'value',
      nonce: optional('value'),
    }),
  ],
  ['noop', action({})],
  [
    'multiSig',
    action({
      signatureChainId: 'value',
      signatures: list(object({ r: 'value', s: 'value', v: 'value' })),
      payload: object({ multiSigUser: 'hex', outerSigner: 'hex', action: 'action' }),
    }),
  ],
]);

/** An action as the venue would write it. What does not fit its form stays as it came, for the exchange to refuse. */
export function canonicalAction(given: ActionJson): ActionJson {
  const form = ACTIONS.get(given.type);
  return form === undefined ? given : { ...writeObject(given, form), type: given.type };
}

function write(value: Json, form: Form): Json {
  if (form === 'value') return value;
  if (form === 'decimal') return typeof value === 'string' ? withoutTrailingZeros(value) : value;
  if (form === 'hex') return typeof value === 'string' ? withPrefix(value) : value;
  if (form === 'action') return isAction(value) ? canonicalAction(value) : value;
  if ('each' in form) return isList(value) ? value.map((element) => write(element, form.each)) : value;
  if ('keys' in form) return isObject(value) ? writeObject(value, form) : value;
  return write(value, form.optional);
}

function writeObject(value: JsonObject, { keys }: ObjectForm): JsonObject {
  const written: { [key: string]: Json } = {};
  for (const [key, form] of keys) {
    const field = value[key];
    if (field === undefined || (isOptional(form) && (field === null || field === false))) continue;
    written[key] = write(field, form);
  }
  return written;
}

type JsonObject = { readonly [key: string]: Json | undefined };

const isAction = (value: Json): value is ActionJson => isObject(value) && typeof value.type === 'string';
const isOptional = (form: Form): boolean => typeof form === 'object' && 'optional' in form;
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !isList(value);

const withoutTrailingZeros = (text: string): string => (/^\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text);

/** An address or client order id in lower case, with the prefix it may lack. */
function withPrefix(text: string): string {
  if (/^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40})$/.test(text)) return `0x${text.toLowerCase()}`;
  return /^0x[0-9a-fA-F]+$/.test(text) ? text.toLowerCase() : text;
}
