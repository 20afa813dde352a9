import { open, stat } from 'node:fs/promises';
import { summaryOf, summaryOfEnds, type Summary } from '../results/summary.ts';

/** Bytes that are read of a long document: all but its samples, as a rule. */
const HEAD = 16 * 1024;
const TAIL = 4 * 1024;
/** A shorter one is read as a whole. */
const SHORT = 2 * HEAD;
/** A longer one than that, written by another program, is not read for a list. */
const LONGEST = 64 * 1024 * 1024;

/**
 * The fields of a run that a list shows.
 * @param file local path of a result document.
 * @returns undefined where it is none, or cannot be read.
 */
export async function readSummary(file: string): Promise<Summary | undefined> {
  try {
    const found = await stat(file);
    // Opening a pipe would wait for who writes into it.
    if (!found.isFile() || found.size > LONGEST) return undefined;
    const handle = await open(file, 'r');
    try {
      const part = async (from: number, length: number): Promise<string> => {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
        return buffer.toString('utf8', 0, bytesRead);
      };
      const ends =
        found.size <= SHORT
          ? undefined
          : summaryOfEnds(await part(0, HEAD), await part(found.size - TAIL, TAIL));
      return ends ?? summaryOf(await part(0, found.size));
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}
