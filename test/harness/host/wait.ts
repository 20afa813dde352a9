import { setTimeout as delay } from 'node:timers/promises';

/** Far longer than anything takes on a busy machine: a test that waits so long has failed. */
const PATIENCE_MS = 60_000;

/** Waits until `probe` gives a value that counts as true, and returns it. */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`Not after ${patienceMs / 1000} s: ${what}`);
    await delay(50);
  }
}
