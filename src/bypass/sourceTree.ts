import { lstat, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { HostError } from '../host/errors.ts';
import type { BpfSource } from './compile.ts';

/** More than the largest BPF programs there are; vmlinux.h, generated on the host, has 3 MB. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_TOTAL_BYTES = 16 * 1024 * 1024;
const MAX_FILES = 300;

export interface SourceTreeOptions {
  /** The BPF C file, absolute. */
  readonly entry: string;
  /** What may be uploaded: the workspace folder, absolute. Nothing outside of it is read. */
  readonly root: string;
  /** Texts of files that an editor has, by absolute path, in place of what the disk has. */
  readonly texts?: ReadonlyMap<string, string>;
  /** Further directories with headers, relative to the root or absolute. */
  readonly include?: readonly string[];
}

/** A line of the source that cannot be followed; lines from 0. */
export class IncludeError extends HostError {
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number, words: string, next: string) {
    super({ kind: 'input', tried: `read ${file}`, where: 'this machine', words, next });
    this.file = file;
    this.line = line;
  }
}

/**
 * A file and what it includes from its own folder, as far as that exists; what does not is the
 * host's, or the compiler complains. Paths in the result are relative to the root.
 * @throws IncludeError of an include that leads outside, and of files that are too large.
 */
export async function readSourceTree(options: SourceTreeOptions): Promise<BpfSource> {
  const root = await realpath(options.root);
  const entry = await realpath(options.entry);
  const files = new Map<string, Uint8Array>();
  const name = (file: string) => path.relative(root, file).split(path.sep).join('/');
  const isInside = (file: string) => {
    const relative = path.relative(root, file);
    return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
  };
  const search = (options.include ?? []).map((one) => path.resolve(root, one));
  let total = 0;

  const add = async (file: string, from: { file: string; line: number }): Promise<void> => {
    if (files.has(name(file))) return;
    const text = options.texts?.get(file);
    const size = text === undefined ? (await lstat(file)).size : Buffer.byteLength(text);
    if (size > MAX_FILE_BYTES || total + size > MAX_TOTAL_BYTES || files.size === MAX_FILES) {
      throw new IncludeError(
        from.file,
        from.line,
        `${name(file)} has ${(size / 2 ** 20).toFixed(1)} MB: a file may have ${MAX_FILE_BYTES / 2 ** 20} MB here, all together ${MAX_TOTAL_BYTES / 2 ** 20} MB in ${MAX_FILES} files`,
        'Leave it out.',
      );
    }
    total += size;
    const content = text === undefined ? await readFile(file) : Buffer.from(text);
    files.set(name(file), content);
    for (const { target, quoted, line } of includes(content.toString())) {
      const here = { file: name(file), line };
      if (path.isAbsolute(target) || target.startsWith('~') || /^[a-z]+:\/\//i.test(target)) {
        throw new IncludeError(
          here.file,
          here.line,
          `"${target}" is not a path below this folder`,
          'Include it by a path relative to this file.',
        );
      }
      for (const directory of [...(quoted ? [path.dirname(file)] : []), ...search]) {
        const candidate = path.resolve(directory, target);
        const found = await realpath(candidate).catch(() => undefined);
        if (quoted && !isInside(candidate) && directory === path.dirname(file)) {
          throw new IncludeError(
            here.file,
            here.line,
            `"${target}" lies outside of the folder ${root}`,
            'Copy it into the folder, or open the folder that holds both.',
          );
        }
        if (found === undefined) continue;
        const stat = await lstat(found);
        if (!isInside(found) || !stat.isFile()) {
          throw new IncludeError(
            here.file,
            here.line,
            `"${target}" is ${stat.isFile() ? `a link to ${found}, outside of the folder` : 'not a file'}`,
            'Copy it into the folder.',
          );
        }
        // The name the compiler will look for; where it is a link, its own text.
        if (found !== candidate) {
          await add(found, here);
          const content = files.get(name(found));
          if (content !== undefined) files.set(name(candidate), content);
        } else await add(found, here);
        break;
      }
    }
  };
  if (!isInside(entry)) {
    throw new IncludeError(options.entry, 0, 'it lies outside of the folder', 'Open its folder.');
  }
  await add(entry, { file: name(entry), line: 0 });
  return { entry: name(entry), files };
}

/** `#include`s that name their file; those by a macro are left to the compiler and its limits. */
function includes(text: string): { target: string; quoted: boolean; line: number }[] {
  const found: { target: string; quoted: boolean; line: number }[] = [];
  text.split('\n').forEach((words, line) => {
    const match = /^\s*#\s*(?:include|include_next|import)\s*(?:"([^"]+)"|<([^>]+)>)/.exec(words);
    const target = match?.[1] ?? match?.[2];
    if (target !== undefined) found.push({ target, quoted: match?.[1] !== undefined, line });
  });
  return found;
}
