import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { visible } from '../text.ts';

const TYPE = 'sockmap-bench';

/** Runs tasks of the type `sockmap-bench` in a terminal of their own. */
export function registerBenchmarkTasks(context: Context): vscode.Disposable {
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
          Promise.resolve(new Terminal(context, resolved, folder?.uri)),
        ),
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

  constructor(context: Context, definition: unknown, folder: vscode.Uri | undefined) {
    this.#run = async () => {
      const { runBenchmarkTask } = await import('../commands/benchmarkTask.ts');
      const first = vscode.workspace.workspaceFolders?.[0]?.uri;
      const { signal } = this.#controller;
      return runBenchmarkTask(context, definition, folder ?? first, this.#say, signal);
    };
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
