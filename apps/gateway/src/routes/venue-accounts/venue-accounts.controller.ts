import { err, type FollowerId, ok, type Result, type VenueAccountId } from '@lockstep/kernel';
import { builderToApprove } from '@lockstep/ledger';
import { sealer, sealingContext } from '@lockstep/platform';
import { ACCOUNT_TYPES, type AccountType, type ActivateAccount, copiesToActivate, feeVersionOf, type ScopedUnit } from '@lockstep/storage';
import { addressOfKey, generateAgentKey } from '@lockstep/venues/hyperliquid';
import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Needs } from '../../auth/access';
import { changedFields, madeWith, NO_CHANGE } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { Cursors, pageQuery } from '../../http/cursors';
import { Answers, AnswersTag } from '../../http/documented';
import { addressField, idField, timeCursor } from '../../http/fields';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND, ProblemException, type Refusal, refusal } from '../../http/problem-exception';
import { Reads } from '../../http/reads';
import { networkField, networkNamed, takesBuilderFee, venueField } from '../venue';
import { APPROVAL_KINDS, nextAgentName, offerApprovals, offersOf, signatureField, signedApproval, stillGood } from './approvals';
import { agentToOffer } from './renew-agent';
import { presentAccounts, type VenueAccountBody, venueAccountListSchema, venueAccountRevision, venueAccountSchema } from './venue-account-body';

/** Head room of the builder consent over today's rate, so that a raise within it needs no new signature. Tenths of a basis point. */
const CONSENT_TENTHS_BP = 100;

/** Copies that one activation of their account lets begin; the next one has the others. */
const COPIES_ACTIVATED_MAX = 1_000;

const accountFields = {
  follower_id: idField('flw'),
  venue: venueField,
  network: networkField,
  address: addressField.describe('The account that trades.'),
  account_type: z
    .enum(ACCOUNT_TYPES)
    .default('main')
    .describe('What the address is at the venue: verified when the account is activated. Sub-accounts and vaults name their master.'),
  master_address: addressField.optional().describe('The master of a sub-account, the leader of a vault: their wallet signs the approvals.'),
};

class CreateVenueAccountDto extends createZodDto(z.strictObject(accountFields)) {}
class ImportVenueAccountDto extends createZodDto(
  z.strictObject({
    ...accountFields,
    agent_private_key: z
      .string()
      .regex(/^0x[0-9a-fA-F]{64}$/, { error: '0x and 64 hex digits' })
      .describe('Test environment only: an agent the venue already knows.'),
  }),
) {}
class ApprovalsDto extends createZodDto(
  z.strictObject({
    signatures: z
      .array(z.strictObject({ kind: z.enum(APPROVAL_KINDS), signature: signatureField }))
      .min(1)
      .max(APPROVAL_KINDS.length),
  }),
) {}
class AccountPath extends createZodDto(z.object({ id: idField('vac') })) {}
class AccountsQuery extends createZodDto(pageQuery.extend({ follower_id: idField('flw').optional() })) {}

class RenewQuery extends createZodDto(
  z.object({
    agent: z.enum(['renew']).optional().describe('`renew` asks for another agent although the present one is approved and not near its end.'),
  }),
) {}

/** A key that was just made or handed in. Who made it wipes it. */
interface NewAgent {
  readonly privateKey: Uint8Array;
  readonly address: string;
}

interface AccountTerms {
  readonly follower_id: string;
  readonly venue: string;
  readonly network: string;
  readonly address: string;
  readonly account_type: AccountType;
  readonly master_address?: string | undefined;
}

/** Sub-accounts and vaults name who signs for them; a main account signs for itself. */
function mastersRefusal({ account_type, address, master_address }: AccountTerms): Refusal | null {
  if (account_type === 'main' && master_address !== undefined)
    return refusal('invalid_request', 'A main account has no master: leave master_address out.');
  if (account_type !== 'main' && master_address === undefined) return refusal('invalid_request', `A ${account_type} names its master_address.`);
  return master_address === address ? refusal('invalid_request', 'An account is not its own master.') : null;
}

/** Accounts at a venue through which followers trade. The agent key is made here, sealed at once and can only be opened by the engine. */
@ApiTags('venue-accounts')
@Controller('v1/venue-accounts')
export class VenueAccountsController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Post()
  @Answers(201, venueAccountSchema)
  @Needs('venue_accounts:write')
  async create(@CurrentCall() call: Call, @Body() body: CreateVenueAccountDto) {
    const agent = await generateAgentKey(this.context.random);
    try {
      return await this.mutations.run(call, 201, async (unit) => {
        const made = await this.write(unit, call, body, agent, { named: true, builder: await this.builderOf(unit, body.venue) });
        return made.ok ? this.presented(unit, made.value) : made;
      });
    } finally {
      agent.privateKey.fill(0);
    }
  }

  @Post('import')
  @Answers(202, venueAccountSchema)
  @Needs('venue_accounts:write')
  async import(@CurrentCall() call: Call, @Body() body: ImportVenueAccountDto) {
    if (call.scope.environment !== 'test') throw new ProblemException('test_environment_only');
    const privateKey = new Uint8Array(Buffer.from(body.agent_private_key.slice(2), 'hex'));
    const address = await addressOfKey(privateKey);
    if (address === null)
      throw new ProblemException('invalid_request', { errors: [{ pointer: '/agent_private_key', code: 'invalid', detail: 'not a private key' }] });
    try {
      return await this.mutations.run({ ...call, body: { ...body, agent_private_key: address } }, 202, async (unit) => {
        const made = await this.write(unit, call, body, { privateKey, address }, { named: false, builder: null });
        if (!made.ok) return made;
        await this.activate(unit, call, made.value, { approvals: [] });
        return this.presented(unit, made.value);
      });
    } finally {
      privateKey.fill(0);
    }
  }

  @Post(':id/approvals')
  @Answers(202, venueAccountSchema)
  @Needs('venue_accounts:write')
  approve(@CurrentCall() call: Call, @Param() path: AccountPath, @Body() body: ApprovalsDto) {
    const id = path.id as VenueAccountId;
    return this.mutations.run(call, 202, async (unit) => {
      const row = await unit.venueAccounts.findOne({ id }, { lock: true });
      if (row === null) return err(NOT_FOUND);
      if (row.status !== 'pending' && row.status !== 'active') return err(refusal('state_conflict', `The account is ${row.status}.`));
      const offers = offersOf(row);
      const missing = offers.filter((offer) => !body.signatures.some((signed) => signed.kind === offer.kind));
      if (missing.length > 0) return err(refusal('approval_missing', `Also sign ${missing.map((offer) => offer.kind).join(', ')}.`));
      const approvals = offers.flatMap((offer) =>
        body.signatures.filter((signed) => signed.kind === offer.kind).map((signed) => signedApproval(offer, signed.signature)),
      );
      // An account that trades goes on with the agent it has until the venue knows the next one.
      const isSigned = row.status === 'pending' && offers.some((offer) => offer.kind === 'approve_agent');
      const change = isSigned ? changedFields({ agent_status: row.agentStatus }, { agent_status: 'signed' }) : NO_CHANGE;
      await this.activate(unit, call, id, { approvals }, change);
      if (isSigned) await unit.venueAccounts.update({ id }, { agentStatus: 'signed', updatedAt: unit.now });
      return this.presented(unit, id);
    });
  }

  @Post(':id/renew-approvals')
  @Answers(200, venueAccountSchema)
  @Needs('venue_accounts:write')
  async renew(@CurrentCall() call: Call, @Param() path: AccountPath, @Query() query: RenewQuery) {
    const fresh = await generateAgentKey(this.context.random);
    try {
      return await this.mutations.run(call, 200, (unit) => this.offerAgain(unit, call, path.id as VenueAccountId, query.agent === 'renew', fresh));
    } finally {
      fresh.privateKey.fill(0);
    }
  }

  private async offerAgain(
    unit: ScopedUnit,
    call: Call,
    id: VenueAccountId,
    renewAgent: boolean,
    fresh: NewAgent,
  ): Promise<Result<VenueAccountBody, Refusal>> {
    const row = await unit.venueAccounts.findOne({ id }, { lock: true });
    if (row === null) return err(NOT_FOUND);
    if (row.status !== 'pending' && row.status !== 'active') return err(refusal('state_conflict', `The account is ${row.status}.`));
    const latest = await unit.commands.latestFor(id);
    const sealed = { address: fresh.address, sealedAgentKey: this.sealed(call, id, fresh) };
    const agent = await agentToOffer(unit, row, { wanted: renewAgent, fresh: sealed, latest });
    if (!agent.ok) return agent;
    const plan = { network: this.chainOf(call), agent: agent.value, nonce: unit.now, builder: await this.builderOf(unit, row.venue) };
    const offers = offerApprovals(plan);
    if (offers.length === 0) return err(refusal('state_conflict', 'The agent is approved and no builder receives a fee: there is nothing to sign.'));
    if (!stillGood(offersOf(row), plan, latest?.createdAt ?? null)) {
      await unit.venueAccounts.update({ id }, { approvals: offers, updatedAt: unit.now });
      await this.mutations.audit(unit, call, 'venue_account.renew_approvals', id);
    }
    return this.presented(unit, id);
  }

  private sealed(call: Call, id: VenueAccountId, agent: NewAgent): Buffer {
    const { tenantId, environment } = call.scope;
    return Buffer.from(sealer(this.context.keys.sealingPublicKey).seal(agent.privateKey, sealingContext(tenantId, environment, id)));
  }

  @Get()
  @Answers(200, venueAccountListSchema)
  @Needs('venue_accounts:read')
  list(@CurrentCall() call: Call, @Query() query: AccountsQuery) {
    const request = this.cursors.request(call.scope, 'venue-accounts', query, timeCursor);
    return this.reads.run(call, async (unit) => {
      const page = await unit.venueAccounts.page(request, query.follower_id === undefined ? {} : { followerId: query.follower_id });
      return this.cursors.body(call.scope, 'venue-accounts', query, page, await presentAccounts(unit, page.rows));
    });
  }

  @Get(':id')
  @Answers(200, venueAccountSchema)
  @AnswersTag()
  @Needs('venue_accounts:read')
  get(@CurrentCall() call: Call, @Param() path: AccountPath) {
    return this.reads.tagged(call, venueAccountRevision, (unit) => this.find(unit, path.id as VenueAccountId));
  }

  private async find(unit: ScopedUnit, id: VenueAccountId): Promise<VenueAccountBody | null> {
    const row = await unit.venueAccounts.findOne({ id });
    return row === null ? null : (await presentAccounts(unit, [row]))(row);
  }

  private async presented(unit: ScopedUnit, id: VenueAccountId): Promise<Result<VenueAccountBody, Refusal>> {
    const body = await this.find(unit, id);
    return body === null ? err(NOT_FOUND) : ok(body);
  }

  /** Asks for the account's activation, and behind it for that of copies that were made before it and could not begin. */
  private async activate(unit: ScopedUnit, call: Call, id: VenueAccountId, payload: ActivateAccount, change = NO_CHANGE): Promise<void> {
    const actor = call.key.keyId;
    const copies = await copiesToActivate(unit, id, COPIES_ACTIVATED_MAX);
    await this.mutations.audit(unit, call, 'venue_account.activate', id, {}, change);
    await this.mutations.command(unit, { kind: 'venue_account.activate', targetId: id, payload, actor });
    await this.mutations.commands(
      unit,
      copies.map((copy) => ({ kind: 'copy.activate', targetId: copy.id, payload: copy.payload, actor })),
    );
  }

  /** May run again after a conflict, so the agent's key stays whole here: who made it wipes it. */
  private async write(
    unit: ScopedUnit,
    call: Call,
    body: AccountTerms,
    agent: NewAgent,
    { named, builder }: { readonly named: boolean; readonly builder: { readonly address: string; readonly maxFeeTenthsBp: number } | null },
  ): Promise<Result<VenueAccountId, Refusal>> {
    const found = await networkNamed(unit, this.context, body.venue, body.network);
    if (!found.ok) return found;
    const inside = found.value;
    const misfit = mastersRefusal(body);
    if (misfit !== null) return err(misfit);
    // Held: an erasure that is asked for meanwhile waits, and finds the account.
    const follower = await unit.followers.findOne({ id: body.follower_id as FollowerId }, { lock: true });
    if (follower === null) return err(refusal('not_found', 'No such follower.'));
    if (follower.status === 'closed') return err(refusal('state_conflict', 'The follower is closed.'));
    // Whoever registers an address or an agent waits for who registers the same, so that it is found here.
    await unit.venueAccounts.holdNames([`${body.venue}|${inside}|${body.address}`, `${body.venue}|${inside}|agent|${agent.address}`]);
    if ((await unit.venueAccounts.findOne({ venue: body.venue, network: inside, address: body.address })) !== null) {
      return err(refusal('already_exists', 'This address is a venue account already.'));
    }
    if ((await unit.venueAccounts.findOne({ venue: body.venue, network: inside, agentAddress: agent.address })) !== null) {
      return err(refusal('already_exists', 'This agent signs for another venue account: an agent serves one account alone.'));
    }
    const { follower_id, venue, network, account_type } = body;
    // Whose address it is may be personal: it stands in the account alone.
    const made = { follower_id, venue, network, account_type };
    const id = this.context.ids.next('venueAccount');
    const agentName = named ? nextAgentName(id, null) : null;
    const offered = agentName === null ? null : { address: agent.address, name: agentName };
    const approvals = offerApprovals({ network: this.chainOf(call), agent: offered, nonce: unit.now, builder });
    await unit.venueAccounts.insert({
      id,
      followerId: follower.id,
      venue: body.venue,
      network: inside,
      address: body.address,
      accountType: body.account_type,
      masterAddress: body.master_address ?? null,
      mode: 'unknown',
      agentAddress: agent.address,
      agentName,
      sealedAgentKey: this.sealed(call, id, agent),
      agentStatus: 'awaiting_signature',
      agentValidUntil: null,
      builderAddress: builder?.address ?? null,
      builderFeeApproved: 0,
      approvals,
      status: 'pending',
      statusReason: null,
      createdAt: unit.now,
      updatedAt: unit.now,
    });
    await this.mutations.audit(unit, call, 'venue_account.create', id, {}, madeWith(made));
    return ok(id);
  }

  /** The chain wallets sign for. */
  private chainOf(call: Call) {
    return call.scope.environment === 'live' ? this.context.config.hyperliquidNetwork : 'mainnet';
  }

  /** Whom the wallet is asked to consent to; nobody at a venue whose orders carry no builder fee. */
  private async builderOf(unit: ScopedUnit, venue: string): Promise<{ readonly address: string; readonly maxFeeTenthsBp: number } | null> {
    if (!takesBuilderFee(venue)) return null;
    const address = builderToApprove((await unit.feeSchedules.versions()).map(feeVersionOf), await unit.sandboxes.businessNow());
    return address === null ? null : { address, maxFeeTenthsBp: CONSENT_TENTHS_BP };
  }
}
