import path from 'node:path';
import { wantsKernelTypes } from '../kernelTypes.ts';
import { collect, includesOf, type ReadFile } from '../source.ts';
import { nearestFirst, type FindFiles } from './files.ts';

const MOST_ROUNDS = 12;

interface Search {
  /** Headers that the compiler did not find, as they are included. */
  readonly missing: readonly string[];
  /** Directories that are searched anyway. */
  readonly include: readonly string[];
  /** `uname -m` of the host that they are for. */
  readonly architecture: string | undefined;
  readonly find: FindFiles;
}

/**
 * Directories of the folder to search so that headers are found which the compiler did not find, and what these
 * include in turn: of several, the nearest to the source.
 */
export async function headerDirectories(
  { missing, include, architecture, find }: Search,
  entry: string,
  read: ReadFile,
): Promise<string[]> {
  const found: string[] = [];
  const { files: own } = await collect(entry, read, { include });
  const looked = new Set<string>();
  // One of the project's own is asked for where the host's types are used, and are not those.
  let wanted = missing.filter((name) => name !== 'vmlinux.h' || wantsKernelTypes(own));
  for (let round = 0; round < MOST_ROUNDS && wanted.length > 0; round++) {
    const before = found.length;
    for (const name of wanted) {
      looked.add(name);
      const files = await find((file) => file === name || file.endsWith(`/${name}`));
      const [nearest] = nearestFirst(ofMachine(files, architecture), entry);
      const directory = nearest?.slice(0, -name.length).replace(/\/$/, '');
      if (directory === undefined) continue;
      const place = directory === '' ? '.' : directory;
      if (![...include, ...found].includes(place)) found.push(place);
    }
    if (found.length === before) break;
    wanted = (await unresolved(entry, read, [...include, ...found])).filter(
      (name) => !looked.has(name),
    );
  }
  return found;
}

/** Keeps the headers of one machine, where a project has them for several. */
const ofMachine = (
  files: readonly string[],
  architecture: string | undefined,
): readonly string[] => {
  if (architecture === undefined) return files;
  const names = MACHINES.find((one) => one.includes(architecture)) ?? [architecture];
  const meant = files.filter((file) => file.split('/').some((one) => names.includes(one)));
  return meant.length > 0 ? meant : files;
};

const MACHINES = [
  ['x86_64', 'x86', 'x64', 'amd64'],
  ['aarch64', 'arm64'],
];

/** Headers that are found neither beside what includes them nor in a directory, and are no business of the host. */
async function unresolved(
  entry: string,
  read: ReadFile,
  include: readonly string[],
): Promise<string[]> {
  const { files } = await collect(entry, read, { include });
  const isOurs = ({ name, quoted }: { name: string; quoted: boolean }) =>
    path.posix.basename(name) !== 'vmlinux.h' && (quoted || !OF_HOST.test(name));
  const names = Array.from(files).flatMap(([file, text]) =>
    includesOf(text)
      .filter(isOurs)
      .filter(({ name, quoted }) => {
        const beside = quoted ? [path.posix.dirname(file)] : [];
        const places = [...beside, path.posix.dirname(entry), ...include];
        return !places.some((one) => files.has(path.posix.join(one, name)));
      })
      .map(({ name }) => name),
  );
  return Array.from(new Set(names));
}

/** Names of the headers of the kernel, libbpf and the C library. */
const OF_HOST =
  /^(?:(?:arpa|asm|asm-generic|bits|bpf|linux|net|netinet|sys|xdp)\/|(?:assert|ctype|endian|errno|fcntl|inttypes|limits|math|signal|std\w+|string|time|unistd)\.h$)/;
