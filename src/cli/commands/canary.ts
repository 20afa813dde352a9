import {
  CANARY_DEFAULTS,
  CANARY_LIMITS,
  CANARY_SECONDS,
  CANARY_SHARES,
  runCanary,
} from '../../assess/canary/canary.ts';
import { readCanary } from '../../assess/canary/observer.ts';
import { canaryLine, canaryReport } from '../../assess/canary/report.ts';
import { command, HOST, HOST_OPTIONS, STATUS } from '../command.ts';
import { duration, flag, number } from '../options.ts';

const { share: SHARE, seconds: SECONDS, p99: P99 } = CANARY_DEFAULTS;
/** Between two lines of progress. */
const EACH_SECONDS = 5;

export const canary = command({
  name: 'canary',
  summary:
    'Puts a share of new connections on a loaded bypass, and compares them with the others, as they work.',
  operands: { HOST, CGROUP: { help: 'A cgroup of the bypass.' } },
  options: {
    share: number(
      'PERCENT',
      CANARY_SHARES,
      `Percentage of new connections that are bypassed meanwhile; ${SHARE} by default.`,
    ),
    for: duration('TIME', CANARY_SECONDS, 'How long it takes, as 90s, 10m (the default) or 2h.'),
    p50: number(
      'RATIO',
      CANARY_LIMITS,
      'Guardrail: how many times as long half of the answers may take.',
      {
        isWhole: false,
      },
    ),
    p99: number(
      'RATIO',
      CANARY_LIMITS,
      `Guardrail: how many times as long the slowest of 100 answers may take; ${P99} by default.`,
      { isWhole: false },
    ),
    same: flag('Leave all connections on TCP, in two groups: nothing should be found.'),
    ...HOST_OPTIONS,
  },
  bad: 'A guardrail was crossed: new connections stay on TCP (share 0).',
  notes: [
    'An answer is what a socket that has connected receives after it has sent something. Connections that were open before are left out. Both guardrails and figures hold however often one looks: confidence sequences, at 95%.',
    'Guardrails beside those of time: more stalled readers, or more resets, than on TCP. As soon as one is crossed significantly it ends, with a share of 0. Else the share is afterwards what it was before, also if the connection is lost. Exit status 1 when time is over and it is not known yet whether the guardrails hold.',
  ],
  run: async (session, { HOST: name, CGROUP: cgroup }, options) => {
    const { share = SHARE, for: seconds = SECONDS, p50, p99 = P99, same } = options;
    const reading = await runCanary(session.host(name, options), {
      ...{ cgroup, share, seconds, same, guardrails: { p50, p99 } },
      sources: await readCanary(session.bpf),
      signal: session.signal,
      onReading: (now) => {
        if (now.seconds % EACH_SECONDS === 0) session.onStep(canaryLine(now));
      },
    });
    const { outcome } = reading;
    return {
      data: reading,
      text: canaryReport(reading),
      status:
        outcome === 'within' ? STATUS.good : outcome === 'crossed' ? STATUS.bad : STATUS.failed,
    };
  },
});
