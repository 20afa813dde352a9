import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { guard, makeScratch, NO_SCRATCH, RUNS_PROGRAMS, type Guard } from '../host/guard.ts';

/*
 * A source makes a compiler read what it likes. Where root is who connects, compilers and clangd are
 * therefore somebody else, and where that cannot be they do not run. Not nobody: whoever shares its
 * number may take the object out of the compiler's hands (pidfd_getfd, ptrace), and what root loads
 * would be theirs. Each run has a number of its own, as user and as group. A benchmark's netserver and
 * netperf have one, too.
 */

/** What systemd keeps for services with DynamicUser=, so that no account has one. */
const FIRST = 61184;
const LAST = 65519;

/** Locked files here, one a number, tell other runs which are taken; they go with who holds them. */
export const TAKEN = '/run/sockmap-bypass';

/** Exit status of scripts where `reserve` failed: what they were to run would be root. */
export const STILL_ROOT = 120;

/**
 * sh functions. On a login other than root's, all but `confined` do nothing.
 *
 * - `reserve [GID]` takes a number, $own, and sets $as, the command prefix that becomes it; GID is another
 *   group to be in instead. Holds until `release`, or the end of the shell. It ends a shell that stays root.
 * - `hold NAME` makes and locks the file of that name, as descriptor 9; it fails where somebody else holds it.
 * - `own_processes` prints the processes that have the number. It fails where none at all can be listed.
 * - `end_own` ends every process that has the number. It fails where one is left.
 * - `release` does that too, and gives the number back.
 * - `share PATH GID` lets that group read root's files there, and nobody else.
 * - `confined COMMAND…` runs it as $own with `limits`, a function of the caller's, until it ends or we
 *   are told to; what it has started goes with the shell. Standard input is empty.
 */
export const OWN_USER = `own= as=
own_processes() {
  # As many as there may be: a built-in command has no limit of arguments. Where the first thread of a process
  # has ended, its state is Z for as long as others run.
  (set +f; printf '%s\\n' /proc/[0-9]*/status) | xargs cat 2>/dev/null | awk -v id="$own" '
    $1 == "State:" { ended = $2 == "Z" || $2 == "X" }
    $1 == "Pid:" { pid = $2; has = 0; listed = 1 }
    $1 == "Uid:" || $1 == "Gid:" || $1 == "Groups:" { for (i = 2; i <= NF; i++) if ($i == id) has = 1 }
    $1 == "Threads:" && has && (!ended || $2 > 1) { print pid }
    END { exit !listed }' || { echo 'no process is listed in /proc' >&2; return 1; }
}
is_unused() {
  [ ! -e "/run/systemd/dynamic-uid/$own" ] || return 1
  ! grep -qsE "^([^:]*:){2,3}$own:" /etc/passwd /etc/group || return 1
  ! getent passwd "$own" >/dev/null 2>&1 || return 1
  ! getent group "$own" >/dev/null 2>&1 || return 1
  running=$(own_processes) && [ -z "$running" ]
}
hold() {
  mkdir -m 700 ${TAKEN} 2>/dev/null
  [ "$(stat -c '%u %a %F' ${TAKEN} 2>/dev/null)" = '0 700 directory' ] || return
  { command exec 9>"${TAKEN}/$1"; } 2>/dev/null || return
  # Whoever held it may have removed it meanwhile.
  flock -n 9 && [ "${TAKEN}/$1" -ef /proc/self/fd/9 ]
}
stays_root() { printf '%s\\n' "$1" >&2; exit ${STILL_ROOT}; }
reserve() {
  [ "$(id -u)" = 0 ] || return 0
  command -v flock >/dev/null || stays_root 'flock: not found'
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    own=$((${FIRST} + $(od -An -N2 -tu2 /dev/urandom) % ${LAST - FIRST + 1}))
    hold "$own" || continue
    if is_unused; then
      as="setpriv --reuid=$own --regid=\${1:-$own} --clear-groups --no-new-privs --"
      why=$($as true 2>&1) && return 0
      release
      stays_root "$why"
    fi
    rm -f "${TAKEN}/$own"
  done
  own=
  stays_root 'no number is free for it: look at ${TAKEN}'
}
end_own() {
  [ -n "$own" ] || return 0
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    running=$(own_processes) || return
    [ -n "$running" ] || return 0
    set -- $running
    # As themselves: who has got the pid of one that is gone is out of reach.
    $as sh -c 'kill -s KILL "$@"' sh "$@" 2>/dev/null
    sleep 0.05
  done
  echo "processes of user $own do not end" >&2
  return 1
}
release() {
  [ -n "$own" ] || return 0
  [ -z "$as" ] || end_own
  rm -f "${TAKEN}/$own"
  rmdir ${TAKEN} 2>/dev/null
  exec 9>&-
  own= as=
}
share() {
  [ "$(id -u)" != 0 ] || { chgrp -R -- "$2" "$1" && chmod -R g=rX,o= -- "$1"; }
}
confined() {
  child=
  trap 'exit 143' HUP INT TERM
  trap '[ -z "$child" ] || kill "$child" 2>/dev/null; release' EXIT
  (limits; exec $as "$@") </dev/null 9>&- & child=$!
  wait "$child"
  set -- $?
  child=
  return $1
}`;

/** sh: has "$@" run as the number of the compilers' directory $1 if we are root, or ends. */
export const AS_OWNER_OF_DIRECTORY = `own=$(stat -c %g "$1"); shift
if [ "$(id -u)" = 0 ]; then
  [ "$own" -ge ${FIRST} ] && [ "$own" -le ${LAST} ] || exit ${STILL_ROOT}
  set -- setpriv --reuid="$own" --regid="$own" --clear-groups --no-new-privs -- "$@"
fi`;

const REFUSED = 'what compiles would be root, and is not run';

export const stillRoot = (host: Host, tried: string, words: string): HostError =>
  new HostError({
    kind: 'not-found',
    tried,
    where: host.name,
    words: `${REFUSED}\n${words.trim()}`,
    headline: REFUSED,
    next: 'Install setpriv and flock (of util-linux) on the host, or log in as an account that uses sudo.',
  });

/**
 * Makes a directory for what a compiler reads; its name cannot be guessed. Root's is closed to all but
 * root and a number reserved for it, its group, which is free again when the directory goes; in it nobody
 * but root writes. Root's own place for temporary files may be closed to all others.
 * @param script goes on after it is made, as $d, and undoes that before it is removed.
 * @param options executable: whether programs will be run from it.
 * @throws HostError also where the compiler would be root.
 */
export async function compilerDirectory(
  host: Host,
  script: { setup: string; undo: string },
  options: { tried: string; executable?: boolean; signal?: AbortSignal | undefined },
): Promise<Guard> {
  const { tried, executable = false, signal } = options;
  const make = makeScratch([...(executable ? [RUNS_PROGRAMS] : []), OPEN].join(' &&\n'), 'release');
  try {
    const setup = [OWN_USER, 'reserve', make, script.setup, `printf '%s\\n' "$d"`].join('\n');
    const undo = [script.undo, 'release', 'rm -rf "$d"'].join('\n');
    return await guard(host, { setup, undo }, { tried, next: NO_SCRATCH, signal });
  } catch (error) {
    if (!(error instanceof HostError) || error.problem.exitCode !== STILL_ROOT) throw error;
    throw stillRoot(host, tried, error.problem.words);
  }
}

/** For `makeScratch`: the compiler gets there. */
const OPEN = `{ [ -z "$as" ] || { chgrp "$own" "$d" && chmod 710 "$d" && $as sh -c 'cd "$1"' sh "$d"; }; }`;
