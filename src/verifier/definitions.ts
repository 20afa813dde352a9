/** A comment or a string, or what begins one and has no end. */
const COMMENT_OR_STRING = /\/\*(?:[^]*?\*\/|[^]*)|\/\/[^\n]*|"(?:[^"\\\n]|\\[^])*"?/g;
const SECTION = /\bSEC\((?:"[^"\n]*"|\w+)\)/;
const ATTRIBUTE = /__attribute__\s*\(\([^()]*(?:\([^()]*\)[^()]*)?\)\)/;

/**
 * A program: its section, then its name, or a macro that takes it first: `int BPF_PROG(name, …)`.
 * Nothing in it can match in two ways: a text of megabytes takes no time.
 */
const PROGRAM = new RegExp(
  `${SECTION.source}(?:${ATTRIBUTE.source}|[\\s\\w*])*?\\b(?!__attribute__)(\\w+)\\s*\\(\\s*(\\w*)`,
  'g',
);

/** The text with blanks in the place of comments. */
export const withoutComments = (text: string): string =>
  text.replace(COMMENT_OR_STRING, (found) =>
    found.startsWith('"') ? found : found.replace(/[^\n]/g, ' '),
  );

/** The lines where a text defines programs, from 0, by their names. */
export function programLines(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  let line = 0;
  let counted = 0;
  for (const { index, 0: whole, 1: name = '', 2: first = '' } of withoutComments(text).matchAll(
    PROGRAM,
  )) {
    const at = index + whole.lastIndexOf(name, whole.lastIndexOf('('));
    for (; counted < at; counted++) if (text[counted] === '\n') line++;
    for (const each of [name, first]) if (!found.has(each)) found.set(each, line);
  }
  return found;
}
