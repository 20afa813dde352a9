import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { OWN_USER, STILL_ROOT, stillRoot } from './unprivileged.ts';

/** A native program of ours for the host: `bpf/tools/verify.c`, `bpf/tools/semantics.c`. */
export interface Tool {
  /** What the program is called; its source is NAME.c. */
  readonly name: string;
  readonly source: Uint8Array;
  readonly flags: readonly string[];
  readonly libraries?: readonly string[];
}

/**
 * Builds a program in a private directory of the host, not as root, which may run it.
 * @returns its path on the host.
 * @throws HostError of kind `compile` with clang's words.
 */
export async function buildTool(
  host: Host,
  directory: string,
  { name, source, flags, libraries = [] }: Tool,
  options: { tried: string; next: string; signal?: AbortSignal | undefined },
): Promise<string> {
  const { tried, next, signal } = options;
  const argv = ['clang', ...flags, '-o', name, `${name}.c`, ...libraries];
  const { exitCode, stderr } = await host.run(['sh', '-c', BUILD, 'sh', directory, name, ...argv], {
    tried,
    input: source,
    signal,
    timeoutMs: (BUILD_SECONDS + 10) * 1000,
  });
  if (exitCode === 0) return `${directory}/${name}`;
  if (exitCode === STILL_ROOT) throw stillRoot(host, tried, stderr);
  throw new HostError({ kind: 'compile', tried, where: host.name, words: stderr, next });
}

const BUILD_SECONDS = 50;

/**
 * $1 directory, $2 name, then the compiler; the source comes on standard input. A linker writes files: it
 * does so in a directory of its own, from which root takes nothing but bytes, and which is emptied by
 * whom it belongs to.
 */
const BUILD = `directory=$1 name=$2; shift 2
umask 077
${OWN_USER}
reserve
place=$(mktemp -d "$directory/build.XXXXXXXX") && cd "$place" || exit
[ -z "$as" ] || chown "$own:$own" . || exit
$as sh -c 'cat >"$1"' sh "$name.c" || exit
limits() { TMPDIR=. HOME=.; export TMPDIR HOME; ulimit -c 0; }
confined timeout -k 2 ${BUILD_SECONDS} "$@" >&2
code=$?
end_own || exit
[ $code != 0 ] || $as cat "./$name" >"$directory/$name" && chmod 700 "$directory/$name" || code=1
$as find . -xdev -mindepth 1 -delete
cd / && rmdir "$place"
exit $code`;
