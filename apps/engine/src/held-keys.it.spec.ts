import { makeSealingKeys, sealer } from '@lockstep/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type Rig, startRig } from './testing/rig';

/* Needs the built engine: npm run build. */
describe('an engine that lacks the key of an agent key in use', () => {
  let rig: Rig;
  let isActive: () => Promise<true | null>;
  const others = makeSealingKeys();
  const given = { LOCKSTEP_SEALING_PRIVATE_KEYS: others.privateKey.reveal() };

  beforeAll(async () => {
    rig = await startRig();
    const tenant = await rig.tenant('Red');
    const { accountId } = await tenant.follower(`0x${'a1'.repeat(20)}`, '1000');
    isActive = () =>
      rig.storage.scoped(tenant.scope, async (unit) => ((await unit.venueAccounts.findOne({ id: accountId }))?.status === 'active' ? true : null));
  });
  afterAll(async () => {
    await rig?.close();
  });

  it('does not start, whether another one runs or not, and names the missing key, what it holds and what to do', async () => {
    const parts = [`${rig.sealingKeyId}: seals 1 agent key in use`, `Held: ${sealer(others.publicKey).keyId}.`, 'LOCKSTEP_SEALING_PRIVATE_KEYS'];
    const refused = async (): Promise<string> => {
      const said = await rig.startEngine(given).then(
        () => 'it started',
        (failure: unknown) => String(failure),
      );
      expect(said).not.toContain('lss_');
      return parts.filter((part) => said.includes(part)).join('|');
    };
    expect(await refused()).toBe(parts.join('|'));
    const running = await rig.startEngine();
    expect(await refused()).toBe(parts.join('|'));
    await eventually('the account is active', isActive);
    expect(await running.stop()).toBe(0);
  }, 300_000);

  it('starts once the key is named as lost for good, and says as an alarm that the account does not sign', async () => {
    const engine = await rig.startEngine({ ...given, LOCKSTEP_SEALING_LOST_KEYS: rig.sealingKeyId });
    const metrics = async (): Promise<string> => await (await fetch(`http://127.0.0.1:${String(engine.ready.port)}/metrics`)).text();
    await expect.poll(metrics, { timeout: 30_000 }).toMatch(/^lockstep_alarms_total\{.*kind="account_cannot_sign".*\} [1-9]/m);
    expect(await engine.stop()).toBe(0);
  }, 60_000);
});
