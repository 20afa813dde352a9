import * as l10n from '@vscode/l10n';
import { HostError } from './errors.ts';

/**
 * Output of a script that reads many things in one round trip: each preceded by a line
 * "BOUNDARY NAME" (`section` of sockmap-bypassctl). The boundary is random, so no output can pretend to be one.
 */
export interface Section {
  readonly name: string;
  readonly text: string;
}

/** No script of ours has more; a program on the host can learn the boundary, and repeat it. */
const MOST = 20_000;

/** @throws HostError where there are more sections than any script makes. */
export function parseSections(text: string, boundary: string): Section[] {
  const head = `\n${boundary} `;
  const found: Section[] = [];
  for (let at = text.indexOf(head); at >= 0;) {
    const next = text.indexOf(head, at + head.length);
    const part = text.slice(at + head.length, next < 0 ? undefined : next);
    const end = part.indexOf('\n');
    found.push({ name: part.slice(0, end), text: withoutBreaks(part.slice(end + 1)) });
    if (found.length > MOST) {
      throw new HostError({
        kind: 'command',
        tried: l10n.t('read the answer'),
        where: 'the host',
        words: l10n.t('it has more than {0} sections', MOST),
        next: l10n.t('Find out which program of the host prints them.'),
      });
    }
    at = next;
  }
  return found;
}

/** Whether a script that ends with `section end` came to its end. */
export const isWhole = (text: string, boundary: string): boolean =>
  text.trimEnd().endsWith(`\n${boundary} end`);

/** A name may begin or end with a blank: only line breaks go. */
function withoutBreaks(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && text[from] === '\n') from++;
  while (to > from && text[to - 1] === '\n') to--;
  return text.slice(from, to);
}

export const newBoundary = (): string => `==${crypto.randomUUID()}`;
