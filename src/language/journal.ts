import { plain } from './gate/text.ts';

const LONGEST = 500;
/** Lines at once, and how many more each minute. */
const LINES = { most: 200, perMinute: 60 } as const;

/**
 * Messages of a language server, for the log: in single lines that are cut, and no more of them than
 * a person would read.
 * @param now in milliseconds.
 */
export function journal(
  write: (line: string) => void,
  now: () => number = () => performance.now(),
): (words: string) => void {
  let left: number = LINES.most;
  let last = now();
  let isSilent = false;
  return (words) => {
    const at = now();
    left = Math.min(LINES.most, left + ((at - last) / 60_000) * LINES.perMinute);
    last = at;
    if (left >= 1) {
      left--;
      isSilent = false;
      write(plain(words, LONGEST).replace(/\s+/g, ' '));
    } else if (!isSilent) {
      isSilent = true;
      write('says more than is written here');
    }
  };
}
