import { removeCgroups } from '../../bypass/membership.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';
import { statusAnswer } from '../statusAnswer.ts';

export const detach = command({
  name: 'detach',
  summary: 'Takes cgroups out of their bypass. With its last cgroup, a bypass is unloaded.',
  operands: {
    HOST,
    CGROUP: { help: 'A cgroup to take out.', several: true },
  },
  options: HOST_OPTIONS,
  examples: ['web1 system.slice/redis-server.service'],
  notes: ['Open connections stay on the bypass; new ones use TCP/IP.'],
  run: async (session, { HOST: name, CGROUP: cgroups }, options) => {
    const status = await removeCgroups(session.host(name, options), cgroups, session.signal);
    return statusAnswer(status);
  },
});
