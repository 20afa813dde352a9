import path from 'node:path';
import { isPlainPath } from '../../host/plainPath.ts';
import { Conditions } from './conditions.ts';
import { expand, LONGEST, REFERENCES, UNKNOWN, type MakeValues } from './expand.ts';
import { splitWords } from './words.ts';

/** The text of a file of the folder; undefined for what is none. */
export type ReadText = (file: string) => Promise<string | undefined>;

/** A makefile with those that it includes. */
export interface Makefile extends MakeValues {
  /** Their lines, each with those that continue it. */
  readonly lines: readonly string[];
}

export interface MakefilePlace extends Pick<MakeValues, 'root' | 'architecture'> {
  /** In which make is run: the makefile's, relative to the folder. */
  readonly directory: string;
}

const MOST_INCLUDED = 20;
const MOST_LINES = 5000;

/**
 * Reads a makefile and what it includes from the folder, in the order in which make reads them. Nothing is run.
 */
export async function readMakefile(
  text: string,
  { directory, root, architecture }: MakefilePlace,
  read: ReadText,
): Promise<Makefile> {
  const known = new Map<string, string>();
  const lines: string[] = [];
  const budget = { left: REFERENCES };
  const values = { known, here: path.posix.join(root, directory), root, architecture, budget };
  const conditions = new Conditions();
  let included = 0;
  const add = async (content: string): Promise<void> => {
    for (const line of content.replaceAll('\\\n', ' ').split('\n')) {
      if (lines.length === MOST_LINES) return;
      if (line.startsWith('#') || conditions.read(line, values) || !conditions.hold) continue;
      const [, named] = /^(?:-|s)?include[ \t]+([^#]{1,1000})/.exec(line) ?? [];
      if (named === undefined) {
        lines.push(line);
        assign(line, known);
        continue;
      }
      for (const one of expand(named, values).split(/\s+/)) {
        const file = path.posix.relative(root, path.posix.resolve(values.here, one));
        if (one === '' || one.includes(UNKNOWN) || !isPlainPath(file)) continue;
        const further = included < MOST_INCLUDED ? await read(file) : undefined;
        included++;
        if (further !== undefined) await add(further);
      }
    }
  };
  await add(text);
  return { ...values, lines };
}

/** A variable set for one target counts if its commands get it. */
function assign(line: string, known: Map<string, string>): void {
  const [, name, how, value = ''] =
    /^(?:[\w./%-]{1,80}:[ \t]*(?=export))?[ \t]*(?:export[ \t]+|override[ \t]+)?([\w.-]{1,80})[ \t]*(\+=|::?=|\?=|=)[ \t]*([^#]*)/.exec(
      line,
    ) ?? [];
  if (name === undefined || line.startsWith('\t')) return;
  const before = known.get(name);
  if (how === '+=' && before !== undefined) known.set(name, `${before} ${value}`);
  else if (before === undefined || how !== '?=') {
    // A reference to itself is the earlier value.
    const own = new RegExp(`\\$[({]${name.replaceAll('.', '\\.')}[)}]`, 'g');
    known.set(name, value.replaceAll(own, () => before ?? '').slice(0, LONGEST));
  }
}

/**
 * Flags in the lines of a makefile that are about BPF, or, where none says so, in all of them.
 * @param source the file that is compiled: flags of another alone are left out.
 */
export function makefileFlags({ lines, ...values }: Makefile, source: string): string[] {
  const stem = path.posix.basename(source).split('.', 1)[0];
  const own = lines.filter((line) => {
    const meant = ofOneSource(line);
    return meant === undefined || meant === stem;
  });
  const about = (...patterns: RegExp[]) =>
    own.filter((line) => patterns.every((pattern) => pattern.test(line)));
  const bpf = about(/bpf/i, /-target|FLAGS|INCLUDE|DIR|CLANG/i);
  const chosen = bpf.length > 0 ? bpf : about(/(?:FLAGS|INCLUDES?)\b/, /-[ID]/);
  const flags = chosen.map((line) => ({
    isRule: line.startsWith('\t'),
    of: flagsOf(line, values),
  }));
  // Flags that only some rules have are not for all sources.
  const rules = flags.filter(({ isRule, of }) => isRule && of.length > 0);
  const isForAll = (flag: string) =>
    !flag.startsWith('-D') || rules.every(({ of }) => of.some((one) => one.join(' ') === flag));
  const kept = new Map<string, readonly string[]>();
  for (const { isRule, of } of flags) {
    for (const flag of of) {
      const name = flag.join(' ');
      if (!kept.has(name) && (!isRule || isForAll(name))) kept.set(name, flag);
    }
  }
  return Array.from(kept.values()).flat();
}

/** Which source a line has flags for, if it is one alone: `CFLAGS_probe.o = …`, `out/probe.bpf.o: FLAGS = …`. */
function ofOneSource(line: string): string | undefined {
  const [, ofObject] =
    /^[ \t]*[A-Z_]{0,40}FLAGS_([a-z][^\s:=?+]{0,200})[ \t]*[:+?]?=/.exec(line) ?? [];
  const [, ofTarget] = /^[ \t]*([^\s:=]{1,300}\.o):/.exec(line) ?? [];
  const named = (ofObject ?? ofTarget)?.replace(/\.o$/, '').replace(/\.bpf$/, '');
  return ofTarget === undefined ? named : /[\w-]{1,200}$/.exec(named ?? '')?.[0];
}

/** The flags in a line, each with its directory or header. */
function flagsOf(line: string, values: MakeValues): (readonly string[])[] {
  const value = line.replace(/^[\w.\- \t]{1,100}(?:\+=|::?=|\?=|=)/, '').slice(0, 4000);
  const text = expand(value, values).replace(/[;|<>&]/g, ' ');
  const words = (splitWords(text) ?? []).filter((word) => !word.includes(UNKNOWN));
  const found: (readonly string[])[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const takesNext = /^-(?:I|D|U|isystem|iquote|idirafter|include)$/.test(word);
    const next = words[at + 1];
    if (takesNext && (next === undefined || next.startsWith('-'))) continue;
    if (takesNext) at++;
    if (takesNext) found.push([word, next ?? '']);
    else if (/^-(?:[IDU].|mcpu=|std=)/.test(word)) found.push([word]);
  }
  return found;
}
