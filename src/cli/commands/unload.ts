import { unloadBypass } from '../../bypass/load.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';

export const unload = command({
  name: 'unload',
  summary:
    'Detaches the bypass that is on a cgroup, from its other cgroups too, and removes it, whoever loaded it.',
  operands: {
    HOST,
    CGROUP: { help: 'The cgroup, by the name it has or had; or a pin directory.' },
  },
  options: HOST_OPTIONS,
  run: async (session, { HOST: name, CGROUP: cgroup }, options) => ({
    data: await unloadBypass(session.host(name, options), cgroup, session.signal),
    text: `The sockmap bypass is off: ${cgroup} on ${name}. New connections use TCP/IP.\n`,
  }),
});
