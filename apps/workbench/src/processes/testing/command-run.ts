import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { childEnvironment } from '@lockstep/platform';

/** A command of the workbench as a process of its own, from the built tree: what it printed, and a wait for a line. */
export class CommandRun {
  readonly lines: string[] = [];
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly waiting: { readonly pattern: RegExp; readonly resolve: () => void }[] = [];

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [join(process.cwd(), 'dist/apps/workbench/src/main.js'), ...args], {
      env: { ...childEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) if (stream) createInterface({ input: stream }).on('line', (line) => this.take(line));
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
  }

  /** The groups of the first line, printed already or to come, that matches; rejects with everything printed when the run ends before. */
  async line(pattern: RegExp): Promise<readonly string[]> {
    if (!this.lines.some((line) => pattern.test(line))) {
      const met = new Promise<boolean>((resolve) => this.waiting.push({ pattern, resolve: () => resolve(true) }));
      if (!(await Promise.race([met, this.exited.then(() => false)]))) throw new Error(`no line ${pattern}:\n${this.lines.join('\n')}`);
    }
    const found = this.lines.map((line) => pattern.exec(line)).find((match) => match !== null);
    return found?.slice(1) ?? [];
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.child.kill('SIGINT');
  }

  kill(): void {
    this.child.kill('SIGTERM');
  }

  private take(line: string): void {
    this.lines.push(line);
    for (const { pattern, resolve } of this.waiting) if (pattern.test(line)) resolve();
  }
}
