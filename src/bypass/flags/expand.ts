import path from 'node:path';

/** Stands for what a makefile computes: a word that has it is left out. */
export const UNKNOWN = '\u{fffd}';

/** The values that the words of a makefile depend on. */
export interface MakeValues {
  readonly known: Pick<ReadonlyMap<string, string>, 'get' | 'has'>;
  /** The directory in which make is run, absolute. */
  readonly here: string;
  /** The folder, absolute. */
  readonly root: string;
  /** `uname -m` of the host that it is for. */
  readonly architecture: string | undefined;
  /** References that are looked up yet: a makefile can ask for more than ends. */
  readonly budget: { left: number };
}

/** Far more than a makefile takes. */
export const REFERENCES = 50_000;

/** More is none that a person wrote: a value that doubles with each round. */
export const LONGEST = 20_000;
const DEEPEST = 12;

/**
 * A makefile's text with its variables, and those of its functions that compute text alone: nothing is run.
 * UNKNOWN stands for what is not known.
 */
export function expand(text: string, values: MakeValues, depth = 0): string {
  let made = '';
  for (let at = 0; at < text.length && made.length < LONGEST; at++) {
    const one = text.charAt(at);
    if (one !== '$') {
      made += one;
      continue;
    }
    const next = text.charAt(at + 1);
    const end = '({'.includes(next) && next !== '' ? closing(text, at + 1) : at + 1;
    // A word that is not known would make another word of what it stands in.
    if (end === undefined || next === '$' || depth > DEEPEST || values.budget.left-- <= 0)
      made += UNKNOWN;
    else {
      const inner = end === at + 1 ? next : text.slice(at + 2, end);
      made += reference(inner, values, depth + 1);
    }
    at = end ?? text.length;
  }
  return made.slice(0, LONGEST);
}

/** Where the bracket at a place is closed. */
function closing(text: string, start: number): number | undefined {
  let open = 0;
  for (let at = start; at < text.length; at++) {
    if ('({'.includes(text.charAt(at))) open++;
    else if (')}'.includes(text.charAt(at)) && --open === 0) return at;
  }
  return undefined;
}

/** The text between the brackets: a function with its arguments, or a name. */
function reference(inner: string, values: MakeValues, depth: number): string {
  const [, name, rest = ''] = /^([a-z]+)[ \t]+(.*)$/s.exec(inner) ?? [];
  if (name !== undefined) {
    const found = called(name, rest, values, depth);
    if (found !== undefined) return found;
  }
  const variable = expand(inner, values, depth);
  const value = values.known.get(variable) ?? builtIn(variable, values);
  return value === undefined ? UNKNOWN : expand(value, values, depth);
}

const builtIn = (name: string, { here, root }: MakeValues): string | undefined =>
  ({
    CURDIR: here,
    PWD: here,
    top_srcdir: root,
    MAKEFILE_LIST: path.posix.join(here, 'Makefile'),
  })[name];

const EDITS =
  /^uname -[mp]((?:\s*\|\s*sed\s+(?:-e\s+)?(['"])s([/,|])[\w.*^$-]{1,40}\3\w{0,40}\3g?\2)*)$/;

/** A machine as `uname` names it, and as projects name it: `uname -m | sed 's/x86_64/x86/' | …`. */
function machineOf(command: string, architecture: string | undefined): string | undefined {
  const edits = EDITS.exec(command)?.[1];
  if (edits === undefined || architecture === undefined) return undefined;
  let machine = architecture;
  for (const [, from = '', to = ''] of edits.matchAll(/s[/,|]([^/,|]+)[/,|](\w*)[/,|]/g)) {
    const [, text = '', rest] = /^\^?(\w+)(\.\*)?\$?$/.exec(from) ?? [];
    if (text === '' || !machine.includes(text)) continue;
    machine =
      rest === undefined ? machine.replace(text, to) : `${machine.split(text, 1)[0] ?? ''}${to}`;
  }
  return machine;
}

/** Words by words. Each counts: lists in lists are many. */
function mapped(text: string, { budget }: MakeValues, to: (word: string) => string): string {
  let made = '';
  for (const [word] of text.matchAll(/\S+/g)) {
    if (budget.left-- <= 0 || made.length >= LONGEST) break;
    made += `${made === '' ? '' : ' '}${to(word)}`;
  }
  return made;
}

function called(name: string, rest: string, values: MakeValues, depth: number): string | undefined {
  const { here, root } = values;
  const whole = () => expand(rest, values, depth);
  const resolved = (word: string) => path.posix.resolve(here, word);
  const [first = '', ...others] = rest.split(',');
  const further = () => expand(others.join(','), values, depth);
  switch (name) {
    case 'abspath':
    case 'realpath':
      return mapped(whole(), values, resolved);
    case 'dir':
      return mapped(whole(), values, (word) => word.replace(/[^/]*$/, '') || './');
    case 'strip':
    case 'wildcard':
      return mapped(whole(), values, (word) => (/[*?[]/.test(word) ? UNKNOWN : word));
    case 'firstword':
      return whole().trim().split(/\s+/)[0] ?? '';
    case 'lastword':
      return whole().trim().split(/\s+/).at(-1) ?? '';
    case 'addprefix': {
      const prefix = expand(first, values, depth).trim();
      return mapped(further(), values, (word) => `${prefix}${word}`);
    }
    case 'foreach': {
      const [list = '', ...body] = others;
      const name = first.trim();
      const { known } = values;
      const bound = (word: string): MakeValues['known'] => ({
        get: (one) => (one === name ? word : known.get(one)),
        has: (one) => one === name || known.has(one),
      });
      return mapped(expand(list, values, depth), values, (word) =>
        expand(body.join(','), { ...values, known: bound(word) }, depth),
      );
    }
    case 'shell': {
      const command = whole().trim();
      if (command === 'pwd') return here;
      if (/^git rev-parse --show-toplevel$/.test(command)) return root;
      const machine = machineOf(command, values.architecture);
      if (machine !== undefined) return machine;
      const [, named] = /^dirname\s+([^\s;|&]+)$/.exec(command) ?? [];
      return named === undefined ? UNKNOWN : path.posix.dirname(named);
    }
    case 'call':
    case 'eval':
    case 'filter':
    case 'findstring':
    case 'if':
    case 'notdir':
    case 'or':
    case 'patsubst':
    case 'subst':
      return UNKNOWN;
    default:
      return undefined;
  }
}
