import * as vscode from 'vscode';

/** Shows a cancellable notification while `task` runs; `increment` is in percent. */
export function withProgress<T>(
  title: string,
  task: (report: (message: string, increment?: number) => void, signal: AbortSignal) => Promise<T>,
): Thenable<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const controller = new AbortController();
      const subscription = token.onCancellationRequested(() => {
        controller.abort();
      });
      try {
        return await task((message, increment) => {
          progress.report({ message, ...(increment !== undefined && { increment }) });
        }, controller.signal);
      } finally {
        subscription.dispose();
      }
    },
  );
}
