import type { CopyId, EpochMs, FollowerId, LeaderId, Rate, TenantScope, VenueAccountId } from '@lockstep/kernel';
import { must, present } from '@lockstep/kernel';
import { type BookRow, type CopyBook, FollowerRows, type LeaderBook } from '@lockstep/replication';
import type { CopySettings, LeaderAccess } from '@lockstep/roster';
import type { AccountType, AgentStatus } from '@lockstep/storage';
import type { Address, SignerHandle, VenuePosition } from '@lockstep/venues/port';
import type { Balance } from './equity-over';
import type { LeaderOrders } from './leader-orders';
import type { LeaderState } from './leader-state';
import type { Network } from './networks';

/** A tenant's leader inside one watched account's book: the grain of journal rows, because terms and receipts belong to a leader. */
export interface BookGroup {
  readonly index: number;
  readonly scope: TenantScope;
  readonly leaderId: LeaderId;
  /** Whether the tenant paused the leader; null until a row or a command told. From then on commands alone change it. */
  leaderPaused: boolean | null;
  /** Who may copy the leader; null until a row or a command told, as above. */
  access: LeaderAccess | null;
}

/** What a venue account holds in one dex. */
export interface DexBalance extends Balance {
  /** True where it has a position. */
  readonly inUse: boolean;
  /** Those positions. */
  readonly positions?: readonly Pick<VenuePosition, 'coin' | 'size' | 'marginUsed'>[];
}

/** A venue account this engine writes for. */
export interface AccountRecord {
  readonly index: number;
  /** Handle of the key that signs for it; another one once its agent was renewed. */
  signer: SignerHandle;
  /** Handle of the key that signed before, where it is still at hand: what it signed can only be voided by it. */
  formerSigner: SignerHandle | null;
  readonly no: number;
  readonly id: VenueAccountId;
  readonly scope: TenantScope;
  readonly network: Network;
  readonly address: Address;
  readonly accountType: AccountType;
  /** Whose wallet approves agent and builder fee: the account itself, or its master. */
  readonly wallet: Address;
  agentAddress: Address;
  agentStatus: AgentStatus;
  builderAddress: Address | null;
  /** Tenths of a basis point the follower approved for it. */
  builderFeeApproved: number;
  /** True once the agent key is loaded and the venue accepted it. */
  signs: boolean;
  /** Venue time at which the agent ends; 0: it has no end that is known. */
  agentValidUntil: EpochMs;
  /** What it holds by dex, as last read; a dex that was never read is absent. */
  readonly balances: Map<string, DexBalance>;
  /** When every dex was last read for that; 0: not in this process. */
  collateralReadAt: EpochMs;
  /** Time of the newest fill read from the venue; reading goes on from here. */
  fillsReadTo: EpochMs;
  /** Venue time before which funding is booked; reading goes on from here. */
  fundingReadTo: EpochMs;
  /** When what its copies hold changed last without a trade of the venue's: one ended, or some crossed. 0: not as far as is written. */
  changedInsideAt: EpochMs;
  /** Counts what came to be known of the account's orders and fills: tells whether a reading of the venue is older than something that changed a position. */
  touched: number;
  /** When the venue's truth about the account was last read whole; 0: not in this process. */
  truthReadAt: EpochMs;
  /** True while that is not known well enough for new risk (`account-truth.ts`, the only writer of these three). */
  truthStale: boolean;
  /** How often the venue refused what our record allowed: a reading that began before the last time proves nothing. */
  truthContradicted: number;
  /** What the follower holds of their own by coin, in lots, as last compared. Of an account with one copy its row's `beside` is the newer (`ownLots`). */
  readonly own: Map<string, number>;
}

/** A copy this engine trades. Its numbers live in the book's columns at `row`. */
export interface CopyRecord {
  readonly no: number;
  readonly id: CopyId;
  readonly followerId: FollowerId;
  readonly group: BookGroup;
  readonly account: AccountRecord;
  readonly watched: WatchedAccount;
  readonly row: number;
  /** First moment of the copy: fills before it are not the copy's. */
  readonly startedAt: EpochMs;
  /** Newest version of the leader's published terms its follower consented to; 0: none. */
  consentedTo: number;
  state: string;
  /** Money that was asked out of it and has not left yet. */
  leaving: bigint;
  /** Money that was found to be there for a raise and has not come yet: it is there for no other copy. */
  coming: bigint;
  /** When everything must be closed, while `unwinding`. */
  unwindBy: EpochMs | null;
  /** Settings as the copy's owner chose them, and those in effect under all limits above it. */
  ownSettings: CopySettings;
  settings: CopySettings;
  settingsVersion: number;
}

/**
 * Whether a copy's end is written. Memory forgets its money with that: whoever writes a copy's position asks it in the books' own turn, because what waited there
 * behind the end would put nothing in its place.
 */
export const hasEnded = ({ state }: Pick<CopyRecord, 'state'>): boolean => state === 'stopped';

/** A leader's volatility over a year as a share of equity. */
export interface LeaderVolatility {
  readonly value: Rate | null;
  readonly readAt: EpochMs;
}

/** An address whose moves are copied, with the book of all copies of it. */
export interface WatchedAccount {
  readonly no: number;
  readonly network: Network;
  readonly address: Address;
  /** Builder addresses of the book's copies; the book indexes this very list. */
  readonly builders: string[];
  readonly book: CopyBook;
  readonly leader: LeaderState;
  /** Orders of the leader that increased a position. */
  readonly orders: LeaderOrders;
  /** The leader's working orders, where copies mirror them. */
  readonly working: LeaderBook;
  /** Volatility of the leader's returns as last read, and when, epoch ms; null where too little is known. */
  volatility: LeaderVolatility;
  /** Leaders of all tenants that refer to it and are not closed: it is watched for them. */
  readonly leaders: Set<string>;
  /** True between `synced` and the next disconnect: nothing of the leader's is missing. */
  synced: boolean;
  /** True once a first state was taken, in this process or an earlier one: from then on fills are history. */
  begun: boolean;
  /** Venue time up to which fills are older than our history; those are never moves. */
  historyFrom: EpochMs;
  /** Fills told and not recorded yet with which the leader reduces or turns, by coin: what is still owed there may be of a position he left. */
  readonly leaving: Map<string, number>;
  /** Venue time of the newest fill recorded: whoever reads fills goes on from here. */
  recordedTo: EpochMs;
  /** Number of the newest move that was recorded and is known here. */
  movesTo: number;
  /** True while the answer to a commit of the inbox is lost: moves may be recorded that are not known here. */
  mayLackMoves: boolean;
}

/** A copy that is not traded any more, as far as its fills, told again, are known by it. */
export type EndedCopy = Pick<CopyRecord, 'no' | 'id' | 'account'>;

/** Ended copies of this process that are known; of older ones no fill is told again. */
const ENDED_MAX = 10_000;

/** Everything the engine holds in memory, found by its numbers. Growth is bounded by the rows of the tables it was loaded from. */
export class Registry {
  readonly watched = new Map<number, WatchedAccount>();
  readonly copies = new Map<number, CopyRecord>();
  readonly copiesById = new Map<string, CopyRecord>();
  readonly accountsByNo = new Map<number, AccountRecord>();
  private readonly endedCopies = new Map<number, EndedCopy>();
  private readonly byAccount = new Map<AccountRecord, Set<CopyRecord>>();
  private readonly rowsByAccount = new Map<AccountRecord, readonly BookRow[]>();
  /** Accounts with several copies, by each leader one of them copies. */
  private readonly shared = new Map<WatchedAccount, Set<AccountRecord>>();
  private readonly accountList: AccountRecord[] = [];
  private readonly agents = new Map<Network, Map<Address, AccountRecord>>();
  private signers = 0;
  /** Copies of each follower over all books, and the followers' indices there. */
  readonly followers = new FollowerRows();
  private readonly followerIndex = new Map<string, number>();
  private readonly followerList: { readonly scope: TenantScope; readonly id: FollowerId }[] = [];
  private readonly groupList: BookGroup[] = [];
  private readonly groupIndex = new Map<string, BookGroup>();

  /** The group of a leader in a scope, made on first use. */
  group(scope: TenantScope, leaderId: LeaderId): BookGroup {
    const key = `${scope.tenantId}|${scope.environment}|${leaderId}`;
    const known = this.groupIndex.get(key);
    if (known !== undefined) return known;
    const group: BookGroup = { index: this.groupList.length, scope, leaderId, leaderPaused: null, access: null };
    this.groupList.push(group);
    this.groupIndex.set(key, group);
    return group;
  }

  /** The index of a follower, the same in every book. Ids are unique over all tenants. */
  followerIndexOf(scope: TenantScope, id: FollowerId): number {
    const known = this.followerIndex.get(id);
    if (known !== undefined) return known;
    this.followerIndex.set(id, this.followerList.length);
    this.followerList.push({ scope, id });
    return this.followerList.length - 1;
  }

  followerAt(index: number): { readonly scope: TenantScope; readonly id: FollowerId } {
    return present(this.followerList[index], `follower at ${index}`);
  }

  groupAt(index: number): BookGroup {
    return present(this.groupList[index], `book group ${index}`);
  }

  /** Adds an account with a signer handle of its own. */
  addAccount(account: Omit<AccountRecord, 'index' | 'signer' | 'formerSigner'>): AccountRecord {
    must(!this.accountsByNo.has(account.no), `venue account ${account.no} is already loaded`);
    const record: AccountRecord = { ...account, index: this.accountList.length, signer: this.takeSigner(), formerSigner: null };
    this.accountList.push(record);
    this.accountsByNo.set(record.no, record);
    return record;
  }

  accountAt(index: number): AccountRecord {
    return present(this.accountList[index], `venue account at ${index}`);
  }

  get accountCount(): number {
    return this.accountList.length;
  }

  /** A handle for one more signing key. */
  takeSigner(): SignerHandle {
    this.signers += 1;
    return this.signers - 1;
  }

  /** Signer handles run from 0 to below this. */
  get signerCount(): number {
    return this.signers;
  }

  /**
   * Gives an agent to an account; the other account of the network that has it already, and then nothing is given. An agent has one nonce set at the venue, and
   * two accounts would count in it side by side: it serves one account alone, for good, because an agent's address is never used again.
   */
  claimAgent(account: AccountRecord, agentAddress: Address): AccountRecord | null {
    const ofNetwork = this.agents.get(account.network) ?? new Map<Address, AccountRecord>();
    this.agents.set(account.network, ofNetwork);
    const holder = ofNetwork.get(agentAddress) ?? account;
    ofNetwork.set(agentAddress, holder);
    return holder === account ? null : holder;
  }

  addCopy(copy: CopyRecord): void {
    must(!this.copies.has(copy.no), `copy ${copy.no} is already loaded`);
    this.copies.set(copy.no, copy);
    this.copiesById.set(copy.id, copy);
    const ofAccount = this.byAccount.get(copy.account) ?? new Set<CopyRecord>();
    ofAccount.add(copy);
    this.byAccount.set(copy.account, ofAccount);
    this.noteShared(copy.account, [...ofAccount]);
  }

  /** Accounts of a leader's copies through which copies of other leaders trade as well. */
  sharedAccountsOf(watched: WatchedAccount): Iterable<AccountRecord> {
    return this.shared.get(watched) ?? [];
  }

  private noteShared(account: AccountRecord, copies: readonly CopyRecord[]): void {
    for (const accounts of this.shared.values()) accounts.delete(account);
    this.rowsByAccount.set(
      account,
      copies.map(({ watched, row }) => ({ book: watched.book, row })),
    );
    if (copies.length < 2) return;
    for (const { watched } of copies) {
      const accounts = this.shared.get(watched) ?? new Set<AccountRecord>();
      accounts.add(account);
      this.shared.set(watched, accounts);
    }
  }

  /** Copies that run on an account. */
  copiesOf(account: AccountRecord): readonly CopyRecord[] {
    return [...(this.byAccount.get(account) ?? [])];
  }

  /** Rows of the copies that run on an account; the same list until a copy comes or goes. */
  rowsOf(account: AccountRecord): readonly BookRow[] {
    return this.rowsByAccount.get(account) ?? [];
  }

  /** Accounts on which a copy of a watched account runs. */
  accountsCopying(watched: WatchedAccount): readonly AccountRecord[] {
    return [...new Set([...this.copies.values()].filter((copy) => copy.watched === watched).map(({ account }) => account))];
  }

  dropCopy(copyNo: number): void {
    const copy = this.copies.get(copyNo);
    if (copy === undefined) return;
    copy.watched.book.removeCopy(copyNo);
    this.copies.delete(copyNo);
    this.copiesById.delete(copy.id);
    this.endedCopies.set(copyNo, { no: copyNo, id: copy.id, account: copy.account });
    const [oldest] = this.endedCopies.keys();
    if (this.endedCopies.size > ENDED_MAX && oldest !== undefined) this.endedCopies.delete(oldest);
    const ofAccount = this.byAccount.get(copy.account);
    ofAccount?.delete(copy);
    if (ofAccount?.size === 0) this.byAccount.delete(copy.account);
    this.noteShared(copy.account, [...(ofAccount ?? [])]);
  }

  /** Whether a copy is traded here still. Of one that is not its row may be another copy's, of any tenant: whoever waited for something asks before it touches a column. */
  holds(copy: CopyRecord): boolean {
    return this.copies.get(copy.no) === copy;
  }

  /** A copy that this process traded and dropped. */
  ended(copyNo: number): EndedCopy | undefined {
    return this.endedCopies.get(copyNo);
  }

  accounts(): readonly AccountRecord[] {
    return this.accountList;
  }
}
