import * as l10n from '@vscode/l10n';
import path from 'node:path';
import { isPlainPath } from '../../host/plainPath.ts';

/** How a source is compiled beyond the flags that all have, from words of a project: checked. */
export interface AcceptedFlags {
  /** Directories in the order in which they are searched: of the folder or, absolute, of the host. */
  readonly include: readonly string[];
  /** Headers that are read before the source: of the folder or, absolute, of the host. */
  readonly preincluded: readonly string[];
  /** Macros, the language, the processor, warnings: they name no file. */
  readonly flags: readonly string[];
  /** Sentences about what was left out. */
  readonly remarks: readonly string[];
}

export const NO_FLAGS: AcceptedFlags = { include: [], preincluded: [], flags: [], remarks: [] };

/** Where the words of a compiler's command stand. */
export interface CommandPlace {
  /** The folder whose files may be read, absolute on this machine, with "/". */
  readonly root: string;
  /** The compiler's working directory: absolute on this machine, or relative to the folder. */
  readonly directory: string;
  /** The name of what says so: "compile_commands.json". */
  readonly from: string;
}

type Directories = 'first' | 'system' | 'last';

/** Those that take a directory, beside the word or in the next, by the order in which clang searches them. */
const DIRECTORY: Readonly<Record<string, Directories>> = {
  '-iquote': 'first',
  '-I': 'first',
  '-isystem': 'system',
  '-idirafter': 'last',
};

/** Name no file, run nothing, and say only what the language is, or which code is made of it. */
const PLAIN: readonly RegExp[] = [
  /^-std=(?:c|gnu)\w{2,4}$/,
  /^-mcpu=(?:v[1-4]|probe|generic)$/,
  /^-O[0-3sz]?$/,
  /^-g(?:[0-3]|dwarf(?:-[2-5])?)?$/,
  /^-W(?:no-)?[a-z][\w+-]*(?:=\w+)?$/,
  /^-w$/,
  /^-pedantic$/,
  /^-f(?:no-)?(?:builtin|common|debug-types-section|inline(?:-functions)?|jump-tables|ms-extensions|omit-frame-pointer|optimize-sibling-calls|short-enums|signed-char|stack-protector|strict-aliasing|strict-overflow|unroll-loops|unsigned-char|unwind-tables|asynchronous-unwind-tables|vectorize|wrapv)$/,
  /^-fcf-protection=none$/,
  /^-f(?:no-)?(?:builtin-[a-z]\w*)$/,
  /^-ffreestanding$/,
];

/** A macro's name, and any text: it is a word of an argv, and cannot be a directive. */
const MACRO = /^[A-Za-z_]\w*(?:\([\w, .]*\))?(?:=[^\p{Cc}]*)?$/u;

/** Flags without effect here: the target and the output are decided here. The number is that of further words. */
const OURS: readonly (readonly [RegExp, number])[] = [
  [/^(?:-c|-S|-E|-v|-emit-llvm|-MM?D?|-MP|-M|-pipe|-nostdinc|-nostdlib|--)$/, 0],
  [/^(?:-o|-MF|-MT|-MQ|-x|-target|--target|-arch)$/, 1],
  [
    /^(?:--?target=|-x|-MF|-MT|-MQ|-march=|-mlittle-endian|-mbig-endian|-fcolor|-fdiagnostics|-fno-color|-o)/,
    0,
  ],
  [/^-D__TARGET_ARCH_\w+(?:=1)?$/, 0],
];

/**
 * Reads the words of a compiler's command, its flags alone: what is known to be harmless is passed on. No plugin,
 * no file of further flags, nothing for the linker or the inner compiler, no output.
 */
export function acceptFlags(words: readonly string[], place: CommandPlace): AcceptedFlags {
  const include: Record<Directories, string[]> = { first: [], system: [], last: [] };
  const preincluded: string[] = [];
  const flags: string[] = [];
  const remarks: string[] = [];
  const leaveOut = (word: string, why: string) => {
    remarks.push(`${place.from}: ${JSON.stringify(word.slice(0, 200))} ${why}`);
  };
  const outside = l10n.t('is outside of the folder that is open, and is left out.');
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const taken = ['-include', ...Object.keys(DIRECTORY), '-D', '-U'].find((name) =>
      name === '-include' ? word === name : word.startsWith(name),
    );
    const ours = OURS.find(([pattern]) => pattern.test(word));
    if (ours !== undefined) at += ours[1];
    else if (taken !== undefined) {
      const value = word.length > taken.length ? word.slice(taken.length) : (words[++at] ?? '');
      const kind = DIRECTORY[taken];
      if (kind === undefined && taken !== '-include') {
        if (MACRO.test(value) && (taken === '-D' || /^\w+$/.test(value))) {
          if (!value.startsWith('__TARGET_ARCH_')) flags.push(`${taken}${value}`);
        } else leaveOut(`${taken}${value}`, l10n.t('is not a macro and is left out.'));
        continue;
      }
      const found = placeOf(value, place);
      if (found === undefined) leaveOut(`${taken} ${value}`, outside);
      else if (kind === undefined) preincluded.push(found);
      else include[kind].push(found);
    } else if (PLAIN.some((pattern) => pattern.test(word))) flags.push(word);
    else if (word.startsWith('-') || word.startsWith('@')) {
      leaveOut(word, l10n.t('is not passed on: it may read, write or run something else.'));
      if (/^-(?:Xclang|Xlinker|Xassembler|Xpreprocessor|mllvm)$/.test(word)) at++;
    }
  }
  const { first, system, last } = include;
  return { include: [...first, ...system, ...last], preincluded, flags, remarks };
}

const slashes = (name: string): string => name.replaceAll('\\', '/');
const isAbsolute = (name: string): boolean => /^(?:[A-Za-z]:)?\//.test(name);

/** A path of a command as one of the folder or, absolute, of the host; undefined for what lies elsewhere. */
function placeOf(word: string, { root, directory }: CommandPlace): string | undefined {
  const base = isAbsolute(slashes(directory))
    ? slashes(directory)
    : path.posix.join(root, slashes(directory));
  const named = slashes(word);
  const whole = path.posix.normalize(isAbsolute(named) ? named : path.posix.join(base, named));
  const below = path.posix.relative(root, whole);
  if (below === '') return '.';
  if (isPlainPath(below)) return below;
  // The system's headers have their place on each host; other directories are this machine's.
  return /^\/usr\/[^\p{Cc}]*$/u.test(whole) && isAbsolute(named) ? whole : undefined;
}
