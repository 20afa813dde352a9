import { serves } from '../../bypass/attachment.ts';
import { MODE_NAMES, REACHES } from '../../bypass/config.ts';
import { configureBypass } from '../../bypass/configure.ts';
import { bypassStatus } from '../../bypass/load.ts';
import { reachHostDetail } from '../../bypass/reachWords.ts';
import { existingCgroup } from '../../host/cgroups.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';
import { LIMIT_OPTIONS, limitsOf, SHARE } from '../limits.ts';
import { choice } from '../options.ts';
import { statusAnswer } from '../statusAnswer.ts';

const { 'max-sockets': _fixed, ...CHANGEABLE } = LIMIT_OPTIONS;

export const configure = command({
  name: 'configure',
  summary: 'Changes the mode, reach, share or limits of a guarded bypass while it is loaded.',
  operands: { HOST, CGROUP: { help: 'A cgroup of the bypass.' } },
  options: {
    mode: choice(
      MODE_NAMES,
      'guarded; off: all connections use TCP from their next message on, and those that are open stay there; unguarded: no limits, for comparison only.',
    ),
    reach: choice(
      REACHES,
      `namespace: connections within one network namespace; host: connections between those of this host, too. ${reachHostDetail()}`,
    ),
    share: SHARE,
    ...CHANGEABLE,
    ...HOST_OPTIONS,
  },
  examples: [
    'web1 system.slice/redis-server.service --mode off',
    'web1 system.slice/redis-server.service --share 50',
  ],
  notes: [
    "What is not given stays as it is, except networks: those of --local-network have to be given again. The host's own addresses are read again.",
  ],
  run: async (session, { HOST: name, CGROUP: named }, options) => {
    const { signal } = session;
    const { mode, reach, share } = options;
    const host = session.host(name, options);
    const { mount } = await host.ready('control', signal);
    const cgroup = await existingCgroup(host, mount, named, signal);
    const { attachments } = await bypassStatus(host, signal);
    const now = attachments.find((one) => serves(one, [cgroup]))?.config;
    const limits = { ...now, ...limitsOf({ ...options, 'max-sockets': undefined }) };
    const status = await configureBypass(host, { cgroup, mode, reach, share, limits, signal });
    return statusAnswer(status);
  },
});
