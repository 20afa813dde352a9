type Task = () => Promise<void> | void;

const tasks: Task[] = [];
let listening = false;

/**
 * Registers what must be undone before this process ends. The returned function does it, once;
 * a signal does it too, the newest first, because mocha's after-hooks do not run then.
 */
export function atEnd(task: Task): () => Promise<void> {
  listenForSignals();
  let running: Promise<void> | undefined;
  const once = (): Promise<void> =>
    (running ??= (async () => {
      const index = tasks.indexOf(once);
      if (index >= 0) tasks.splice(index, 1);
      await task();
    })());
  tasks.push(once);
  return once;
}

/** Undoes everything that is still registered, the newest first; goes on after a failure. */
export async function endAll(): Promise<void> {
  const failures: unknown[] = [];
  for (let task = tasks.pop(); task; task = tasks.pop()) {
    try {
      await task();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Cleaning up failed.');
}

function listenForSignals(): void {
  if (listening) return;
  listening = true;
  const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      const exit = (): never => process.exit(codes[signal]);
      // A second signal, or a task that hangs, must not keep the process.
      process.once(signal, exit);
      setTimeout(exit, 15_000).unref();
      endAll().then(exit, (error: unknown) => {
        console.error(error);
        exit();
      });
    });
  }
}
