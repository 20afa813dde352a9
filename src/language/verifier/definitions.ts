/** Nothing in these can match in two ways: a text of megabytes takes no time. */
const SECTION = /\bSEC\((?:"[^"\n]*"|\w+)\)/;
const COMMENT = /\/\*(?:[^*]|\*(?!\/))*\*\/|\/\/.*\n/;
const ATTRIBUTE = /__attribute__\s*\(\([^()]*(?:\([^()]*\)[^()]*)?\)\)/;

/** A program: its section, then its name, or a macro that takes it first: `int BPF_PROG(name, …)`. */
const PROGRAM = new RegExp(
  `${SECTION.source}(?:${COMMENT.source}|${ATTRIBUTE.source}|[\\s\\w*])*?\\b(?!__attribute__)(\\w+)\\s*\\(\\s*(\\w*)`,
  'g',
);

/** The lines where a text defines programs, from 0, by their names. */
export function programLines(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  let line = 0;
  let counted = 0;
  for (const { index, 0: whole, 1: name = '', 2: first = '' } of text.matchAll(PROGRAM)) {
    const at = index + whole.lastIndexOf(name, whole.lastIndexOf('('));
    for (; counted < at; counted++) if (text[counted] === '\n') line++;
    for (const each of [name, first]) if (!found.has(each)) found.set(each, line);
  }
  return found;
}
