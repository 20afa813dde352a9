import * as l10n from '@vscode/l10n';
import { commandsText, planCommands } from '../bench/planCommands.ts';
import type { BpfSource } from '../bypass/build.ts';
import { knownReaders, probeFaults } from '../bypass/faultProbe.ts';
import { doubtWords, loadWarning, rootDetail, rootWarning } from '../bypass/loadWarning.ts';
import { readProbe } from '../bypass/source.ts';
import { cancelled, HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import type { Plan } from '../results/document.ts';
import { listed } from '../text.ts';
import type { Session } from './command.ts';

interface Place {
  readonly host: Host;
  readonly cgroups: readonly string[];
  readonly isRoot: boolean;
  readonly source: BpfSource;
  readonly kernel: string;
}

/**
 * Has a person agree to what a bypass does to programs there.
 * @returns whether the load needs the verdict program.
 * @throws HostError where they do not, or nobody can be asked.
 */
export async function agree(session: Session, place: Place): Promise<boolean> {
  const { host, cgroups, isRoot, source, kernel } = place;
  const { signal } = session;
  session.onStep('checking socket compatibility, once for this kernel: --yes skips it');
  const probe = await readProbe(session.bpf);
  const { faults, verdict, doubt } = await probeFaults(host, source, probe, signal);
  const { readers, doubt: unseen } = await knownReaders(host, cgroups, faults, signal);
  const warning = loadWarning(kernel, faults, readers);
  const words = [
    ...(isRoot ? [`${rootWarning(host.name)} ${rootDetail()}`] : []),
    ...(warning === undefined ? [] : [`${warning.message} ${warning.detail}`]),
    ...(doubt === undefined ? [] : [doubtWords(host.name, doubt)]),
    ...(unseen === undefined
      ? []
      : [`The processes of ${listed(cgroups)} could not be read: ${unseen}`]),
  ];
  words.forEach(session.onStep);
  if (!isRoot && warning?.grave !== true) return verdict;
  if (!session.isAnswered) {
    throw new HostError({
      kind: 'input',
      tried: l10n.t('load the bypass on {0}', listed(cgroups)),
      where: host.name,
      words: l10n.t('there is no terminal to ask for confirmation'),
      next: l10n.t('Read the warning, then repeat the command with --yes.'),
    });
  }
  if (await session.confirm('Load it anyway?')) return verdict;
  throw cancelled('load the bypass', host.name);
}

/**
 * Has a person agree to the commands of a plan, which are shown in full.
 * @param from the file that names them.
 * @throws HostError where they do not, or nobody can be asked.
 */
export async function agreeToCommands(
  session: Session,
  host: string,
  plan: Plan,
  from: string,
): Promise<void> {
  const commands = planCommands(plan);
  if (commands.length === 0) return;
  session.onStep(commandsText({ host, from }, commands));
  if (!session.isAnswered) {
    throw new HostError({
      kind: 'input',
      tried: l10n.t('run the workloads'),
      where: host,
      words: l10n.t('there is no terminal to ask for confirmation'),
      next: l10n.t('Read the commands, then repeat the command with --yes.'),
    });
  }
  if (await session.confirm(`Run these commands on ${host}?`)) return;
  throw cancelled(l10n.t('run the workloads'), host);
}
