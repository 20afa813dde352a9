import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { guard, type Guard } from '../host/scratch.ts';

/*
 * A source makes a compiler read what it likes. Where root is who connects, the compiler and clangd are
 * therefore nobody, and where that cannot be they do not run.
 */

/** The number that no file should belong to, the same everywhere. */
const NOBODY = 65534;

export const AS_NOBODY = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --no-new-privs --`;

/** Exit code of `NOT_AS_ROOT`. */
export const STILL_ROOT = 120;

/** sh: has "$@" run as nobody if we are root, or ends. */
export const NOT_AS_ROOT = `if [ "$(id -u)" = 0 ]; then
  ${AS_NOBODY} true || exit ${STILL_ROOT}
  set -- ${AS_NOBODY} "$@"
fi`;

const REFUSED = 'what compiles would be root, and is not run';

export const stillRoot = (host: Host, tried: string, words: string): HostError =>
  new HostError({
    kind: 'not-found',
    tried,
    where: host.name,
    words: `${REFUSED}\n${words.trim()}`,
    headline: REFUSED,
    next: 'Install setpriv (of util-linux) on the host, or log in as an account that uses sudo.',
  });

/**
 * Makes a directory for what a compiler reads; its name cannot be guessed, and root's compiler, who is
 * nobody, gets to what is below. Root's own place for temporary files may be closed to all others.
 * @param script goes on after it is made, as $d, and removes it in the end.
 * @throws HostError also where the compiler would be root.
 */
export async function compilerDirectory(
  host: Host,
  script: { setup: string; undo: string },
  options: { tried: string; signal?: AbortSignal | undefined },
): Promise<Guard> {
  try {
    const setup = [MAKE, script.setup, `printf '%s\\n' "$d"`].join('\n');
    return await guard(host, { setup, undo: script.undo }, options);
  } catch (error) {
    if (!(error instanceof HostError) || !error.problem.words.startsWith(REFUSED)) throw error;
    throw stillRoot(host, options.tried, error.problem.words.slice(REFUSED.length));
  }
}

const MAKE = `umask 077
for t in "\${TMPDIR:-/tmp}" /tmp /var/tmp; do
  d=$(mktemp -d "$t/sockmap-bypass.XXXXXXXXXX") && chmod 711 "$d" || exit 1
  [ "$(id -u)" = 0 ] || break
  why=$(${AS_NOBODY} sh -c 'cd "$1"' sh "$d" 2>&1) && break
  rm -rf "$d"; d=
done
[ -n "$d" ] || { printf '%s\\n%s\\n' '${REFUSED}' "$why" >&2; exit 1; }`;
