/** One entry of a script: queues its effects for the next block, and says once that block is executed whether what follows may be played. */
export interface ScriptEntry {
  queue(): void;
  /** Asked after the entry's block. */
  readonly failed: boolean;
}

/** Entries played one per block. A world that was held up catches up on its blocks, and on its script with them. */
export interface Script {
  /** Plays entries behind those that wait already; resolves with how many were played: all, or up to and with the first failed one. */
  play(entries: readonly ScriptEntry[]): Promise<number>;
  /** Runs the blocks up to `time` that have an entry to play; the others are left to the caller. */
  runUntil(time: number): void;
  /** Ends every script where it is. */
  end(): void;
}

export interface ScriptWorld {
  now(): number;
  /** Executes the blocks up to `time`. */
  advanceTo(time: number): void;
  readonly blockMs: number;
}

interface Part {
  readonly entries: readonly ScriptEntry[];
  played: number;
  readonly ended: (played: number) => void;
}

export function createScript({ now, advanceTo, blockMs }: ScriptWorld): Script {
  const parts: Part[] = [];
  const step = (part: Part): void => {
    const entry = part.entries[part.played];
    entry?.queue();
    advanceTo(now() + blockMs);
    part.played += 1;
    if (entry?.failed !== true && part.played < part.entries.length) return;
    parts.shift();
    part.ended(part.played);
  };
  return {
    play: (entries) => (entries.length === 0 ? Promise.resolve(0) : new Promise((ended) => parts.push({ entries, played: 0, ended }))),
    runUntil: (time) => {
      for (let part = parts[0]; part !== undefined && now() + blockMs <= time; part = parts[0]) step(part);
    },
    end: () => {
      for (const part of parts.splice(0)) part.ended(part.played);
    },
  };
}
