import { unloadBypass } from '../../bypass/load.ts';
import { listed } from '../../text.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';

export const unload = command({
  name: 'unload',
  summary: 'Removes the bypass of a cgroup, from its other cgroups too, whoever loaded it.',
  operands: {
    HOST,
    CGROUP: { help: 'One of its cgroups, even if that is gone, or its directory of pins.' },
  },
  options: HOST_OPTIONS,
  examples: ['web1 system.slice/redis-server.service'],
  run: async (session, { HOST: name, CGROUP: cgroup }, options) => {
    const data = await unloadBypass(session.host(name, options), cgroup, session.signal);
    const { unloaded = [] } = data;
    const places = unloaded.length === 0 ? cgroup : listed(unloaded);
    return {
      data,
      text: `The sockmap bypass is off: ${places} on ${name}. New connections use TCP/IP.\n`,
    };
  },
});
