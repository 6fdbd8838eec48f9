import type { Step, SwitchTarget } from './steps';

/** An engine's clock may be so far off for good; what is further off is trouble that ends. */
const CLOCK_TOLERATED_MS = 500;
export const isClockWrong = (offsetMs: number): boolean => Math.abs(offsetMs) > CLOCK_TOLERATED_MS;

const switchKey = (target: SwitchTarget): string => {
  switch (target.thing) {
    case 'copy':
      return `switch:copy:${target.copy}`;
    case 'leader':
      return `switch:leader:${target.tenant}:${target.leader}`;
    case 'tenant':
      return `switch:tenant:${target.tenant}:${target.owner}`;
    case 'platform':
      return 'switch:platform';
  }
};

/** What stands open after a step until another step heals it; null for a step that opens nothing. Before the first step `engine` stands open. */
export function opens(step: Step): string | null {
  switch (step.kind) {
    case 'fault_begins':
      return `fault:${step.fault}`;
    case 'halt':
      return `halt:${step.coin}`;
    case 'makers':
      return step.on ? null : `makers:${step.coin}`;
    case 'funding_rate':
      return step.hourly === null ? null : `funding:${step.coin}`;
    case 'kill_switch':
      return step.on ? switchKey(step.target) : null;
    case 'agent_expires':
      return `agent:${step.follower}`;
    case 'builder_withdrawn':
      return `builder:${step.follower}`;
    case 'leader_liquidated':
      return `broke:${step.leader}:${step.dex}`;
    case 'engine_dies':
      return 'engine';
    case 'clock_offset':
      return isClockWrong(step.ms) ? 'clock' : null;
    case 'calm_begins':
      return `calm:${step.calm}`;
    default:
      return null;
  }
}

/** What a step heals where it stands open; null for a step that heals nothing. */
export function heals(step: Step): string | null {
  switch (step.kind) {
    case 'fault_ends':
      return `fault:${step.fault}`;
    case 'resume':
      return `halt:${step.coin}`;
    case 'makers':
      return step.on ? `makers:${step.coin}` : null;
    case 'funding_rate':
      return step.hourly === null ? `funding:${step.coin}` : null;
    case 'kill_switch':
      return step.on ? null : switchKey(step.target);
    case 'agent_replaced':
      return `agent:${step.follower}`;
    case 'builder_approved':
      return `builder:${step.follower}`;
    case 'leader_cash':
      return step.amount > 0n ? `broke:${step.leader}:${step.dex}` : null;
    case 'engine_starts':
      return step.expected === 'leads' ? 'engine' : null;
    case 'clock_offset':
      return isClockWrong(step.ms) ? null : 'clock';
    case 'calm_ends':
      return `calm:${step.calm}`;
    default:
      return null;
  }
}

/** What stands open, counted: what was opened twice is healed by two. */
export class OpenTrouble {
  private readonly open = new Map<string, number>([['engine', 1]]);

  has(key: string): boolean {
    return (this.open.get(key) ?? 0) > 0;
  }

  keys(): readonly string[] {
    return [...this.open].filter(([, count]) => count > 0).map(([key]) => key);
  }

  apply(step: Step): void {
    const [opened, healed] = [opens(step), heals(step)];
    if (opened !== null) this.open.set(opened, (this.open.get(opened) ?? 0) + 1);
    if (healed !== null && this.has(healed)) this.open.set(healed, (this.open.get(healed) ?? 1) - 1);
  }
}
