import * as l10n from '@vscode/l10n';
import { CALLS } from './catalogue/calls.ts';
import { COMPILER } from './catalogue/compiler.ts';
import type { BpfSource } from '../bypass/build.ts';
import type { Entry } from './catalogue/entry.ts';
import { MEMORY } from './catalogue/memory.ts';
import { BUG, LOADING, PROGRAM } from './catalogue/program.ts';
import { versionsOf } from './catalogue/versions.ts';
import { linesOf } from './text.ts';

/** A kind of error, explained. */
export interface Explanation {
  /** A stable name. */
  readonly id: string;
  /** The message in plain words, and why the verifier refuses. */
  readonly why: string;
  /** How to fix it. */
  readonly fix: string;
}

/** The first that fits decides: within and between the lists the more specific ones come first. */
export const CATALOGUE: readonly Entry[] = [BUG, ...MEMORY, ...CALLS, ...PROGRAM, ...LOADING];

/** The words that matter are short; a pattern may take the square of what it looks at. */
const LOOKED_AT = { lines: 40, characters: 400 } as const;

/** Text between quotes is somebody's name, but where the verifier quotes a type of its own. */
const QUOTED_NAME = /(?<!\w|mem access )'[^'\n]{1,200}'/g;
/** Names of functions, and of types with their fields, that are not quoted. */
const BARE_NAME =
  /(?<=\b[Gg]lobal func(?:tion)? |\bFunction |\bSubprog )(?!func#)\w+|(?<=CO-RE relocation <\w+> \[\d+\] )[^\n(]+(?= \()|(?<=^(?:libbpf: )?struct_ops \w+ )\w+(?=:)|(?<=\bCannot find member )\w+|(?<=: struct )\w+(?= is not found)/gm;

const withoutNames = (message: string): string =>
  message
    .replace(QUOTED_NAME, (quoted) => (OWN_WORDS.test(quoted) ? quoted : "'_'"))
    .replace(BARE_NAME, '_');

/** Quoted words of the verifier's own: `struct bpf_spin_lock` and the like, and C's. */
const OWN_WORDS = /^'(?:struct|kptr|int)\b/;

/** The entries that fit a message, the one that decides first. */
export function entriesFor(message: string, catalogue: readonly Entry[] = CATALOGUE): Entry[] {
  const looked = withoutNames(lookedAt(message));
  return catalogue.filter(({ pattern }) => pattern.test(looked));
}

const lookedAt = (words: string): string =>
  words
    .split('\n', LOOKED_AT.lines)
    .map((line) => line.slice(0, LOOKED_AT.characters))
    .join('\n');

/** Everything known about an error of libbpf or the verifier; the message may be several lines. */
export const explain = (words: string): Explanation | undefined =>
  explainBy(CATALOGUE, words, withoutNames);

/** The same for the compiler's. */
export const explainCompiler = (words: string): Explanation | undefined =>
  explainBy(COMPILER, words);

/**
 * A macro that the host's headers are too old for is no macro to the compiler, which stumbles over what follows it.
 * @param said an error of it, at a line of the source.
 */
export function explainMacro(
  { message, file, line }: { message: string; file: string; line: number },
  { files }: Pick<BpfSource, 'files'>,
): Explanation | undefined {
  if (!message.startsWith('expected ')) return undefined;
  const names = new Set((linesOf(files.get(file))[line - 1] ?? '').match(/\b[A-Za-z_]\w{2,60}\b/g));
  for (const name of names) {
    if (!/^(?:BPF_|bpf_|__)/.test(name) || versionsOf(name) === undefined) continue;
    const defined = new RegExp(`#[ \\t]*define[ \\t]+${name}\\b`);
    if (Array.from(files.values()).some((text) => defined.test(Buffer.from(text).toString())))
      continue;
    return explainCompiler(`use of undeclared identifier '${name}'`);
  }
  return undefined;
}

function explainBy(
  catalogue: readonly Entry[],
  words: string,
  seen: (message: string) => string = (message) => message,
): Explanation | undefined {
  const message = lookedAt(words);
  const looked = seen(message);
  for (const { id, pattern, named, detail, isOnlyWithDetail, why, fix } of catalogue) {
    const match = pattern.exec(looked);
    if (match === null) continue;
    const names = named?.exec(message)?.groups;
    const told = detail?.({ ...match.groups, ...names });
    if (told === undefined && isOnlyWithDetail) continue;
    const known = l10n.t(why);
    return { id, why: told === undefined ? known : `${told} ${known}`, fix: l10n.t(fix) };
  }
  return undefined;
}
