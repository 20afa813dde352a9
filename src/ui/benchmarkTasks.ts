import * as vscode from 'vscode';
import { visible } from '../text.ts';

const TYPE = 'sockmap-bench';

/**
 * Runs a task's definition; relative paths are of the folder.
 * @returns the exit code.
 */
export type RunTask = (
  definition: unknown,
  folder: vscode.Uri | undefined,
  say: (line: string) => void,
  signal: AbortSignal,
) => Promise<number>;

/** Runs tasks of the type `sockmap-bench` in a terminal of their own. */
export function registerBenchmarkTasks(run: RunTask): vscode.Disposable {
  return vscode.tasks.registerTaskProvider(TYPE, {
    // None by itself: a run needs a host and a cgroup.
    provideTasks: () => [],
    resolveTask: (task) => {
      const folder = typeof task.scope === 'object' ? task.scope : undefined;
      return new vscode.Task(
        task.definition,
        task.scope ?? vscode.TaskScope.Workspace,
        task.name,
        TYPE,
        // The definition as it is run: with its variables replaced.
        new vscode.CustomExecution((resolved) =>
          Promise.resolve(new Terminal(run, resolved, folder?.uri)),
        ),
        // None, and said so: else VS Code asks how to scan the output, which names no files.
        [],
      );
    },
  });
}

class Terminal implements vscode.Pseudoterminal {
  readonly #write = new vscode.EventEmitter<string>();
  readonly #close = new vscode.EventEmitter<number>();
  readonly onDidWrite = this.#write.event;
  readonly onDidClose = this.#close.event;
  readonly #controller = new AbortController();
  readonly #run: () => Promise<number>;

  constructor(run: RunTask, definition: unknown, folder: vscode.Uri | undefined) {
    const first = vscode.workspace.workspaceFolders?.[0]?.uri;
    this.#run = () => run(definition, folder ?? first, this.#say, this.#controller.signal);
  }

  open(): void {
    void this.#run().then((code) => {
      this.#close.fire(code);
    });
  }

  /** The person ended the task; what was measured is kept. */
  close(): void {
    this.#controller.abort();
  }

  readonly #say = (line: string): void => {
    // Words of the host may hold anything: no control sequence of theirs reaches the terminal.
    this.#write.fire(`${visible(line).replaceAll('\n', '\r\n')}\r\n`);
  };
}
