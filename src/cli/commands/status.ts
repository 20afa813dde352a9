import { bypassStatus } from '../../bypass/load.ts';
import { statusReport } from '../../bypass/statusReport.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';

export const status = command({
  name: 'status',
  summary: 'Reads from a host what is loaded where, by whomever, with its counters.',
  operands: { HOST },
  options: HOST_OPTIONS,
  run: async (session, { HOST: name }, options) => {
    const found = await bypassStatus(session.host(name, options), session.signal);
    return { data: found, text: statusReport(found) };
  },
});
