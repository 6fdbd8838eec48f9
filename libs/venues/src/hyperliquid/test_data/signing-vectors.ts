import type { L1Action } from '../sign/action-hash';
import type { Network } from '../sign/phantom-agent';

/*
 * Signatures of one published test key that holds nothing. The first block is asserted by the venue's own SDK too; the second was
 * computed from the same rules and checked by two implementations. Order actions are in the venue's key order: it is part of the hash.
 */

export const TEST_KEY = '0123456789012345678901234567890123456789012345678901234567890123';
export const TEST_ADDRESS = '0x14791697260e4c9a71f18484c9f997b308e59325';
export const VAULT = '0x1719884eb866cb12b2287399b15f7db5e7d775ea';
export const CLOID = '0x00000000000000000000000000000001';

export interface ActionVector {
  readonly name: string;
  readonly network: Network;
  readonly action: L1Action;
  readonly nonce: number;
  readonly vault: string | null;
  readonly expiresAfter: number;
  readonly hash?: string;
  readonly r: string;
  readonly s: string;
  readonly v: number;
}

function order(a: number, b: boolean, p: string, s: string, c?: string): L1Action {
  const terms = { a, b, p, s, r: false, t: { limit: { tif: 'Gtc' } } };
  return { type: 'order', orders: [c === undefined ? terms : { ...terms, c }], grouping: 'na' };
}

export const ACTION_VECTORS: readonly ActionVector[] = [
  {
    name: 'dummy action',
    network: 'mainnet',
    action: { type: 'dummy', num: 100000000000 },
    nonce: 0,
    vault: null,
    expiresAfter: 0,
    r: '0x053749d5b30552aeb2fca34b530185976545bb22d0b3ce6f62e31be961a59298',
    s: '0x755c40ba9bf05223521753995abb2f73ab3229be8ec921f350cb447e384d8ed8',
    v: 27,
  },
  {
    name: 'dummy action',
    network: 'testnet',
    action: { type: 'dummy', num: 100000000000 },
    nonce: 0,
    vault: null,
    expiresAfter: 0,
    r: '0x542af61ef1f429707e3c76c5293c80d01f74ef853e34b76efffcb57e574f9510',
    s: '0x17b8b32f086e8cdede991f1e2c529f5dd5297cbe8128500e00cbaf766204a613',
    v: 28,
  },
  {
    name: 'dummy action for a vault',
    network: 'mainnet',
    action: { type: 'dummy', num: 100000000000 },
    nonce: 0,
    vault: VAULT,
    expiresAfter: 0,
    r: '0x003c548db75e479f8012acf3000ca3a6b05606bc2ec0c29c50c515066a326239',
    s: '0x4d402be7396ce74fbba3795769cda45aec00dc3125a984f2a9f23177b190da2c',
    v: 28,
  },
  {
    name: 'dummy action for a vault',
    network: 'testnet',
    action: { type: 'dummy', num: 100000000000 },
    nonce: 0,
    vault: VAULT,
    expiresAfter: 0,
    r: '0xe281d2fb5c6e25ca01601f878e4d69c965bb598b88fac58e475dd1f5e56c362b',
    s: '0x7ddad27e9a238d045c035bc606349d075d5c5cd00a6cd1da23ab5c39d4ef0f60',
    v: 27,
  },
  {
    name: 'GTC order',
    network: 'mainnet',
    action: order(1, true, '100', '100'),
    nonce: 0,
    vault: null,
    expiresAfter: 0,
    r: '0xd65369825a9df5d80099e513cce430311d7d26ddf477f5b3a33d2806b100d78e',
    s: '0x2b54116ff64054968aa237c20ca9ff68000f977c93289157748a3162b6ea940e',
    v: 28,
  },
  {
    name: 'GTC order',
    network: 'testnet',
    action: order(1, true, '100', '100'),
    nonce: 0,
    vault: null,
    expiresAfter: 0,
    r: '0x82b2ba28e76b3d761093aaded1b1cdad4960b3af30212b343fb2e6cdfa4e3d54',
    s: '0x6b53878fc99d26047f4d7e8c90eb98955a109f44209163f52d8dc4278cbbd9f5',
    v: 27,
  },
  {
    name: 'GTC order with client order id',
    network: 'mainnet',
    action: order(1, true, '100', '100', CLOID),
    nonce: 0,
    vault: null,
    expiresAfter: 0,
    r: '0x041ae18e8239a56cacbc5dad94d45d0b747e5da11ad564077fcac71277a946e3',
    s: '0x3c61f667e747404fe7eea8f90ab0e76cc12ce60270438b2058324681a00116da',
    v: 27,
  },
  {
    name: 'GTC order with client order id',
    network: 'testnet',
    action: order(1, true, '100', '100', CLOID),
    nonce: 0,
    vault: null,
    expiresAfter: 0,
    r: '0xeba0664bed2676fc4e5a743bf89e5c7501aa6d870bdb9446e122c9466c5cd16d',
    s: '0x7f3e74825c9114bc59086f1eebea2928c190fdfbfde144827cb02b85bbe90988',
    v: 28,
  },
  {
    name: 'stop-loss trigger order',
    network: 'mainnet',
    action: {
      type: 'order',
      orders: [{ a: 1, b: true, p: '100', s: '100', r: false, t: { trigger: { isMarket: true, triggerPx: '103', tpsl: 'sl' } } }],
      grouping: 'na',
    },
    nonce: 0,
    vault: null,
    expiresAfter: 0,
    r: '0x98343f2b5ae8e26bb2587daad3863bc70d8792b09af1841b6fdd530a2065a3f9',
    s: '0x6b5bb6bb0633b710aa22b721dd9dee6d083646a5f8e581a20b545be6c1feb405',
    v: 27,
  },
  {
    name: 'stop-loss trigger order',
    network: 'testnet',
    action: {
      type: 'order',
      orders: [{ a: 1, b: true, p: '100', s: '100', r: false, t: { trigger: { isMarket: true, triggerPx: '103', tpsl: 'sl' } } }],
      grouping: 'na',
    },
    nonce: 0,
    vault: null,
    expiresAfter: 0,
    r: '0x971c554d917c44e0e1b6cc45d8f9404f32172a9d3b3566262347d0302896a2e4',
    s: '0x206257b104788f80450f8e786c329daa589aa0b32ba96948201ae556d5637eac',
    v: 28,
  },
  {
    name: 'createSubAccount',
    network: 'mainnet',
    action: { type: 'createSubAccount', name: 'example' },
    nonce: 0,
    vault: null,
    expiresAfter: 0,
    r: '0x51096fe3239421d16b671e192f574ae24ae14329099b6db28e479b86cdd6caa7',
    s: '0x0b71f7d293af92d3772572afb8b102d167a7cef7473388286bc01f52a5c5b423',
    v: 27,
  },
  {
    name: 'subAccountTransfer',
    network: 'mainnet',
    action: { type: 'subAccountTransfer', subAccountUser: '0x1d9470d4b963f552e6f671a81619d395877bf409', isDeposit: true, usd: 10 },
    nonce: 0,
    vault: null,
    expiresAfter: 0,
    r: '0x43592d7c6c7d816ece2e206f174be61249d651944932b13343f4d13f306ae602',
    s: '0x71a926cb5c9a7c01c3359ec4c4c34c16ff8107d610994d4de0e6430e5cc0f4c9',
    v: 28,
  },
  {
    name: 'scheduleCancel',
    network: 'mainnet',
    action: { type: 'scheduleCancel' },
    nonce: 0,
    vault: null,
    expiresAfter: 0,
    r: '0x6cdfb286702f5917e76cd9b3b8bf678fcc49aec194c02a73e6d4f16891195df9',
    s: '0x6557ac307fa05d25b8d61f21fb8a938e703b3d9bf575f6717ba21ec61261b2a0',
    v: 27,
  },
  {
    name: 'scheduleCancel at a time',
    network: 'mainnet',
    action: { type: 'scheduleCancel', time: 123456789 },
    nonce: 0,
    vault: null,
    expiresAfter: 0,
    r: '0x609cb20c737945d070716dcc696ba030e9976fcf5edad87afa7d877493109d55',
    s: '0x16c685d63b5c7a04512d73f183b3d7a00da5406ff1f8aad33f8ae2163bab758b',
    v: 28,
  },
  {
    name: 'GTC order with expiry',
    network: 'mainnet',
    action: order(1, true, '100', '100'),
    nonce: 1700000000000,
    vault: null,
    expiresAfter: 1700000060000,
    hash: '0x0792f0d788465669c3ff7809bb0e3797dff08f3c78090387a9bdb9e57623530f',
    r: '0xa07e4477eb151bb6024ff6134f29c69204b32b6224c13a9fbadd8ad7df697b8c',
    s: '0x15652fe061dc2f613dde90926462a114e57e069b73ba264d98adb813734adea7',
    v: 27,
  },
  {
    name: 'GTC order with expiry for a vault',
    network: 'mainnet',
    action: order(1, true, '100', '100'),
    nonce: 1700000000000,
    vault: VAULT,
    expiresAfter: 1700000060000,
    hash: '0x6c3194841adb1383248be40c6a17610cf32eea1b78be74c3c16183cd9800eb2b',
    r: '0x6237226640420b78100e887b28019bebe0a754ad45a47a512bcc2b376aca9fc2',
    s: '0x0927690ef47855f776fae20c766b69475480e649d0d2f55d9e9553931ca8cbbf',
    v: 28,
  },
  {
    name: 'builder dex order',
    network: 'mainnet',
    action: {
      type: 'order',
      orders: [{ a: 110000, b: false, p: '100.5', s: '2', r: true, t: { limit: { tif: 'Ioc' } }, c: CLOID }],
      grouping: 'na',
      builder: { b: VAULT, f: 10 },
    },
    nonce: 1700000000000,
    vault: null,
    expiresAfter: 0,
    hash: '0x1f4e3e22ffa96fcafbfd4156431ca8a0f35f0e0cf6e75324727c814b2e6458e0',
    r: '0xbebf3ac38c013c03e8ffee52b70f0f804b692f108d96538763e54bff3dbfa2de',
    s: '0x63b19a0e0f58e04411462d5e8897b814ef2f363b593f86cb7396f8fc20a9c113',
    v: 28,
  },
  {
    name: 'cancel',
    network: 'mainnet',
    action: { type: 'cancel', cancels: [{ a: 1, o: 556696349186 }] },
    nonce: 1700000000000,
    vault: null,
    expiresAfter: 0,
    hash: '0xb71f93f311e5cc2a0f7fcf9a4855d8baf1f9f49ae760441f766b78455da77aaa',
    r: '0x5a0d8479f5823a9fbf56962507c8674ea20ce83fe629f8c164c9625ed3bf0201',
    s: '0x530f35fa107cc3a03828155cb8c0a4d71f95848bf0bcdbd3d9ff292933e1bfc5',
    v: 28,
  },
  {
    name: 'cancelByCloid',
    network: 'mainnet',
    action: { type: 'cancelByCloid', cancels: [{ asset: 1, cloid: CLOID }] },
    nonce: 1700000000000,
    vault: null,
    expiresAfter: 0,
    hash: '0xff888b53d8ec27155197e50698343967aa922eba74ef605d7f2b1b1dd57c10de',
    r: '0xd8ad694a3002d9d3e462be876e1e0975d0cb990265ca8c3dffbd144e10c84db5',
    s: '0x6e760fa62e1f9f1e69d38878fab2ff660fa170b38073dbcde110279f786aa77e',
    v: 28,
  },
  {
    name: 'updateLeverage',
    network: 'mainnet',
    action: { type: 'updateLeverage', asset: 1, isCross: true, leverage: 5 },
    nonce: 1700000000000,
    vault: null,
    expiresAfter: 0,
    hash: '0xabcd0030f6e652ed0f555bc4149c09afb584e3f03d6638664ebc7cdc08f8f890',
    r: '0xb6d73e1e08b1e33aa259c4437c352cc6ada4484c0b7739c576ba273c0836d24a',
    s: '0x37e2a3e221f02e0a4f557dda1eda9e4d15b18525be37d5722338aff7f60134aa',
    v: 27,
  },
  {
    name: 'updateIsolatedMargin',
    network: 'mainnet',
    action: { type: 'updateIsolatedMargin', asset: 110000, isBuy: true, ntli: -1000000 },
    nonce: 1700000000000,
    vault: null,
    expiresAfter: 0,
    hash: '0x49563770b27c9d0d5182e2e2253061f54f71866e690b38523ec728c1083cf685',
    r: '0x4a1db43089b1fdd759634ab3f5611b6b61669151676050a8f5bd094f81298321',
    s: '0x2bc060c707ba0e426a189f2bcd1fcdbcf0bf9419cdb8df08b1686be9f74c582d',
    v: 28,
  },
  {
    name: 'noop',
    network: 'mainnet',
    action: { type: 'noop' },
    nonce: 1700000000000,
    vault: null,
    expiresAfter: 0,
    hash: '0xef5dcef9775ebb2c5a6553314e66a6a57bd7e9b2319a869a8b17f08fa48bdcaf',
    r: '0xa094d7afdcaffc2e2643f31df05a7594de12880e6558e17021d863c868a06972',
    s: '0x2ec74c7efddc03c04b04a660effe31f52ce3cddd2e0b80c68486ec772ca42ce2',
    v: 28,
  },
  {
    name: 'batch of 20 orders',
    network: 'mainnet',
    action: {
      type: 'order',
      orders: Array.from({ length: 20 }, (_, a) => ({ a, b: true, p: '100', s: '1', r: false, t: { limit: { tif: 'Ioc' } } })),
      grouping: 'na',
    },
    nonce: 1700000000000,
    vault: null,
    expiresAfter: 0,
    hash: '0x5a0564a5cc0835af4a4a7b443732a12c2e4b57fb3b2e05b397700263b131a12a',
    r: '0x0909839d285f5a533d630c5ee9796b05a6f1e2de1146e62591ea15366135ba72',
    s: '0x1d38607b35a576c11110c31d1eff8ad7a84cd1a995072c18a4484103f4914d7c',
    v: 28,
  },
];

/** Connection id and msgpack bytes of an IOC order, a=4, nonce 1677777606040. */
export const PHANTOM_AGENT = {
  action: { type: 'order', orders: [{ a: 4, b: true, p: '1670.1', s: '0.0147', r: false, t: { limit: { tif: 'Ioc' } } }], grouping: 'na' },
  nonce: 1677777606040,
  connectionId: '0x0fcbeda5ae3c4950a548021552a4fea2226858c4453571bf3f24ba017eac2908',
} as const;

export const USER_SIGNED_VECTORS = [
  {
    name: 'UsdSend',
    r: '0x637b37dd731507cdd24f46532ca8ba6eec616952c56218baeff04144e4a77073',
    s: '0x11a6a24900e6e314136d2592e2f8d502cd89b7c15b198e1bee043c9589f9fad7',
    v: 27,
  },
  {
    name: 'Withdraw',
    r: '0x8363524c799e90ce9bc41022f7c39b4e9bdba786e5f9c72b20e43e1462c37cf9',
    s: '0x58b1411a775938b83e29182e8ef74975f9054c8e97ebf5ec2dc8d51bfc893881',
    v: 28,
  },
] as const;

export const APPROVAL_VECTORS = [
  {
    name: 'approveAgent mainnet',
    r: '0x1030a3098d12c143a00835afd355a0c1bf7b2c947b9c18c82e7979670aa59c64',
    s: '0x163468e28201dd5a9721b60a0418626db149f2eeb00ef36978c6877d1740cf2c',
    v: 27,
  },
  {
    name: 'approveAgent testnet',
    r: '0xb04ae65aff551a5d9109aa275fcff9d75e58eba34fa47a8a02b4344cab30d0af',
    s: '0x469866943396f4e3fe32171b3de57123bc4e613515964685bca9eb7f8b3ebba5',
    v: 27,
  },
  {
    name: 'approveBuilderFee mainnet',
    r: '0x65876b42f94ebf0906bbcaba576e1ad8861427fbfecbd40d1998b845c6868e9b',
    s: '0x06424305017a5130696145ea2570a9f2857ec0e99b7955760f03eb8da2dd9650',
    v: 28,
  },
] as const;
