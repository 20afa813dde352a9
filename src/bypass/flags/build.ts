import * as l10n from '@vscode/l10n';
import path from 'node:path';
import { escape, minimatch } from 'minimatch';
import { isPlainPath } from '../../host/plainPath.ts';
import type { BpfSource, Unit } from '../build.ts';
import type { BuildLimits } from '../compilerLimits.ts';
import { collectLinked, type ReadFile } from '../source.ts';
import { projectFlags, type Configuration } from './configuration.ts';
import { guessFlags, type Clues, type Guess } from './guess.ts';

/** How sources are built, as a person says beside what their project does. */
export interface BuildSettings {
  /** Directories: relative to the folder, or absolute on the host. */
  readonly include: readonly string[];
  readonly defines: Readonly<Record<string, number>>;
  /** Words of a compiler's command by the pattern of the sources that they are for; they count where no compile_commands.json has a command. */
  readonly flags: Readonly<Record<string, readonly string[]>>;
  /** Sources that those of a pattern are linked with, by their paths in the folder. */
  readonly link: Readonly<Record<string, readonly string[]>>;
  /** A libbpf of the host beside its own, by its prefix there; "": none. */
  readonly libbpf?: string;
  /** Limits of that. */
  readonly limits?: BuildLimits;
  /** The beginning of their names, for remarks: of settings, or of options. */
  readonly named: string;
}

/**
 * A source with what it includes, what it is linked with, and how it is built: for loading, verifying and clangd alike.
 * @param folder absolute on this machine.
 * @throws SourceError where it includes what may not be read.
 */
export async function configuredSource(
  entry: string,
  folder: string,
  read: ReadFile,
  settings: BuildSettings,
): Promise<BpfSource> {
  const { include, defines, libbpf = '', limits, named } = settings;
  const left = include.filter((one) => !isDirectory(one));
  const { files: linked, remarks: unlinked } = linkedWith(entry, settings);
  const units: Unit[] = [];
  const remarks: string[] = [];
  for (const file of linked) {
    const chosen = await chosenFlags(file, withSlashes(folder), read, settings);
    const { flags, preincluded } = chosen;
    remarks.push(...chosen.remarks);
    units.push({
      entry: file,
      // A person's own come first, so that they can correct the project's.
      include: [...include.filter(isDirectory), ...chosen.include],
      defines,
      ...(libbpf !== '' && { libbpf }),
      ...(flags.length > 0 && { flags }),
      ...(preincluded.length > 0 && { preincluded }),
    });
  }
  const all = [
    ...remarks,
    ...unlinked,
    ...left.map((one) =>
      l10n.t(
        '{0}: {1} is outside of the folder that is open, and is left out.',
        `${named}include`,
        JSON.stringify(one),
      ),
    ),
  ];
  const source = await collectLinked(entry, read, units);
  return {
    ...source,
    ...(limits && { limits }),
    ...(all.length > 0 && { remarks: Array.from(new Set(all)) }),
  };
}

/** Settings with further words for one source. */
export const withFlags = (
  settings: BuildSettings,
  entry: string,
  further: readonly string[],
): BuildSettings => {
  const pattern = escape(entry);
  const flags = { ...settings.flags, [pattern]: [...(settings.flags[pattern] ?? []), ...further] };
  return further.length === 0 ? settings : { ...settings, flags };
};

/** The flags of a file, with what was left out of them. */
const chosenFlags = (
  file: string,
  root: string,
  read: ReadFile,
  { flags, named = '' }: Pick<BuildSettings, 'flags'> & { readonly named?: string },
): Promise<Configuration> =>
  projectFlags(file, root, read, {
    words: Object.entries(flags)
      .filter(([pattern]) => isFor(pattern, file))
      .flatMap(([, words]) => words),
    from: `${named}flags`,
  });

/** More than a project has; each is compiled. */
const MOST_LINKED = 32;

/** The files whose objects make that of a source, itself among them, in the order in which they are named. */
function linkedWith(
  entry: string,
  { link, named }: BuildSettings,
): { files: readonly string[]; remarks: readonly string[] } {
  const others = Object.entries(link)
    .filter(([pattern]) => isFor(pattern, entry))
    .flatMap(([, files]) => files.map((one) => path.posix.normalize(one)));
  const all = Array.from(new Set(others.includes(entry) ? others : [entry, ...others]));
  const plain = all.filter((one) => one === entry || (isPlainPath(one) && one.endsWith('.c')));
  const files = plain.slice(0, MOST_LINKED);
  const remarks = all
    .filter((one) => !files.includes(one))
    .map((one) =>
      plain.includes(one)
        ? l10n.t(
            '{0}: {1} is left out: no more than {2} sources are linked.',
            `${named}link`,
            JSON.stringify(one),
            MOST_LINKED,
          )
        : l10n.t(
            '{0}: {1} is not a C file of the folder that is open, and is left out.',
            `${named}link`,
            JSON.stringify(one),
          ),
    );
  return files.includes(entry) ? { files, remarks } : { files: [entry], remarks };
}

/**
 * Flags that the files of a project are read to mean, beyond those that a source is compiled with, where no
 * compile_commands.json has its command: to be offered.
 */
export async function offeredFlags(
  entry: string,
  folder: string,
  read: ReadFile,
  { include, defines, flags: said }: Pick<BuildSettings, 'include' | 'defines' | 'flags'>,
  clues: Clues,
): Promise<Guess | undefined> {
  const root = withSlashes(folder);
  const { database, ...chosen } = await chosenFlags(entry, root, read, { flags: said });
  if (database !== undefined) return undefined;
  const used = {
    ...chosen,
    include: [...include, ...chosen.include],
    flags: [...chosen.flags, ...Object.keys(defines).map((one) => `-D${one}`)],
  };
  return guessFlags(entry, root, read, clues, used);
}

const withSlashes = (folder: string): string =>
  path.posix.normalize(folder.replaceAll('\\', '/')).replace(/(?<=.)\/$/, '');

/** A pattern without "/" is about the name alone, as elsewhere in the editor. */
const isFor = (pattern: string, entry: string): boolean =>
  pattern.length <= 200 &&
  minimatch(entry, pattern, { dot: true, matchBase: !pattern.includes('/') });

const isDirectory = (one: string): boolean =>
  one.startsWith('/') ||
  path.posix.normalize(one) === '.' ||
  isPlainPath(path.posix.normalize(one).replace(/(?<=.)\/$/, ''));
