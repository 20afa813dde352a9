import { bypassStatus } from '../../bypass/load.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';
import { statusAnswer } from '../statusAnswer.ts';

export const status = command({
  name: 'status',
  summary: 'Reads from a host what is loaded where, by whomever, with its counters.',
  operands: { HOST },
  options: HOST_OPTIONS,
  run: async (session, { HOST: name }, options) =>
    statusAnswer(await bypassStatus(session.host(name, options), session.signal)),
});
