import { assessTraffic, SECONDS_RANGE } from '../../assess/assess.ts';
import { trafficReport } from '../../assess/report.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';
import { number } from '../options.ts';

const SECONDS = 15;

export const assess = command({
  name: 'assess',
  summary: 'Shows who talks to whom over TCP within a host. Nothing is loaded there, or changed.',
  operands: { HOST },
  options: {
    seconds: number('SECONDS', SECONDS_RANGE, `How long it looks; ${SECONDS} by default.`),
    ...HOST_OPTIONS,
  },
  run: async (session, { HOST: name }, { seconds = SECONDS, ...options }) => {
    session.onStep(`looking at the sockets of ${name} for ${seconds} s`);
    const traffic = await assessTraffic(session.host(name, options), {
      seconds,
      signal: session.signal,
    });
    return { data: traffic, text: trafficReport(traffic) };
  },
});
