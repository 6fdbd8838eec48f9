import type { Timer } from '@lockstep/kernel';
import { type Draws, draws, type Observation, type Scenario, type VirtualTime } from '@lockstep/simulation';
import type { ProposalRow } from '@lockstep/storage';
import type { Cast } from './cast';
import type { PlatformActor } from './platform-actor';

/** How often followers look at what they are asked. */
const LOOK_MS = 500;
const PPM = 1_000_000;
/** One seed in so many has followers who answer at the last moment, one proposal in so many, so long before its end. */
const LATE_SEEDS_ONE_IN = 2;
const LATE_ONE_IN = 3;
const LATE_MS = [10, 900] as const;

/** What a follower will do with a proposal: approve a part of it, decline it (null), or nothing ever. */
interface Intent {
  readonly at: number;
  readonly ppm: number | null;
}

export interface AnswersParts {
  readonly scenario: Scenario;
  readonly actor: PlatformActor;
  readonly cast: Cast;
  readonly time: VirtualTime;
  readonly observe: (observation: Observation) => void;
}

/** Followers who are asked before each increase: they approve, in part or whole, decline, or ignore it, as a stream of their copy's own says. In calms they rest. */
export class Answers {
  private readonly streams = new Map<string, Draws>();
  private readonly intents = new Map<string, Intent>();
  private rests = false;
  private looking = false;

  private readonly hasLate: boolean;

  constructor(private readonly parts: AnswersParts) {
    this.hasLate = draws(parts.scenario.seed, 'last answers').oneIn(LATE_SEEDS_ONE_IN);
  }

  /** Null where no copy asks. */
  start(): Timer | null {
    const { scenario, time } = this.parts;
    const asks = scenario.steps.some((step) => step.kind === 'copy_create' && step.terms.approveWithinMs !== undefined);
    return asks ? time.every(LOOK_MS, () => void this.look()) : null;
  }

  rest(rests: boolean): void {
    this.rests = rests;
  }

  private async look(): Promise<void> {
    if (this.looking || this.rests) return;
    this.looking = true;
    try {
      for (const scope of this.parts.cast.scopes) {
        if (scope === undefined) continue;
        for (const proposal of await this.parts.actor.proposals(scope)) if (!this.rests) await this.consider(scope, proposal);
      }
    } finally {
      this.looking = false;
    }
  }

  private async consider(scope: Parameters<PlatformActor['answer']>[0], proposal: ProposalRow): Promise<void> {
    const { actor, observe, time } = this.parts;
    const intent = this.intents.get(proposal.id) ?? this.decide(proposal);
    this.intents.set(proposal.id, intent);
    if (time.now() < intent.at) return;
    const size = intent.ppm === null ? null : (proposal.leftSize * BigInt(intent.ppm)) / BigInt(PPM);
    // What is left of a part is another question.
    this.intents.delete(proposal.id);
    if (size === 0n) return;
    const no = await actor.answer(scope, proposal, size);
    if (no === null || size === null) return;
    const { copyId, coin, buy, endsAt } = proposal;
    observe({ kind: 'approved', at: time.exact(), approval: { copyId, no: no.toString(), coin, buy, size, endsAt } });
  }

  private decide({ copyId, createdAt, endsAt }: ProposalRow): Intent {
    const draw = this.streamOf(copyId);
    const delay = draw.skewed(0, Math.max(0, endsAt - createdAt));
    const ppm = draw.weighted<number | null>([
      [60, PPM],
      [25, draw.between(50_000, PPM)],
      [15, null],
    ]);
    return { at: draw.oneIn(6) ? Number.POSITIVE_INFINITY : (this.lastMoment(copyId, endsAt) ?? createdAt + delay), ppm };
  }

  /** In a share of the seeds some answer when a proposal is about to end: what they approve may reach the engine behind it. Null: as any other. */
  private lastMoment(copyId: string, endsAt: number): number | null {
    if (!this.hasLate) return null;
    const draw = this.streamOf(copyId, 'last answers of');
    return draw.oneIn(LATE_ONE_IN) ? endsAt - draw.between(...LATE_MS) : null;
  }

  private streamOf(copyId: string, what = 'answers of'): Draws {
    const copy = this.parts.cast.copyOf(copyId)?.copy ?? -1;
    const label = `${what} ${copy}`;
    const known = this.streams.get(label) ?? draws(this.parts.scenario.seed, label);
    this.streams.set(label, known);
    return known;
  }
}
