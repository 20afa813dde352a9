import type { BpfSource } from '../../bypass/build.ts';
import { knownReaders, probeFaults } from '../../bypass/faultProbe.ts';
import { loadBypass } from '../../bypass/load.ts';
import {
  cappedWords,
  doubtWords,
  loadWarning,
  ROOT_DETAIL,
  rootWarning,
} from '../../bypass/loadWarning.ts';
import { readProbe, readSource } from '../../bypass/source.ts';
import { statusReport } from '../../bypass/statusReport.ts';
import { LOAD_STEPS } from '../../bypass/steps.ts';
import { existingCgroup, isRootCgroup } from '../../host/cgroups.ts';
import { cancelled, HostError } from '../../host/errors.ts';
import type { Host } from '../../host/host.ts';
import { command, HOST, HOST_OPTIONS, type Session } from '../command.ts';
import { LIMIT_OPTIONS, limitsOf } from '../limits.ts';
import { choice, flag } from '../options.ts';

export const POLICY = choice(
  ['guarded', 'classic'],
  'The programs: guarded (the default), or classic, which is for comparison only.',
);

export const load = command({
  name: 'load',
  summary: 'Compiles and verifies the bypass on a host, and attaches it to a cgroup.',
  operands: {
    HOST,
    CGROUP: { help: 'The cgroup: its path, or its name below the mount of cgroup v2.' },
  },
  options: {
    policy: POLICY,
    replace: flag('Take the place of a bypass that is there already.'),
    yes: flag('Ask nothing, and do not look for what the bypass would do to programs there.'),
    ...LIMIT_OPTIONS,
    ...HOST_OPTIONS,
  },
  notes: [
    'Before it loads, it looks what the kernel does to programs on bypassed sockets. Where some would stall, and on the root cgroup, it asks; where there is no terminal to ask on, it loads only with --yes. Where it cannot look, it says so and loads.',
  ],
  run: async (session, { HOST: name, CGROUP: named }, options) => {
    const { signal } = session;
    const host = session.host(name, options);
    const source = await readSource(session.bpf, options.policy ?? 'guarded');
    const { facts, mount } = await host.ready('load', signal);
    const cgroup = await existingCgroup(host, mount, named, signal);
    const isRoot = isRootCgroup(name, mount, cgroup);
    const verdict = options.yes
      ? true
      : await agree(session, { host, cgroup, isRoot, source, kernel: facts.kernel });
    const status = await loadBypass(host, {
      cgroup,
      source,
      verdict,
      signal,
      limits: limitsOf(options),
      replace:
        options.replace || !session.isAnswered || options.yes
          ? options.replace
          : () => session.confirm(`The bypass is loaded on ${cgroup} already. Replace it?`),
      onStep: (step) => {
        session.onStep(LOAD_STEPS[step]);
      },
    });
    const capped = cappedWords(status).trim();
    return { data: status, text: `${statusReport(status)}${capped === '' ? '' : `${capped}\n`}` };
  },
});

interface Place {
  readonly host: Host;
  readonly cgroup: string;
  readonly isRoot: boolean;
  readonly source: BpfSource;
  readonly kernel: string;
}

/**
 * Has a person agree to what a load does to programs there.
 * @returns whether the load needs the verdict program.
 * @throws HostError where they do not, or nobody can be asked.
 */
async function agree(session: Session, place: Place): Promise<boolean> {
  const { host, cgroup, isRoot, source, kernel } = place;
  const { signal } = session;
  session.onStep('probing sockets, once: --yes leaves it out');
  const probe = await readProbe(session.bpf);
  const { faults, verdict, doubt } = await probeFaults(host, source, probe, signal);
  const { readers, doubt: unseen } = await knownReaders(host, cgroup, faults, signal);
  const warning = loadWarning(kernel, faults, readers);
  const words = [
    ...(isRoot ? [`${rootWarning(host.name)} ${ROOT_DETAIL}`] : []),
    ...(warning === undefined ? [] : [`${warning.message} ${warning.detail}`]),
    ...(doubt === undefined ? [] : [doubtWords(host.name, doubt)]),
    ...(unseen === undefined ? [] : [`The processes of ${cgroup} could not be read: ${unseen}`]),
  ];
  words.forEach(session.onStep);
  if (!isRoot && warning?.grave !== true) return verdict;
  if (!session.isAnswered) {
    throw new HostError({
      kind: 'input',
      tried: `load the bypass on ${cgroup}`,
      where: host.name,
      words: 'there is no terminal to ask on whether it is to be loaded all the same',
      next: 'Read the warning, then say --yes.',
    });
  }
  if (await session.confirm('Load it all the same?')) return verdict;
  throw cancelled('load the bypass', host.name);
}
