import type { EpochMs } from '@lockstep/kernel';
import type { VirtualTime } from '../clock/virtual-time';
import type { World } from '../exchange/port';

/** Longest time the world's blocks stand still when nothing arrives, in ms. */
const IDLE_MS = 500;

/** Executes a world's blocks in virtual time: as soon as a block with something in it is due, and every half second otherwise. */
export class WorldClock {
  private pumpAt = Number.POSITIVE_INFINITY;
  private running = false;

  constructor(
    private readonly time: VirtualTime,
    readonly world: World,
    private readonly blockMs: number,
    /** Moves prices on the way to a moment. */
    private readonly advance: (to: EpochMs) => void = (to) => world.advanceTo(to),
    /** Called after blocks were executed. */
    private readonly onBlocks: () => void = () => undefined,
  ) {}

  start(): void {
    this.running = true;
    this.time.every(IDLE_MS, () => {
      if (this.running) this.catchUp();
    });
  }

  /** Stops executing blocks by itself. */
  stop(): void {
    this.running = false;
  }

  /** Executes what is due until now. To be called before anything of the world is read or given to it. */
  catchUp(): void {
    this.advance(this.time.now());
    this.onBlocks();
  }

  /** Something waits in the world for its next block: it is executed when it is due. */
  expect(): void {
    const next = this.world.now() + this.blockMs;
    if (next >= this.pumpAt && this.pumpAt > this.time.exact()) return;
    this.pumpAt = next;
    this.time.after(next - this.time.exact(), () => {
      if (this.pumpAt === next) this.pumpAt = Number.POSITIVE_INFINITY;
      this.catchUp();
    });
  }
}
