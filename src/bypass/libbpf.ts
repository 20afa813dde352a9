import * as l10n from '@vscode/l10n';
import path from 'node:path';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';

/** A libbpf that an administrator has put on a host beside the distribution's. Paths are absolute, without links. */
export interface Libbpf {
  /** The directory with `bpf/libbpf.h`. */
  readonly headers: string;
  /** `libbpf.a`, else `libbpf.so`. */
  readonly library: string;
  /** Another one where something else was installed there. */
  readonly state: string;
}

/** The fault of a prefix, before any host is asked; undefined: none. */
export const prefixFault = (prefix: string): string | undefined =>
  path.posix.isAbsolute(prefix) && prefix.length <= 1000 && !prefix.includes('\0')
    ? undefined
    : l10n.t('not an absolute path of the host');

/** The headers of a prefix, for sources: what compiles them is not root. */
export const headersOf = (prefix: string): string => path.posix.join(prefix, 'include');

/**
 * Looks for a libbpf that may go into what root runs: one that nobody but root can change.
 * @param prefix as in `make install PREFIX=…`.
 * @throws HostError of kind `input` that names the path, and what is wrong with it.
 */
export async function findLibbpf(
  host: Host,
  prefix: string,
  signal?: AbortSignal,
): Promise<Libbpf> {
  const tried = l10n.t('use the libbpf of {0}', prefix);
  const { exitCode, stdout, stderr } = await host.run(scriptArgv('libbpf.sh', prefix), {
    tried,
    signal,
  });
  const [, headers, library, state] = ANSWER.exec(stdout) ?? [];
  if (exitCode === 0 && headers && library && state) return { headers, library, state };
  throw new HostError({
    kind: exitCode === REFUSED ? 'input' : 'command',
    tried,
    where: host.name,
    words: stderr,
    next: l10n.t(
      'The verification helper runs as root there: have an administrator install libbpf (make install PREFIX=…) where only root can write, or leave the prefix out (sockmapBypass.verify.libbpf, --libbpf).',
    ),
  });
}

const REFUSED = 3;
const ANSWER = /^(\/[\w.+@~/-]+)\n(\/[\w.+@~/-]+\.(?:a|so))\n([\d: ]+)$/;

/** The beginning and the end of a compiler's command, to build with it and to link it. */
export function libbpfFlags({ headers, library }: Libbpf): {
  flags: string[];
  libraries: string[];
} {
  const isShared = library.endsWith('.so');
  const there = path.posix.dirname(library);
  return {
    flags: [`-I${headers}`],
    libraries: isShared
      ? // DT_RPATH rather than DT_RUNPATH: no variable overrides it.
        [library, ...['--disable-new-dtags', '-rpath', there].flatMap((one) => ['-Xlinker', one])]
      : // It may have been compiled for a fixed place.
        ['-no-pie', library, '-lelf', '-lz'],
  };
}
