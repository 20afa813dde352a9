import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { HostError } from '../host/errors.ts';
import { isPlainPath } from '../host/scratch.ts';
import type { BpfSource } from './compile.ts';
import type { Policy } from './status.ts';

/** Reads a file of the source's folder by its relative path; undefined where there is none. */
export type ReadFile = (file: string) => Promise<Uint8Array | undefined>;

/** A file that is not read, or an include that is not followed. */
export interface Refusal {
  /** Where it stands, relative to the folder. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** What is wrong with it, one sentence. */
  readonly wrong: string;
}

export interface Collected extends BpfSource {
  readonly refused: readonly Refusal[];
}

/** Far more than BPF programs have; a kernel's vmlinux.h takes half of it. */
export const LIMITS = { fileBytes: 8 * 2 ** 20, files: 200 } as const;

const ENTRY: Readonly<Record<Policy, string>> = {
  guarded: 'sockmap_bypass.bpf.c',
  classic: 'classic.bpf.c',
};

export const policyEntry = (policy: Policy): string => ENTRY[policy];

/**
 * A source with the files of its folder that it includes, and those that they include. What lies
 * outside of the folder is never read; what is not in it the compiler looks for among the host's headers.
 */
export async function collect(entry: string, read: ReadFile): Promise<Collected> {
  const files = new Map<string, Uint8Array>();
  const refused: Refusal[] = [];
  const seen = new Set<string>();
  const add = async (file: string, from: { file: string; line: number }): Promise<boolean> => {
    if (seen.has(file)) return true;
    const refuse = (wrong: string): boolean => refused.push({ ...from, wrong }) > 0;
    if (!isPlainPath(file))
      return refuse(
        `${JSON.stringify(file)} is outside of the folder of the source, or has an odd name: it is not read.`,
      );
    const content = await read(file);
    if (content === undefined) return false;
    seen.add(file);
    if (content.length > LIMITS.fileBytes) {
      return refuse(
        `${file} has ${content.length} bytes, more than the ${LIMITS.fileBytes} a source may have.`,
      );
    }
    if (files.size === LIMITS.files) {
      return refuse(
        `${file} is file ${LIMITS.files + 1} of the source: no more than ${LIMITS.files} are read.`,
      );
    }
    files.set(file, content);
    for (const include of includesOf(content)) {
      const place = { file, line: include.line };
      const beside = path.posix.join(path.posix.dirname(file), include.name);
      const tried = path.posix.isAbsolute(include.name)
        ? [include.name]
        : include.quoted
          ? [beside, path.posix.normalize(include.name)]
          : [path.posix.normalize(include.name)];
      for (const one of new Set(tried)) if (await add(one, place)) break;
    }
    return true;
  };
  if (!(await add(entry, { file: entry, line: 1 })))
    refused.push({ file: entry, line: 1, wrong: `${entry} is not there.` });
  return { entry, files, refused };
}

/** @throws HostError of kind `input` where something of it may not be read. */
export async function collectSource(entry: string, read: ReadFile): Promise<BpfSource> {
  const { files, refused } = await collect(entry, read);
  if (refused.length === 0) return { entry, files };
  throw new HostError({
    kind: 'input',
    tried: `read ${entry}`,
    where: 'this machine',
    words: refused.map(({ file, line, wrong }) => `${file}:${line}: ${wrong}`).join('\n'),
    next: 'Keep what it includes in its own folder.',
  });
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

const INCLUDE =
  /^[ \t]*#.*\b(?:include|include_next|import|__has_include)\b[ \t(]*(?:"([^"]+)"|<([^>]+)>)/;

/** Reads below a local directory, and nothing that a link in it points to elsewhere. */
export function directoryReader(directory: string): ReadFile {
  return async (file) => {
    try {
      const [root, real] = await Promise.all([
        realpath(directory),
        realpath(path.join(directory, file)),
      ]);
      return real.startsWith(root + path.sep) ? await readFile(real) : undefined;
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
        return undefined;
      throw error;
    }
  };
}

/** The programs of a policy with what they include, from a local directory. */
export const readSource = (directory: string, policy: Policy): Promise<BpfSource> =>
  collectSource(ENTRY[policy], directoryReader(directory));

/** The socket-semantics probe, native C for the host. */
export const readProbe = (directory: string): Promise<Uint8Array> =>
  readFile(path.join(directory, 'semantics.c'));
