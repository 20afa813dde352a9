import { expand, UNKNOWN, type MakeValues } from './expand.ts';

/** The state of a branch: it counts, it does not, another of its condition did, or nothing tells, so that all count. */
type Branch = 'taken' | 'left' | 'over' | 'either';

/** Follows the conditions of a makefile, line by line. */
export class Conditions {
  readonly #branches: Branch[] = [];

  /** Whether lines count here. */
  get hold(): boolean {
    return this.#branches.every((one) => one === 'taken' || one === 'either');
  }

  /** @returns whether the line was one of a condition. */
  read(line: string, values: MakeValues): boolean {
    const [, word, rest = ''] =
      /^[ \t]*(ifn?eq|ifn?def|else|endif)\b[ \t]*([^#]*)/.exec(line) ?? [];
    if (word === undefined) return false;
    const before = word.startsWith('if') ? undefined : this.#branches.pop();
    if (word === 'else' && before !== undefined)
      this.#branches.push(otherwise(before, rest, values));
    if (word.startsWith('if')) this.#branches.push(branch(line, values));
    return true;
  }
}

const otherwise = (before: Branch, rest: string, values: MakeValues): Branch => {
  if (before === 'either') return 'either';
  if (before !== 'left') return 'over';
  return rest.trim() === '' ? 'taken' : branch(rest, values);
};

function branch(condition: string, values: MakeValues): Branch {
  const [, kind = '', rest = ''] = /^[ \t]*(ifn?(?:eq|def))[ \t]*([^#]*)/.exec(condition) ?? [];
  const is = kind.endsWith('def') ? values.known.has(rest.trim()) : isEqual(rest.trim(), values);
  if (is === undefined) return 'either';
  return is === !kind.startsWith('ifn') ? 'taken' : 'left';
}

/** Longer ones take the pattern below too long. */
const LONGEST_PAIR = 1000;

/** @param pair `(a,b)` or `"a" "b"`. */
function isEqual(pair: string, values: MakeValues): boolean | undefined {
  if (pair.length > LONGEST_PAIR) return undefined;
  const [, a, b, c, d] = /^(?:\((.*),([^,]*)\)|["'](.*)["']\s+["'](.*)["'])$/.exec(pair) ?? [];
  const [one, other] = [a ?? c, b ?? d].map((side) => valueOf(side?.trim() ?? UNKNOWN, values));
  return [one, other].some((side) => side?.includes(UNKNOWN) !== false) ? undefined : one === other;
}

/** To make a variable that nothing sets is empty. */
const valueOf = (side: string, values: MakeValues): string => {
  const [, name] = /^\$[({]([\w.-]+)[)}]$/.exec(side) ?? [];
  return name !== undefined && !values.known.has(name) ? '' : expand(side, values).trim();
};
