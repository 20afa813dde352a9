import { HostError } from '../host/errors.ts';
import { hostFunctions } from '../host/hostScript.ts';
import type { Host } from '../host/host.ts';
import { guard, makeScratch, NO_SCRATCH, RUNS_PROGRAMS, type Guard } from '../host/guard.ts';

/** What systemd keeps for services with DynamicUser=, so that no account has one. */
const FIRST = 61184;
const LAST = 65519;

/** Locked files here, one a number, tell other runs which are taken; they go with who holds them. */
export const TAKEN = '/run/sockmap-bypass';

/** Exit status of scripts where `reserve` failed: what they were to run would be root. */
export const STILL_ROOT = 120;

/** sh functions of `sockmap-bypassctl`, which says what each does. */
export const OWN_USER = `own= as=
${hostFunctions('reserve', 'hold', 'end_own', 'release', 'share', 'confined')}`;

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
