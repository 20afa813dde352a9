import { bypassStatus } from '../../bypass/load.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';
import { statusAnswer } from '../statusAnswer.ts';

export const status = command({
  name: 'status',
  summary: 'Shows what is loaded on a host, whoever loaded it, with its counters.',
  operands: { HOST },
  options: HOST_OPTIONS,
  examples: ['web1', 'web1 --json'],
  run: async (session, { HOST: name }, options) =>
    statusAnswer(await bypassStatus(session.host(name, options), session.signal)),
});
