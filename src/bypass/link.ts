import * as l10n from '@vscode/l10n';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { atLeast } from '../host/issues.ts';
import type { BpfSource, Target } from './build.ts';
import { BUILD_LIMITS, compilerTooSlow } from './compilerLimits.ts';
import { notRun } from './unprivileged.ts';

/** `bpftool gen object` came with Linux 5.13, whose version bpftool had then. */
const LINKS_SINCE = '5.13';
/** As much as an object may have. */
const OUTPUT_MIB = 32;

/** The linker's outcome: one object, or its objections. */
export type Linked =
  | { readonly object: { readonly path: string; readonly bytes: Uint8Array } }
  | { readonly object: undefined; readonly linker: string };

/**
 * Links the objects of a source's files with the host's bpftool, not as root.
 * @param uploaded the source, and its directory on the host; the objects are there.
 * @param object the path of what is made.
 * @throws HostError where the host's bpftool cannot; of kind `compile` where it is too old.
 */
export async function link(
  { host, target: { bpftool } }: { readonly host: Host; readonly target: Target },
  { source, directory }: { readonly source: BpfSource; readonly directory: string },
  objects: readonly string[],
  object: string,
  signal: AbortSignal | undefined,
): Promise<Linked> {
  const tried = l10n.t('link {0}', source.entry);
  const problem = (kind: 'compile' | 'not-found', words: string): HostError =>
    new HostError({
      kind,
      tried,
      where: host.name,
      words,
      next: l10n.t('Install a newer bpftool there, or define everything in one source.'),
    });
  if (bpftool !== undefined && !atLeast(bpftool, LINKS_SINCE)) {
    throw problem(
      'compile',
      l10n.t(
        'bpftool {0} there is too old to link objects: "gen object" came with {1}',
        bpftool,
        LINKS_SINCE,
      ),
    );
  }
  const { compileSeconds: seconds, memoryMiB } = source.limits ?? BUILD_LIMITS;
  const limits = [seconds, memoryMiB * 1024, OUTPUT_MIB].map(String);
  const argv = scriptArgv('workbench-link.sh', directory, object, ...limits, ...objects);
  const { exitCode, stdout, stderr } = await host.run(argv, {
    tried,
    signal,
    timeoutMs: (seconds + 10) * 1000,
    maxMiB: 2 * OUTPUT_MIB,
  });
  if (exitCode === 0) return { object: { path: object, bytes: Buffer.from(stdout, 'base64') } };
  const failure = notRun(host, tried, { exitCode, stderr });
  if (failure !== undefined) throw failure;
  if (exitCode === 124 || exitCode === 137)
    throw compilerTooSlow(host.name, tried, seconds, stderr);
  if (exitCode === 126 || exitCode === 127) throw problem('not-found', stderr);
  // It names files, whose objects have the names of ours.
  const named = stderr.replace(
    /(?:\.\.\/)?\bunit-(\d{1,4})\.o\b/g,
    (name, index: string) => source.linked?.[Number(index)]?.entry ?? name,
  );
  return { object: undefined, linker: named };
}
