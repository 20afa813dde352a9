import * as l10n from '@vscode/l10n';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { guard, noScratch, type Guard } from '../host/guard.ts';

/** Exit status of scripts where `reserve` failed: what they were to run would be root. */
export const STILL_ROOT = 120;

const REFUSED = 'what compiles would be root, and is not run';

/** That of scripts whose directory is gone, or somebody else's now: the connection that held it was cut. */
const NOT_OURS = 119;

/** Why a script ran no compiler; undefined: it did. */
export function notRun(
  host: Host,
  tried: string,
  { exitCode, stderr }: { exitCode: number; stderr: string },
): HostError | undefined {
  if (exitCode === STILL_ROOT) return stillRoot(host, tried, stderr);
  if (exitCode !== NOT_OURS) return undefined;
  const next = l10n.t('Try again: it will be made again.');
  return new HostError({ kind: 'connection-lost', tried, where: host.name, words: stderr, next });
}

const stillRoot = (host: Host, tried: string, words: string): HostError =>
  new HostError({
    kind: 'not-found',
    tried,
    where: host.name,
    words: `${REFUSED}\n${words.trim()}`,
    headline: REFUSED,
    next: l10n.t(
      'Install setpriv and flock (of util-linux) on the host, or log in as an account that uses sudo.',
    ),
  });

/**
 * Makes a directory for what a compiler reads.
 * @param script `workbench.sh` or `mirror.sh`, which say who may do what in it.
 * @throws HostError also where the compiler would be root.
 */
export async function compilerDirectory(
  host: Host,
  script: { setup: string; args?: readonly string[] },
  options: { tried: string; signal?: AbortSignal | undefined },
): Promise<Guard> {
  try {
    return await guard(host, script, { ...options, next: noScratch() });
  } catch (error) {
    if (!(error instanceof HostError) || error.problem.exitCode !== STILL_ROOT) throw error;
    throw stillRoot(host, options.tried, error.problem.words);
  }
}
