import * as vscode from 'vscode';
import { showEnding, showProgress, type Step } from './window.ts';

/**
 * Work that ends sooner shows nothing. Beside the flicker it spares, VS Code pops up no more than three
 * notifications within 800 ms: after a row of short tasks an error would go unseen.
 */
const PATIENCE_MS = 500;

/**
 * Shows a cancellable notification while `task` runs; `increment` is in percent. Cancelled, it says so at
 * once, and for as long as the task takes to undo what it began.
 */
export async function withProgress<T>(
  title: string,
  task: (report: (message: string, increment?: number) => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let show: ((step: Step) => void) | undefined;
  let sum: Step = {};
  const running = task((message, increment) => {
    const one = { message, ...(increment !== undefined && { increment }) };
    show?.(one);
    sum = { ...sum, ...one, ...(increment && { increment: (sum.increment ?? 0) + increment }) };
  }, controller.signal);
  if (await endsWithin(running, PATIENCE_MS)) return running;
  return showProgress(title, async (report, token) => {
    const subscription = token.onCancellationRequested(() => {
      controller.abort();
      void showEnding(vscode.l10n.t('Cancelled: {0}. Cleaning up', title), running);
    });
    show = report;
    report(sum);
    try {
      return await running;
    } finally {
      subscription.dispose();
    }
  });
}

/** However it ends. */
async function endsWithin(running: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, ms);
  });
  const ended = () => true;
  const isEnded = await Promise.race([running.then(ended, ended), late]);
  clearTimeout(timer);
  return isEnded;
}
