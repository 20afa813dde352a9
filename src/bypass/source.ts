import * as l10n from '@vscode/l10n';
import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { HostError } from '../host/errors.ts';
import { isPlainPath } from '../host/plainPath.ts';
import type { BpfSource, Unit } from './build.ts';
import { KERNEL_TYPES } from './kernelTypes.ts';
import type { Policy } from './attachment.ts';

/**
 * Reads a file of the source's folder by its path relative to it, with "/": its content, undefined
 * where there is none, or why it may not be read ("is a link to elsewhere").
 */
export type ReadFile = (file: string) => Promise<Uint8Array | { wrong: string } | undefined>;

/** A file that is not read, or an include that is not followed. */
export interface Refusal {
  /** Where it stands, relative to the folder. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The fault, in one sentence. */
  readonly wrong: string;
}

export interface Collected extends BpfSource {
  readonly refused: readonly Refusal[];
}

/** A source that includes what may not be read. */
export class SourceError extends HostError {
  readonly refused: readonly Refusal[];
  /** Those that could be read. */
  readonly files: readonly string[];

  constructor({ entry, refused, files }: Collected) {
    super({
      kind: 'input',
      tried: l10n.t('read {0}', entry),
      where: l10n.t('this machine'),
      words: refused.map(({ file, line, wrong }) => `${file}:${line}: ${wrong}`).join('\n'),
      next: SourceError.next,
    });
    this.refused = refused;
    this.files = Array.from(files.keys());
  }

  static get next(): string {
    return l10n.t(
      'Keep what it includes in its own folder, or name a folder above that has both (sockmapBypass.verify.root, --root).',
    );
  }
}

/** Far more than BPF programs have; a kernel's vmlinux.h takes half of the first. */
export const LIMITS = { fileBytes: 8 * 2 ** 20, totalBytes: 16 * 2 ** 20, files: 300 } as const;

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** For readers, so that they refuse a file by its size before they read it. */
export const tooLarge = (bytes: number): { wrong: string } | undefined =>
  bytes <= LIMITS.fileBytes
    ? undefined
    : {
        wrong: l10n.t(
          'has {0}, more than the {1} a file may have here',
          mebibytes(bytes),
          mebibytes(LIMITS.fileBytes),
        ),
      };

/**
 * A source with the files of its folder that it includes, and those that they include, by their
 * paths in it. What lies outside of the folder is never read; what is not in it the compiler looks
 * for among the host's headers.
 * @param entry the source's path in the folder.
 * @param how it is built; of the directories to search, those that are relative are the folder's.
 * @param before files of the source that are read already, as those of what it is linked with.
 */
export async function collect(
  entry: string,
  read: ReadFile,
  how: Omit<BpfSource, 'entry' | 'files'> = {},
  before: BpfSource['files'] = new Map(),
): Promise<Collected> {
  const files = new Map(before);
  const seen = new Set<string>();
  const refused: Refusal[] = [];
  const typeDirectories = new Set<string>();
  const further = (how.include ?? []).filter((one) => !path.posix.isAbsolute(one));
  const searched = [path.posix.dirname(entry), ...further.map((one) => path.posix.normalize(one))];
  let total = Array.from(files.values()).reduce((sum, { length }) => sum + length, 0);

  const look = async (file: string): Promise<Uint8Array | { wrong: string } | undefined> => {
    if (!isPlainPath(file)) {
      return {
        wrong: l10n.t('is outside of the folder of the source, or has an odd name: it is not read'),
      };
    }
    const found = await read(file);
    if (found === undefined || 'wrong' in found) return found;
    if (files.size === LIMITS.files) {
      return {
        wrong: l10n.t(
          'is file {0} of the source: no more than {1} are read',
          LIMITS.files + 1,
          LIMITS.files,
        ),
      };
    }
    return total + found.length > LIMITS.totalBytes
      ? {
          wrong: l10n.t(
            'and the rest have more than the {0} a source may have',
            mebibytes(LIMITS.totalBytes),
          ),
        }
      : (tooLarge(found.length) ?? found);
  };
  /** @returns whether the compiler's search ends here. */
  const add = async (file: string, from: { file: string; line: number }): Promise<boolean> => {
    if (seen.has(file)) return true;
    const found = files.get(file) ?? (await look(file));
    if (found === undefined) return false;
    if ('wrong' in found) {
      refused.push({ ...from, wrong: `${JSON.stringify(file)} ${found.wrong}.` });
      return true;
    }
    seen.add(file);
    if (!files.has(file)) total += found.length;
    files.set(file, found);
    for (const { name, quoted, line } of includesOf(found)) {
      const beside = quoted ? [path.posix.dirname(file)] : [];
      await find(name, [...beside, ...searched], { file, line });
    }
    return true;
  };
  /**
   * Where the host's vmlinux.h is put for a source that looks for one in a directory (`"../vmlinux.h"`, `<bpf/vmlinux.h>`)
   * and has none of its own: the host's is found by its bare name alone.
   * @param place where the compiler looks first.
   */
  const serveTypes = (name: string, place: string): string | undefined => {
    const [, up] = /^((?:\.\.\/){0,8})(?!\.\.\/)(?:.*\/)?vmlinux\.h$/.exec(name) ?? [];
    if (up === undefined || name === 'vmlinux.h') return undefined;
    // Above the folder there is no place: a directory that is searched lies so deep that its own parents are in it.
    const directory = path.posix.join(TYPES_DIRECTORY, up.replaceAll('..', 'd'), '.');
    const served = isPlainPath(place) ? place : path.posix.join(directory, name);
    if (!isPlainPath(served)) return undefined;
    files.set(served, KERNEL_TYPES);
    if (served === place) return served;
    // A directory without a file is not there.
    files.set(path.posix.join(directory, 'vmlinux.h'), KERNEL_TYPES);
    typeDirectories.add(directory.replace(/\/$/, ''));
    return served;
  };
  /** @returns the first of the places where it is; undefined where it is in none. */
  const find = async (
    name: string,
    directories: readonly string[],
    from: { file: string; line: number },
  ): Promise<string | undefined> => {
    const candidates = isElsewhere(name)
      ? [name]
      : Array.from(new Set(directories.map((directory) => path.posix.join(directory, name))));
    // One that leads out of the folder is none, where another does not.
    const [outside, inside] = [
      candidates.filter((one) => !isPlainPath(one)),
      candidates.filter(isPlainPath),
    ];
    for (const one of inside) if (await add(one, from)) return one;
    const served = isElsewhere(name) ? undefined : serveTypes(name, candidates[0] ?? '');
    if (served !== undefined) return served;
    const [first] = outside;
    if (first !== undefined) await add(first, from);
    return undefined;
  };
  if (!(await add(entry, { file: entry, line: 1 })))
    refused.push({
      file: entry,
      line: 1,
      wrong: l10n.t('{0} is not there.', JSON.stringify(entry)),
    });
  const preincluded: string[] = [];
  for (const one of how.preincluded ?? []) {
    const found = path.posix.isAbsolute(one)
      ? undefined
      : await find(one, ['', ...searched], { file: entry, line: 1 });
    // The host's has no path in the source.
    if (found === undefined && isPlainPath(one) && path.posix.basename(one) === 'vmlinux.h')
      files.set(one, KERNEL_TYPES);
    preincluded.push(found ?? one);
  }
  const include = [...(how.include ?? []), ...typeDirectories];
  return {
    ...how,
    ...(include.length > 0 && { include }),
    ...(preincluded.length > 0 && { preincluded }),
    entry,
    files,
    refused,
  };
}

const TYPES_DIRECTORY = '.sockmap-bypass';

/** An absolute path, or the address of something remote. */
const isElsewhere = (name: string): boolean => /^(?:[a-z][a-z\d+.-]*:\/)?\//i.test(name);

/** @throws SourceError where something of it may not be read. */
export async function collectSource(...request: Parameters<typeof collect>): Promise<BpfSource> {
  const { refused, ...source } = await collect(...request);
  if (refused.length > 0) throw new SourceError({ ...source, refused });
  return source;
}

/**
 * A source whose object is linked of those of several files, or is its own alone.
 * @param units these files, the source among them.
 * @throws SourceError where something of one of them may not be read.
 */
export async function collectLinked(
  entry: string,
  read: ReadFile,
  units: readonly Unit[],
): Promise<BpfSource> {
  const linked: Unit[] = [];
  const refused: Refusal[] = [];
  let files: BpfSource['files'] = new Map();
  for (const unit of units) {
    const {
      refused: further,
      files: more,
      ...found
    } = await collect(unit.entry, read, unit, files);
    // A missing file cannot be marked: its name is, in the source.
    refused.push(...further.map((one) => (more.has(one.file) ? one : { ...one, file: entry })));
    files = more;
    linked.push(found);
  }
  const own = linked.find((one) => one.entry === entry) ?? { entry };
  const source = { ...own, files, ...(linked.length > 1 && { linked }) };
  if (refused.length > 0) throw new SourceError({ ...source, refused });
  return source;
}

export interface Include {
  readonly name: string;
  readonly quoted: boolean;
  /** From 1. */
  readonly line: number;
}

/** The files a text includes, or asks for; what stands in a comment or an inactive branch too. */
export function includesOf(content: Uint8Array | string): Include[] {
  const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
  const lines = text.includes('include') ? text.split('\n') : [];
  return lines.flatMap((line, index) => {
    const found = INCLUDE.exec(line);
    const [name, quoted] = [found?.[1] ?? found?.[2] ?? '', found?.[1] !== undefined];
    return name === ''
      ? []
      : [
          {
            name: Buffer.from(name, typeof content === 'string' ? 'utf8' : 'latin1').toString(),
            quoted,
            line: index + 1,
          },
        ];
  });
}

/** Behind a byte order mark too, of either kind of text. */
const INCLUDE =
  /^(?:\ufeff|\xef\xbb\xbf)?[ \t]*#.*\b(?:include|include_next|import|__has_include)\b[ \t(]*(?:"([^"]+)"|<([^<>]+)>)/;

/**
 * Reads regular files below a local directory, through links too, but none that a link in it points
 * to elsewhere.
 * @param texts of files that an editor has, in place of what the disk has, by their relative path.
 */
export function directoryReader(
  directory: string,
  texts: ReadonlyMap<string, string> = new Map(),
): ReadFile {
  return async (file) => {
    try {
      const [root, real] = await Promise.all([
        realpath(directory),
        realpath(path.join(directory, file)),
      ]);
      const inside = path.relative(root, real).split(path.sep).join('/');
      if (/^\.\.(?:\/|$)/.test(inside) || path.isAbsolute(inside)) {
        return { wrong: l10n.t('is a link to what lies outside of the folder of the source') };
      }
      const found = await stat(real);
      if (found.isDirectory()) return undefined;
      if (!found.isFile()) return { wrong: l10n.t('is not a regular file') };
      const text = texts.get(file) ?? texts.get(inside);
      if (text !== undefined) return Buffer.from(text);
      return tooLarge(found.size) ?? (await readFile(real));
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      const text = texts.get(file);
      if (!['ENOENT', 'ENOTDIR'].includes(code))
        return { wrong: l10n.t('cannot be read: {0}', code) };
      return text === undefined ? undefined : Buffer.from(text);
    }
  };
}

const ENTRY: Readonly<Record<Policy, string>> = {
  guarded: 'sockmap_bypass.bpf.c',
  classic: 'classic.bpf.c',
};

export const policyEntry = (policy: Policy): string => ENTRY[policy];

/** The programs of a policy with what they include, from a local directory. */
export const readSource = (directory: string, policy: Policy): Promise<BpfSource> =>
  collectSource(ENTRY[policy], directoryReader(directory));

/** The host's own command. */
export const readCommand = (directory: string): Promise<Uint8Array> =>
  readFile(path.join(directory, 'tools', 'sockmap-bypassctl'));

/** The socket-semantics probe, native C for the host. */
export const readProbe = (directory: string): Promise<Uint8Array> =>
  readFile(path.join(directory, 'tools', 'semantics.c'));
