import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { err, ok, present } from '@lockstep/kernel';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret, secret } from '../log/secret';
import { addMachinePepper, addMachineSealingKey, enginePrivateKeys, gatewayKeys } from './machine-keys';
import { keyIdOfBox, makeSealingKeys, opener, publicKeyOf, sealer, sealingContext } from './sealed-box';

const context = sealingContext('ten_1', 'test', 'vac_1');
const agentKey = new Uint8Array(32).map((_, index) => index);

describe('a sealed box', () => {
  const keys = makeSealingKeys();
  const box = sealer(keys.publicKey);
  const own = opener([keys.privateKey]);

  it('opens for its key and context, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, where) => {
        expect(own.open(box.seal(bytes, where), where)).toEqual(ok(bytes));
      }),
      { numRuns: 50 },
    );
  });

  it('differs each time, though it holds the same', () => {
    expect(box.seal(agentKey, context)).not.toEqual(box.seal(agentKey, context));
  });

  it('shows nothing of what it holds', () => {
    expect(Buffer.from(box.seal(agentKey, context)).includes(Buffer.from(agentKey))).toBe(false);
  });

  it.each([
    ['another account', sealingContext('ten_1', 'test', 'vac_2')],
    ['another environment', sealingContext('ten_1', 'live', 'vac_1')],
    ['another tenant', sealingContext('ten_2', 'test', 'vac_1')],
  ])('does not open for %s', (_what, other) => {
    expect(own.open(box.seal(agentKey, context), other)).toEqual(err('damaged'));
  });

  it('does not open with any bit changed', () => {
    const sealed = box.seal(agentKey, context);
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 0x10;
      expect(own.open(changed, context).ok, `byte ${index}`).toBe(false);
    }
  });

  it('does not open with another key, cut short, or empty', () => {
    const sealed = box.seal(agentKey, context);
    expect(opener([makeSealingKeys().privateKey]).open(sealed, context)).toEqual(err('unknown_key'));
    expect(own.open(sealed.slice(0, 40), context)).toEqual(err('malformed'));
    expect(own.open(new Uint8Array(), context)).toEqual(err('malformed'));
  });

  it('refuses an ephemeral key that would give a known secret', () => {
    const sealed = box.seal(agentKey, context);
    sealed.fill(0, 9, 41);
    expect(own.open(sealed, context)).toEqual(err('damaged'));
  });

  it('stays readable after the key was renewed', () => {
    const newer = makeSealingKeys();
    const both = opener([newer.privateKey, keys.privateKey]);
    expect(both.open(box.seal(agentKey, context), context).ok).toBe(true);
    expect(both.open(sealer(newer.publicKey).seal(agentKey, context), context).ok).toBe(true);
    expect(both.keyIds).toContain(box.keyId);
  });

  it('names the key it was sealed for, and other bytes name none', () => {
    expect(keyIdOfBox(box.seal(agentKey, context))).toBe(box.keyId);
    for (const bytes of [new Uint8Array(), Buffer.from('sealed'), new Uint8Array(100)]) expect(keyIdOfBox(bytes)).toBeNull();
  });
});

describe('sealing keys', () => {
  it('have a text form that leads from private to public', () => {
    const keys = makeSealingKeys();
    expect(keys.publicKey).toMatch(/^lsp_[\w-]{43}$/);
    expect(publicKeyOf(keys.privateKey)).toBe(keys.publicKey);
    expect(JSON.stringify(keys)).not.toContain(keys.privateKey.reveal());
  });

  it('are refused when they are something else', () => {
    expect(() => sealer('lsp_short')).toThrow('lsp_ and 43 characters');
    expect(() => sealer(makeSealingKeys().privateKey.reveal())).toThrow('lsp_ and 43 characters');
    expect(() => opener([secret(makeSealingKeys().publicKey)])).toThrow('lss_ and 43 characters');
  });
});

describe('keys of a single machine', () => {
  const folders: string[] = [];
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'lockstep-keys-'));
    folders.push(made);
    return made;
  };
  afterEach(() => {
    for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
  });
  const unset = { keyPepper: null, cursorSecret: null, sealingPublicKey: null, personalDataKeys: null };

  it('are made once, readable by their owner only, and fit together', () => {
    const dataDir = folder();
    const first = gatewayKeys({ dataDir, ...unset });
    const again = gatewayKeys({ dataDir, ...unset });
    expect(again.keyPeppers.map((pepper) => pepper.reveal())).toEqual(first.keyPeppers.map((pepper) => pepper.reveal()));
    expect(first.keyPeppers.map((pepper) => pepper.reveal().length)).toEqual([32]);
    expect(first.cursorSecret.reveal()).not.toEqual(first.keyPeppers[0]?.reveal());
    const sealed = sealer(first.sealingPublicKey).seal(agentKey, context);
    expect(opener(enginePrivateKeys({ dataDir, sealingPrivateKeys: null })).open(sealed, context)).toEqual(ok(agentKey));
    for (const name of readdirSync(join(dataDir, 'keys'))) expect(statSync(join(dataDir, 'keys', name)).mode & 0o777).toBe(0o600);
  });

  it('yield to those given', () => {
    const keys = makeSealingKeys();
    const pepper = Buffer.alloc(32, 7).toString('base64');
    const given = gatewayKeys({
      dataDir: folder(),
      keyPepper: new Secret(pepper),
      cursorSecret: new Secret(pepper),
      sealingPublicKey: keys.publicKey,
      personalDataKeys: keys.privateKey,
    });
    expect(given.keyPeppers.map((one) => one.reveal())).toEqual([new Uint8Array(32).fill(7)]);
    expect(given.sealingPublicKey).toBe(keys.publicKey);
    // The one of the pepper stays, behind those given: what it sealed is still opened.
    expect(given.personalDataKeys.map((key) => key.reveal())[0]).toBe(keys.privateKey.reveal());
    expect(given.personalDataKeys).toHaveLength(2);
    const before = gatewayKeys({
      dataDir: folder(),
      ...unset,
      keyPepper: new Secret(pepper),
      personalDataKeys: new Secret(`pepper,${keys.privateKey.reveal()}`),
    });
    expect(before.personalDataKeys.map((key) => key.reveal())).toEqual(given.personalDataKeys.map((key) => key.reveal()).reverse());
    const list = enginePrivateKeys({
      dataDir: folder(),
      sealingPrivateKeys: new Secret(`${keys.privateKey.reveal()}, ${makeSealingKeys().privateKey.reveal()}`),
    });
    expect(opener(list).keyIds).toHaveLength(2);
  });

  it('get a newer one beside those of before, which still open what they sealed', () => {
    const dataDir = folder();
    const first = gatewayKeys({ dataDir, ...unset }).sealingPublicKey;
    const made = [addMachineSealingKey(dataDir), addMachineSealingKey(dataDir)];
    expect(gatewayKeys({ dataDir, ...unset }).sealingPublicKey).toBe(made[1]?.publicKey);
    const own = opener(enginePrivateKeys({ dataDir, sealingPrivateKeys: null }));
    expect(own.keyIds).toEqual([made[1]?.publicKey, made[0]?.publicKey, first].map((key) => sealer(key ?? '').keyId));
    expect(own.open(sealer(first).seal(agentKey, context), context)).toEqual(ok(agentKey));
    expect(readdirSync(join(dataDir, 'keys')).sort()).toEqual(['cursor-secret', 'key-pepper', 'sealing-private']);
    expect(statSync(join(dataDir, 'keys', 'sealing-private')).mode & 0o777).toBe(0o600);
  });

  it('have one for signing secrets that follows from the pepper alone, and opens no agent key', () => {
    const pepper = new Secret(Buffer.alloc(32, 7).toString('base64'));
    const [one, other] = [folder(), folder()].map((dataDir) => gatewayKeys({ dataDir, ...unset, keyPepper: pepper }));
    const another = gatewayKeys({ dataDir: folder(), ...unset });
    if (one === undefined || other === undefined) throw new Error('two gateways');
    const sealed = sealer(publicKeyOf(present(one.requestSigningKeys[0], 'a key'))).seal(agentKey, context);
    expect(opener(other.requestSigningKeys).open(sealed, context)).toEqual(ok(agentKey));
    expect(opener(another.requestSigningKeys).open(sealed, context)).toEqual(err('unknown_key'));
    expect(opener(one.requestSigningKeys).open(sealer(one.sealingPublicKey).seal(agentKey, context), context)).toEqual(err('unknown_key'));
  });

  it('follow from several peppers, the newest first, each of which opens what it sealed', () => {
    const dataDir = folder();
    const before = gatewayKeys({ dataDir, ...unset });
    addMachinePepper(dataDir);
    const both = gatewayKeys({ dataDir, ...unset });
    expect(both.keyPeppers.slice(1).map((pepper) => pepper.reveal())).toEqual(before.keyPeppers.map((pepper) => pepper.reveal()));
    const idsOf = (keys: readonly Secret<string>[]) => opener(keys).keyIds;
    for (const name of ['requestSigningKeys', 'personalDataKeys'] as const) {
      expect(idsOf(both[name]).slice(1)).toEqual(idsOf(before[name]));
      expect(idsOf(both[name])).toHaveLength(2);
    }
    const list = [...both.keyPeppers].reverse().map((pepper) => Buffer.from(pepper.reveal()).toString('base64'));
    const given = gatewayKeys({ dataDir: folder(), ...unset, keyPepper: new Secret(list.join(', ')), personalDataKeys: new Secret('pepper') });
    expect(idsOf(given.personalDataKeys)).toEqual([...idsOf(both.personalDataKeys)].reverse());
    expect(statSync(join(dataDir, 'keys', 'key-pepper')).mode & 0o777).toBe(0o600);
  });

  it('are refused when others may read them', () => {
    const dataDir = folder();
    gatewayKeys({ dataDir, ...unset });
    chmodSync(join(dataDir, 'keys', 'key-pepper'), 0o644);
    expect(() => gatewayKeys({ dataDir, ...unset })).toThrow('chmod 600');
  });
});
