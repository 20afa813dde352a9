import type * as z from 'zod';

/**
 * Reads a file of JSON, which may be hostile.
 * @param what it should be, for the error.
 * @throws Error naming the first fault and its place.
 */
export function parseFile<T>(text: string, schema: z.ZodType<T>, what: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [first, ...others] = parsed.error.issues;
  throw new Error(`not ${what}: ${faultText(first)}${moreText(others.length)}`);
}

/** "samples[3].arm: Invalid option: …". A hostile file may have a fault in each of a million places. */
function faultText(issue: z.ZodError['issues'][number] | undefined): string {
  if (issue === undefined) return 'unknown fault';
  // zod can write paths itself, and would bring all of its core into the extension for it.
  const place = issue.path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
  return place === '' ? issue.message : `${place}: ${issue.message}`;
}

const moreText = (count: number): string =>
  count === 0 ? '' : ` (and ${count} more ${count === 1 ? 'fault' : 'faults'})`;
