/** One field of a typed message: its name in the action and its EIP-712 type. */
export type TypedField = readonly [name: string, type: 'string' | 'address' | 'bool' | 'uint64' | 'uint32' | 'bytes32' | 'bytes'];

export interface UserSignedType {
  /** The primary type is `HyperliquidTransaction:<name>`. */
  readonly name: string;
  readonly fields: readonly TypedField[];
}

const CHAIN: TypedField = ['hyperliquidChain', 'string'];
const NONCE: TypedField = ['nonce', 'uint64'];
const TIME: TypedField = ['time', 'uint64'];
const text = (name: string): TypedField => [name, 'string'];
const address = (name: string): TypedField => [name, 'address'];

/** Every action the main wallet signs as readable typed data, by its `type`. All other actions are signed as L1 actions. */
export const USER_SIGNED_TYPES: ReadonlyMap<string, UserSignedType> = new Map([
  ['approveAgent', { name: 'ApproveAgent', fields: [CHAIN, address('agentAddress'), text('agentName'), NONCE] }],
  ['approveBuilderFee', { name: 'ApproveBuilderFee', fields: [CHAIN, text('maxFeeRate'), address('builder'), NONCE] }],
  ['usdSend', { name: 'UsdSend', fields: [CHAIN, text('destination'), text('amount'), TIME] }],
  ['spotSend', { name: 'SpotSend', fields: [CHAIN, text('destination'), text('token'), text('amount'), TIME] }],
  ['withdraw3', { name: 'Withdraw', fields: [CHAIN, text('destination'), text('amount'), TIME] }],
  ['usdClassTransfer', { name: 'UsdClassTransfer', fields: [CHAIN, text('amount'), ['toPerp', 'bool'], NONCE] }],
  [
    'sendAsset',
    { name: 'SendAsset', fields: [CHAIN, ...['destination', 'sourceDex', 'destinationDex', 'token', 'amount', 'fromSubAccount'].map(text), NONCE] },
  ],
  ['userSetAbstraction', { name: 'UserSetAbstraction', fields: [CHAIN, address('user'), text('abstraction'), NONCE] }],
  ['userDexAbstraction', { name: 'UserDexAbstraction', fields: [CHAIN, address('user'), ['enabled', 'bool'], NONCE] }],
  ['userPortfolioMargin', { name: 'UserPortfolioMargin', fields: [CHAIN, address('user'), ['enabled', 'bool'], NONCE] }],
  ['linkStakingUser', { name: 'LinkStakingUser', fields: [CHAIN, address('user'), ['isFinalize', 'bool'], NONCE] }],
  ['cDeposit', { name: 'CDeposit', fields: [CHAIN, ['wei', 'uint64'], NONCE] }],
  ['cWithdraw', { name: 'CWithdraw', fields: [CHAIN, ['wei', 'uint64'], NONCE] }],
  ['tokenDelegate', { name: 'TokenDelegate', fields: [CHAIN, address('validator'), ['wei', 'uint64'], ['isUndelegate', 'bool'], NONCE] }],
  ['convertToMultiSigUser', { name: 'ConvertToMultiSigUser', fields: [CHAIN, text('signers'), NONCE] }],
  [
    'sendToEvmWithData',
    {
      name: 'SendToEvmWithData',
      fields: [
        CHAIN,
        ...['token', 'amount', 'sourceDex', 'destinationRecipient', 'addressEncoding'].map(text),
        ['destinationChainId', 'uint32'],
        ['gasLimit', 'uint64'],
        ['data', 'bytes'],
        NONCE,
      ],
    },
  ],
]);

/** The outer envelope of a multi-signature action: its hash stands where other types list fields. */
export const SEND_MULTI_SIG: UserSignedType = { name: 'SendMultiSig', fields: [CHAIN, ['multiSigActionHash', 'bytes32'], NONCE] };
