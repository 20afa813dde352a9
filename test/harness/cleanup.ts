type Task = () => Promise<void> | void;

const tasks: Task[] = [];
let listening = false;
/** When a signal first asked us to end. */
let askedAt: number | undefined;

/** Whether a signal has asked us to end: nothing new may begin, for nobody would undo it. */
export const isInterrupted = (): boolean => askedAt !== undefined;

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

let ending: Promise<void> | undefined;

/**
 * Undoes everything that is still registered, the newest first; goes on after a failure. Who asks
 * meanwhile, as a program does that a signal has made fail, waits for the same: what was made last
 * needs what was made before.
 */
export function endAll(): Promise<void> {
  return (ending ??= undoTasks().finally(() => {
    ending = undefined;
  }));
}

/** Runs a program: reports why it fails, and undoes what is registered, however it ends. */
export async function runToEnd(main: () => Promise<void>): Promise<void> {
  // Before anything is begun, which a signal would leave behind.
  listenForSignals();
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
  await endAll();
}

async function undoTasks(): Promise<void> {
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

/** For so long a signal does not count as a second one: a terminal and a parent may both send it. */
const IMPATIENT_AFTER_MS = 3000;
const GIVE_UP_AFTER_MS = 30_000;

function listenForSignals(): void {
  if (listening) return;
  listening = true;
  const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    const exit = (): never => process.exit(codes[signal]);
    process.on(signal, () => {
      if (askedAt !== undefined) {
        // Asked again: whoever asks does not want to wait.
        if (Date.now() - askedAt > IMPATIENT_AFTER_MS) exit();
        return;
      }
      askedAt = Date.now();
      setTimeout(exit, GIVE_UP_AFTER_MS).unref();
      endAll().then(exit, (error: unknown) => {
        console.error(error);
        exit();
      });
    });
  }
}
