import type { Policy } from '../../bypass/attachment.ts';
import { REACHES, type Reach } from '../../bypass/config.ts';
import { loadBypass } from '../../bypass/load.ts';
import { networkNamespaces } from '../../bypass/namespaces.ts';
import {
  hasReachToChoose,
  reachHostDetail,
  reachImpossible,
  reachQuestion,
} from '../../bypass/reachWords.ts';
import { coveredWords } from '../../bypass/loadWarning.ts';
import { readSource } from '../../bypass/source.ts';
import { LOAD_STEPS } from '../../bypass/steps.ts';
import { existingCgroups, outermost } from '../../host/cgroups.ts';
import { listed } from '../../text.ts';
import type { Host } from '../../host/host.ts';
import { command, HOST, HOST_OPTIONS, type Session } from '../command.ts';
import { LIMIT_OPTIONS, limitsOf, SHARE } from '../limits.ts';
import { choice, flag } from '../options.ts';
import { agree } from '../agree.ts';
import { statusAnswer } from '../statusAnswer.ts';

export const POLICY = choice(
  ['guarded', 'classic'],
  'The programs: guarded (the default), or classic, which is for comparison only.',
);

export const load = command({
  name: 'load',
  summary: 'Compiles and verifies the bypass on a host, and attaches it to cgroups.',
  operands: {
    HOST,
    CGROUP: {
      help: 'A cgroup (v2), by its directory or its path below the mount. Several share one bypass: a connection is bypassed when both of its ends are in any of them.',
      several: true,
    },
  },
  options: {
    policy: POLICY,
    reach: choice(
      REACHES,
      `namespace (the default): connections within one network namespace; host: connections between containers of this host, too. ${reachHostDetail()}`,
    ),
    share: SHARE,
    replace: flag('Replace a bypass that is loaded there already.'),
    yes: flag('Ask nothing, and skip the check whether programs there would stall.'),
    ...LIMIT_OPTIONS,
    ...HOST_OPTIONS,
  },
  examples: ['web1 system.slice/redis-server.service', 'web1 front.scope back.scope --reach host'],
  notes: [
    'If the processes of the cgroups are in several network namespaces, as those of containers are, it asks for the reach.',
    'It first checks whether this kernel stalls some programs on bypassed sockets. If it does, or if the cgroup is the root, it asks; without a terminal, it then loads only with --yes. If the check is not possible, it says so and loads.',
  ],
  fault: (_, { policy, reach, share }) => {
    if (policy !== 'classic') return undefined;
    if (reach !== undefined) return '--reach is for the guarded policy.';
    return share === undefined ? undefined : '--share is for the guarded policy.';
  },
  run: async (session, { HOST: name, CGROUP: named }, options) => {
    const { signal } = session;
    const host = session.host(name, options);
    const source = await readSource(session.bpf, options.policy ?? 'guarded');
    const { facts, mount } = await host.ready('load', signal);
    const all = await existingCgroups(host, mount, named, signal);
    const cgroups = outermost(all);
    const covered = coveredWords(all, cgroups);
    if (covered !== undefined) session.onStep(covered);
    const isRoot = cgroups.includes(mount);
    const reach = await decideReach(session, host, cgroups, options);
    const verdict = options.yes
      ? true
      : await agree(session, { host, cgroups, isRoot, source, kernel: facts.kernel });
    const status = await loadBypass(host, {
      cgroups,
      reach,
      share: options.share,
      source,
      verdict,
      signal,
      limits: limitsOf(options),
      replace:
        options.replace || !session.isAnswered || options.yes
          ? options.replace
          : () =>
              session.confirm(
                `A bypass is loaded on ${cgroups.length === 1 ? '' : 'some of '}${listed(cgroups)} already. Replace it?`,
              ),
      onStep: (step) => {
        session.onStep(LOAD_STEPS[step]);
      },
    });
    return statusAnswer(status);
  },
});

/** That of the option; without one a person is asked where there is something to choose. */
async function decideReach(
  session: Session,
  host: Host,
  cgroups: readonly string[],
  { policy, reach, yes }: { policy?: Policy | undefined; reach?: Reach | undefined; yes: boolean },
): Promise<Reach> {
  const isAsked = reach === undefined && session.isAnswered && !yes && policy !== 'classic';
  if (reach !== 'host' && !isAsked) return 'namespace';
  const found = await networkNamespaces(host, cgroups, session.signal);
  if (isAsked && !hasReachToChoose(found)) return 'namespace';
  if (!found.canReachHost) {
    session.onStep(reachImpossible(host.name));
    return 'namespace';
  }
  if (!isAsked) return 'host';
  const { message, detail } = reachQuestion(host.name, found);
  session.onStep(detail);
  return (await session.confirm(message)) ? 'host' : 'namespace';
}
