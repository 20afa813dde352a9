import * as l10n from '@vscode/l10n';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';

/** A process of a cgroup that reads sockets with splice(), as far as its kind is known for it. */
export interface SpliceReader {
  readonly pid: number;
  readonly kind: 'go' | 'haproxy';
  /** Its name, of harmless characters only: whoever runs it has chosen it. */
  readonly name: string;
}

/**
 * The processes of a cgroup known to read with splice().
 * @throws HostError
 */
export async function findSpliceReaders(
  host: Host,
  cgroups: readonly string[],
  signal?: AbortSignal,
): Promise<SpliceReader[]> {
  await host.becomeRoot(signal);
  const text = await host.check(scriptArgv('splice-readers.sh', ...cgroups), {
    tried: l10n.t('look for programs that read with splice()'),
    root: true,
    signal,
    timeoutMs: 30_000,
  });
  return parseSpliceReaders(text);
}

/** @param text output of splice-readers.sh; lines of another form are passed over. */
export function parseSpliceReaders(text: string): SpliceReader[] {
  return Array.from(
    text.matchAll(/^(\d{1,10}) (go|haproxy) ([\w.+@:-]{0,32})$/gm),
    ([, pid, kind, name]) => ({
      pid: Number(pid),
      kind: kind as SpliceReader['kind'],
      name: name === undefined || name === '' ? l10n.t('a program without a name') : name,
    }),
  );
}
