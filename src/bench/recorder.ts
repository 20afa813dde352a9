import { isCancelled } from '../host/errors.ts';
import type { ResultDocument } from '../results/document.ts';

type Save = (document: ResultDocument) => Promise<void>;

/**
 * Keeps the document of a run while it measures. When the run is cancelled, or fails, the document says
 * so at once: what it has begun on the host may take longer to be undone.
 * @param run is given what to save documents with, one after the other.
 */
export async function recorded<T>(
  { save, signal }: { save: Save; signal?: AbortSignal | undefined },
  run: (save: Save) => Promise<T>,
): Promise<T> {
  let last: ResultDocument | undefined;
  let stopped: ResultDocument['stopped'];
  let writing: Promise<void> = Promise.resolve();
  const write: Save = (document) => {
    last = document;
    writing = writing
      .catch(() => undefined)
      .then(() =>
        save(
          stopped === undefined || document.finishedAt !== undefined
            ? document
            : { ...document, stopped },
        ),
      );
    return writing;
  };
  const stop = async (why: 'cancelled' | 'failed'): Promise<void> => {
    if (last === undefined || stopped !== undefined) return;
    stopped = { at: new Date().toISOString(), why };
    // The reason the run ended is reported, not this.
    await write(last).catch(() => undefined);
  };
  const abort = () => void stop('cancelled');
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await run(write);
  } catch (error) {
    await stop(isCancelled(error) ? 'cancelled' : 'failed');
    // One that was begun when the run was cancelled.
    await writing.catch(() => undefined);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
