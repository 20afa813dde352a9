import * as vscode from 'vscode';
import { label } from '../text.ts';

/** From the end of a task to that of its process, which says how it went, should it come second. */
const LATE_MS = 2000;

/**
 * Runs an argv in a terminal that the person sees, and can end it in.
 * @returns its exit code; undefined where it was ended, or did not start.
 */
export async function runInTerminal(
  name: string,
  [program = '', ...args]: readonly string[],
  options: vscode.ProcessExecutionOptions,
): Promise<number | undefined> {
  const task = new vscode.Task(
    { type: 'process' },
    vscode.TaskScope.Workspace,
    label(name, 80),
    'Sockmap',
    new vscode.ProcessExecution(program, args, options),
    // None, and said so: else VS Code asks how to scan the output.
    [],
  );
  task.presentationOptions = {
    reveal: vscode.TaskRevealKind.Always,
    panel: vscode.TaskPanelKind.New,
    focus: true,
  };
  const subscriptions: vscode.Disposable[] = [];
  try {
    return await new Promise<number | undefined>((resolve, reject) => {
      let own: vscode.TaskExecution | undefined;
      // It may have ended before it is known which one is ours.
      const early = new Map<vscode.TaskExecution, number | undefined>();
      const ended = (execution: vscode.TaskExecution, exitCode: number | undefined): void => {
        if (own === undefined) early.set(execution, early.get(execution) ?? exitCode);
        else if (execution === own) resolve(exitCode);
      };
      subscriptions.push(
        vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
          ended(execution, exitCode);
        }),
        vscode.tasks.onDidEndTask(({ execution }) => {
          setTimeout(ended, LATE_MS, execution, undefined);
        }),
      );
      vscode.tasks.executeTask(task).then((execution) => {
        own = execution;
        if (early.has(execution)) resolve(early.get(execution));
      }, reject);
    });
  } finally {
    for (const each of subscriptions) each.dispose();
  }
}
