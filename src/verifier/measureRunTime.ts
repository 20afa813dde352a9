import * as l10n from '@vscode/l10n';
import { libbpfToolBench } from '../bypass/tool.ts';
import type { Workbench } from '../bypass/workbench.ts';
import { AttendedProcess } from '../host/attended.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import type { Key } from '../host/keeper.ts';
import { onLines } from '../host/lines.ts';
import { readingsOf, type RunReading } from './runTime.ts';

const BENCH: Key<Workbench> = { name: 'run time' };

/**
 * Has the kernel of a host measure for as long as what this returns lives; its end, however it comes, ends that.
 * @param tool `bpf/tools/run-time.c`.
 * @param names of the programs, as their source has them.
 * @param onReading called every two seconds.
 * @throws HostError where it cannot be built there.
 */
export async function measureRunTime(
  host: Host,
  tool: Uint8Array,
  names: readonly string[],
  onReading: (reading: RunReading) => void,
  signal?: AbortSignal,
): Promise<AttendedProcess> {
  await host.becomeRoot(signal);
  const bench = await host.keep(BENCH, () =>
    libbpfToolBench(host, { name: 'run-time', source: tool }, l10n.t('build the run-time meter')),
  );
  const tried = l10n.t('measure the run time of programs');
  const argv = scriptArgv('run-time.sh', bench.directory, ...names);
  const process = host.spawn(argv, { tried, root: true });
  onLines(process.stdout, readingsOf(onReading));
  const next = l10n.t('It takes Linux 5.8 or newer, and root.');
  return new AttendedProcess(host, process, { tried, blame: () => ({ kind: 'command', next }) });
}
