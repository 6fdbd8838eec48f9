/** Lines that are held at most before they are written. */
const LINES_MAX = 256;
/** How long a line is held at most. */
const HELD_MAX_MS = 5;

/**
 * Collects the lines of a few milliseconds and writes them with one call. What a process says as it ends in order, or by an error, is written; only a kill
 * takes the lines of its last milliseconds with it.
 */
export class HeldLines {
  private lines: string[] = [];
  private due = false;

  /** `put` writes at once. */
  constructor(private readonly put: (text: string) => void) {
    process.on('exit', () => this.flush());
  }

  write(line: string): void {
    this.lines.push(line);
    if (this.lines.length >= LINES_MAX) this.flush();
    else if (!this.due) {
      this.due = true;
      setTimeout(() => this.flush(), HELD_MAX_MS).unref();
    }
  }

  /** Writes what was collected, now. */
  flush(): void {
    this.due = false;
    if (this.lines.length === 0) return;
    const text = this.lines.join('');
    this.lines = [];
    this.put(text);
  }
}
