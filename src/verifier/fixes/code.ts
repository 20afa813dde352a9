import type { Place } from '../sourcePlaces.ts';

/** A change of one line of a file, or an insertion in it. */
export interface Edit {
  readonly place: Place;
  readonly text: string;
  /** The line as it was: where it has changed since, the edit is for another text. */
  readonly line: string;
}

/** A change that removes the cause of a finding. */
export interface QuickFix {
  /** In the imperative, naming what is changed. */
  readonly title: string;
  /** All in one file. */
  readonly edits: readonly Edit[];
}

/** A function of a file. Positions are offsets into the text. */
export interface CFunction {
  /** All before its opening brace, without comments and strings. */
  readonly head: string;
  /** The first argument of SEC(), where it is a string. */
  readonly section: string | undefined;
  readonly start: number;
  /** After the closing brace. */
  readonly end: number;
}

/** A statement: from its first character to the semicolon, or the brace that it opens. */
export interface Statement {
  readonly start: number;
  readonly text: string;
  /** The text before it on its line: spaces, or others that end there. */
  readonly indent: string;
}

/** Comments, strings, and directives with the lines that continue them. */
const NOT_CODE =
  /\/\*(?:[^]*?\*\/|[^]*)|\/\/[^\n]*|"(?:[^"\\\n]|\\[^])*"?|'(?:[^'\\\n]|\\[^])*'?|^[ \t]*#(?:[^\n\\]|\\[^])*/gm;

/** Larger files are generated, and none that a person changes by hand. */
const LARGEST = 2 ** 20;

/** The text of a C file, and where things are in it. As far as it can be read without a preprocessor. */
export class Code {
  readonly file: string;
  readonly text: string;
  /** A text of the same length, with blanks for all that is no code. */
  readonly code: string;
  readonly #starts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text.length > LARGEST ? '' : text;
    this.code = this.text.replace(NOT_CODE, (found) => found.replace(/[^\n]/g, ' '));
    for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) {
      this.#starts.push(at + 1);
    }
  }

  /** Where a line begins, from 0. */
  lineStart(line: number): number {
    return this.#starts[line] ?? this.text.length;
  }

  lineOf(offset: number): number {
    const after = this.#starts.findIndex((start) => start > offset);
    return (after < 0 ? this.#starts.length : after) - 1;
  }

  lineText(line: number): string {
    return this.text.slice(this.lineStart(line), this.lineStart(line + 1)).replace(/\r?\n$/, '');
  }

  /** Replaces the text at these offsets, which are on one line. */
  edit(start: number, end: number, text: string): Edit {
    const line = this.lineOf(start);
    const first = this.lineStart(line);
    const place = { file: this.file, line, column: start - first, endColumn: end - first };
    return { place, text, line: this.lineText(line) };
  }

  /** The argument of SEC() between two offsets, with where the name begins. */
  sections(start: number, end: number): { name: string; at: number }[] {
    return Array.from(this.text.slice(start, end).matchAll(/\bSEC\(\s*"([^"\n]*)"\s*\)/g))
      .map(({ 0: whole, 1: name = '', index }) => ({
        name,
        at: start + index + whole.indexOf('"') + 1,
      }))
      .filter(({ at }) => /SEC\(\s*$/.test(this.code.slice(Math.max(0, at - 20), at - 1)));
  }

  /** The function that a line is in. */
  functionAt(line: number): CFunction | undefined {
    const wanted = this.lineStart(line);
    const lineEnd = this.lineStart(line + 1);
    let depth = 0;
    let before = 0;
    let start = 0;
    for (const { 0: brace, index } of this.code.matchAll(/[{};]/g)) {
      if (brace === '{') {
        if (depth++ === 0) start = index;
      } else if (brace === '}') {
        if (--depth < 0) return undefined;
        if (depth > 0) continue;
        const isThere = start < lineEnd && index >= wanted;
        const head = this.code.slice(before, start);
        if (isThere && /\)\s*$/.test(head)) {
          const section = this.sections(before, start).at(-1)?.name;
          return { head, section, start, end: index + 1 };
        }
        before = index + 1;
      } else if (depth === 0) before = index + 1;
    }
    return undefined;
  }

  /**
   * The statement that an offset is in, where others can be put before it: it belongs to no `if`, `for` or `case`
   * without braces.
   */
  statementAt(offset: number, { start: first }: CFunction): Statement | undefined {
    let depth = 0;
    let start = offset;
    for (; start > first; start--) {
      const before = this.code[start - 1] ?? '';
      if (before === ')') depth++;
      else if (before === '(') depth--;
      else if (depth <= 0 && '{};'.includes(before)) break;
    }
    // Within the parentheses of `for (…; …; …)`.
    if (depth < 0) {
      const open = this.#openBefore(offset, first);
      return open === undefined ? undefined : this.statementAt(open, { start: first } as CFunction);
    }
    start += /^\s*/.exec(this.code.slice(start))?.[0].length ?? 0;
    const line = this.lineStart(this.lineOf(start));
    const indent = this.text.slice(line, start);
    const length = this.#statementLength(start);
    const text = this.code.slice(start, start + length);
    // A brace at the end is an initializer's.
    if (start > offset || text.endsWith('}')) return undefined;
    if (/^(?:else|do|case|default|switch)\b|^\w+\s*:(?!:)/.test(text)) return undefined;
    const control = /^(\w+)\s*\(/.exec(text);
    if (control !== null) {
      const close = closing(text, control[0].length - 1);
      const after = text.slice(close + 1).trimStart();
      const isControl = /^(?:if|for|while)$/.test(control[1] ?? '') || /^[\w*(]/.test(after);
      // In the condition of an `if` is before it; what a loop tests may have changed by then.
      if (isControl && (control[1] !== 'if' || offset > start + close)) return undefined;
    }
    return { start, text, indent };
  }

  #openBefore(offset: number, first: number): number | undefined {
    let depth = 0;
    for (let at = offset - 1; at > first; at--) {
      const one = this.code[at];
      if (one === ')') depth++;
      else if (one === '(' && depth-- === 0) return at;
    }
    return undefined;
  }

  #statementLength(start: number): number {
    let depth = 0;
    for (let at = start; at < this.code.length; at++) {
      const one = this.code[at] ?? '';
      if (one === '(') depth++;
      else if (one === ')') depth--;
      else if (depth <= 0 && '{};'.includes(one)) return at - start + 1;
    }
    return this.code.length - start;
  }

  /** Lines before a statement, each a step deeper by its tabs; on its line where it is not the first there. */
  insertBefore({ start, indent }: Statement, lines: readonly string[], inside: CFunction): Edit {
    if (/\S/.test(indent))
      return this.edit(start, start, lines.map((line) => `${line.trimStart()} `).join(''));
    const step = /\n([ \t]+)\S/.exec(this.code.slice(inside.start, inside.end))?.[1] ?? '\t';
    const text = lines
      .map((line) => `${indent}${line.replace(/^\t+/, (tabs) => step.repeat(tabs.length))}\n`)
      .join('');
    const at = start - indent.length;
    return this.edit(at, at, text);
  }
}

/** The parenthesis that closes the one at an offset. */
export function closing(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (code[at] === '(') depth++;
    else if (code[at] === ')' && --depth === 0) return at;
  }
  return code.length;
}
