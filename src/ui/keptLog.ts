import type * as vscode from 'vscode';

const MOST_LINES = 500;
const LONGEST_LINE = 2000;

/** The last lines of a log, for who asks for diagnostics: a channel cannot be read back. */
export class LastLines {
  readonly #lines: string[] = [];

  add(text: string): void {
    const lines = text.split('\n', MOST_LINES).map((line) => line.slice(0, LONGEST_LINE));
    this.#lines.push(...lines);
    this.#lines.splice(0, this.#lines.length - MOST_LINES);
  }

  get text(): string {
    return this.#lines.join('\n');
  }
}

const LEVELS = ['info', 'warn', 'error'] as const;

/** The channel, which also keeps what it is given. */
export function keptLog(
  channel: vscode.LogOutputChannel,
  kept: LastLines,
): vscode.LogOutputChannel {
  const keeping = Object.fromEntries(
    LEVELS.map((level) => [
      level,
      {
        value: (message: string | Error) => {
          kept.add(`${new Date().toISOString()} [${level}] ${String(message)}`);
          channel[level](String(message));
        },
      },
    ]),
  );
  return Object.create(channel, keeping) as vscode.LogOutputChannel;
}
