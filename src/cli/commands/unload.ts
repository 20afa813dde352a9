import { unloadBypass } from '../../bypass/load.ts';
import { listed } from '../../text.ts';
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
