import { explain, type Explanation } from './catalogue.ts';
import type { QuickFix } from './fixes.ts';
import type { Place } from './sourcePlaces.ts';

export interface Related {
  readonly place: Place;
  readonly message: string;
}

/** One thing wrong, for an editor. Plain data. */
export interface Finding {
  readonly place: Place;
  /** `note`: nothing is wrong, but it is not known here what user space does. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly from: 'clang' | 'libbpf' | 'verifier';
  /** The tool's own words first, then why and how to fix it. */
  readonly message: string;
  /** The name of the catalogue's entry. */
  readonly explanation: string | undefined;
  readonly why: string | undefined;
  readonly fix: string | undefined;
  /** The path that led there, in its order. */
  readonly related: readonly Related[];
  readonly program: string | undefined;
  /** Changes of its file that remove it, the better one first; where there is a right answer. */
  readonly fixes?: readonly QuickFix[];
}

/** Information only. */
export const note = (from: Finding['from'], place: Place, message: string): Finding => ({
  place,
  severity: 'note',
  from,
  message,
  related: [],
  explanation: undefined,
  why: undefined,
  fix: undefined,
  program: undefined,
});

/** A tool's words with what is known of them. */
export const explained = (words: string, known: Explanation | undefined): string =>
  known === undefined ? words : `${words}\n${known.why}\n${known.fix}`;

/** A fault, explained. */
export function finding(
  from: Finding['from'],
  place: Place,
  words: string,
  program: string | undefined,
  related: readonly Related[] = [],
  known: Explanation | undefined = explain(words),
): Finding {
  return {
    place,
    severity: 'error',
    from,
    related,
    program,
    message: explained(words, known),
    explanation: known?.id,
    why: known?.why,
    fix: known?.fix,
  };
}
