import * as l10n from '@vscode/l10n';
import path from 'node:path';
import { minimatch } from 'minimatch';
import { isPlainPath } from '../../host/plainPath.ts';
import type { BpfSource } from '../build.ts';
import type { BuildLimits } from '../compilerLimits.ts';
import { collectSource, type ReadFile } from '../source.ts';
import { acceptFlags, type AcceptedFlags } from './accepted.ts';
import { joined, projectFlags } from './configuration.ts';
import { guessFlags, type Guess } from './guess.ts';

/** How sources are built, as a person says beside what their project does. */
export interface BuildSettings {
  /** Directories: relative to the folder, or absolute on the host. */
  readonly include: readonly string[];
  readonly defines: Readonly<Record<string, number>>;
  /** Words of a compiler's command by the pattern of the sources that they are for; they count where the project says nothing. */
  readonly flags: Readonly<Record<string, readonly string[]>>;
  /** What that may take. */
  readonly limits?: BuildLimits;
  /** The beginning of their names, for remarks: of settings, or of options. */
  readonly named: string;
}

/**
 * A source with what it includes and how it is built: for loading, verifying and clangd alike.
 * @param folder absolute on this machine.
 * @throws SourceError where it includes what may not be read.
 */
export async function configuredSource(
  entry: string,
  folder: string,
  read: ReadFile,
  settings: BuildSettings,
): Promise<BpfSource> {
  const root = withSlashes(folder);
  const project = await projectFlags(entry, root, read);
  const { include, defines, limits, named } = settings;
  const further = joined(
    ...Object.entries(settings.flags)
      .filter(([pattern]) => isFor(pattern, entry))
      .map(([, words]) => acceptFlags(words, { root, directory: '', from: `${named}flags` })),
  );
  const chosen: AcceptedFlags = project.from.length > 0 ? project : further;
  const left = include.filter((one) => !isDirectory(one));
  const remarks = [
    ...project.remarks,
    ...(chosen === project ? [] : further.remarks),
    ...left.map((one) =>
      l10n.t(
        '{0}: {1} is outside of the folder that is open, and is left out.',
        `${named}include`,
        JSON.stringify(one),
      ),
    ),
  ];
  const { flags, preincluded } = chosen;
  return collectSource(entry, read, {
    // A person's own come first, so that they can correct the project's.
    include: [...include.filter(isDirectory), ...chosen.include],
    defines,
    ...(limits && { limits }),
    ...(flags.length > 0 && { flags }),
    ...(preincluded.length > 0 && { preincluded }),
    ...(remarks.length > 0 && { remarks }),
  });
}

/**
 * Flags that the files of a project are read to mean, for a source of which neither these say how it is compiled nor a
 * person: to be offered.
 * @param goFiles names of files beside the source, which may generate it.
 */
export async function offeredFlags(
  entry: string,
  folder: string,
  read: ReadFile,
  { flags }: Pick<BuildSettings, 'flags'>,
  goFiles: readonly string[],
): Promise<Guess | undefined> {
  const isSaid = Object.entries(flags).some(
    ([pattern, words]) => words.length > 0 && isFor(pattern, entry),
  );
  const root = withSlashes(folder);
  if (isSaid || (await projectFlags(entry, root, read)).from.length > 0) return undefined;
  return guessFlags(entry, root, read, goFiles);
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
