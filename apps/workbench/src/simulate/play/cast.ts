import type { CopyId, FollowerId, LeaderId, TenantScope, VenueAccountId } from '@lockstep/kernel';
import type { CopyTerms, StopMode } from '@lockstep/simulation';

/** A follower of the scenario as the platform knows it. */
export interface FollowerCast {
  readonly follower: number;
  readonly tenant: number;
  readonly scope: TenantScope;
  readonly id: FollowerId;
  readonly accountId: VenueAccountId;
  readonly address: string;
  /** Copies it may have at a time. */
  readonly slots: number;
  readonly agents: string[];
}

/** A copy of the scenario as the platform knows it. */
export interface CopyCast {
  readonly copy: number;
  /** The platform's short number. */
  readonly no: number;
  readonly id: CopyId;
  readonly scope: TenantScope;
  readonly follower: FollowerCast;
  readonly leader: number;
  readonly leaderId: LeaderId;
  /** As the platform's row has it: the newest wish, until the engine takes back one that it refuses. */
  allocation: bigint;
  /** As the engine confirmed it last. */
  confirmed: bigint;
  terms: CopyTerms;
  /** Of the newest settings version. */
  version: number;
  readonly createdAt: number;
  /** Newest version of the leader's terms its follower consented to; 0: none. */
  consentedTo: number;
  /** Terms and allocation as they were told last as in force. */
  told?: { readonly terms: CopyTerms; readonly allocation: bigint };
  /** It adopts and became active, and the command that lets it begin is not settled. */
  starting?: boolean;
  /** Settings the engine has not confirmed yet, oldest first. */
  readonly pending: { readonly version: number; readonly terms: CopyTerms; readonly tightenedAt?: number; told?: boolean }[];
}

/** A command as the platform wrote it. */
export interface CommandCast {
  readonly kind: string;
  readonly targetId: string;
  /** Of `copy.allocation`: what was asked for. */
  readonly allocation?: bigint;
  /** A re-basis, or more money that acts at once: it takes on what the leader holds. */
  readonly takesOn?: boolean;
  /** Of `copy.allocation`: when it acts, where that is not the leader's next increase. */
  readonly applies?: 'now' | null;
  /** Of `copy.stop`: how. */
  readonly mode?: StopMode;
}

/** Who is who: scenario numbers to what the platform wrote for them, and back. */
export class Cast {
  readonly scopes: TenantScope[] = [];
  readonly followers: FollowerCast[] = [];
  readonly copies = new Map<number, CopyCast>();
  private readonly byId = new Map<string, CopyCast>();
  private readonly byAgent = new Map<string, FollowerCast>();
  private readonly byAddress = new Map<string, FollowerCast>();
  private readonly leaders = new Map<string, LeaderId>();
  private readonly byNo = new Map<number, CopyCast>();
  private readonly commands = new Map<string, CommandCast>();

  addFollower(follower: FollowerCast): void {
    this.followers[follower.follower] = follower;
    this.byAddress.set(follower.address, follower);
  }

  addAgent(follower: FollowerCast, address: string): void {
    follower.agents.push(address);
    this.byAgent.set(address, follower);
  }

  addCopy(copy: CopyCast): void {
    this.copies.set(copy.copy, copy);
    this.byId.set(copy.id, copy);
    this.byNo.set(copy.no, copy);
  }

  copyOf(id: string): CopyCast | undefined {
    return this.byId.get(id);
  }

  copyOfNo(no: number): CopyCast | undefined {
    return this.byNo.get(no);
  }

  addCommand(scope: TenantScope, no: bigint, command: CommandCast): void {
    this.commands.set(`${scope.tenantId}|${no}`, command);
  }

  command(scope: TenantScope, no: bigint): CommandCast | undefined {
    return this.commands.get(`${scope.tenantId}|${no}`);
  }

  followerOfAgent(address: string): FollowerCast | undefined {
    return this.byAgent.get(address);
  }

  followerOfAddress(address: string): FollowerCast | undefined {
    return this.byAddress.get(address);
  }

  leaderId(tenant: number, leader: number): LeaderId | undefined {
    return this.leaders.get(`${tenant}/${leader}`);
  }

  addLeader(tenant: number, leader: number, id: LeaderId): void {
    this.leaders.set(`${tenant}/${leader}`, id);
  }
}
