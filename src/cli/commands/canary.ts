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
    'Puts a share of new connections on a loaded bypass, and compares how long their answers take with those of the others on TCP.',
  operands: { HOST, CGROUP: { help: 'A cgroup of the bypass.' } },
  options: {
    share: number(
      'PERCENT',
      CANARY_SHARES,
      `Percentage of new connections to bypass meanwhile; ${SHARE} by default.`,
    ),
    for: duration(
      'TIME',
      CANARY_SECONDS,
      'How long it runs, such as 90s, 10m (the default) or 2h.',
    ),
    p50: number(
      'RATIO',
      CANARY_LIMITS,
      'Guardrail: how many times as long as on TCP the median answer (P50) may take. Not set by default.',
      {
        isWhole: false,
      },
    ),
    p99: number(
      'RATIO',
      CANARY_LIMITS,
      `Guardrail: the same for the slowest of 100 answers (P99); ${P99} by default.`,
      { isWhole: false },
    ),
    same: flag('Leave both groups on TCP, as a test of the method: it should find no difference.'),
    ...HOST_OPTIONS,
  },
  examples: ['web1 system.slice/redis-server.service --share 10'],
  bad: 'A guardrail was crossed: new connections stay on TCP (share 0).',
  notes: [
    'An answer is what a client socket receives after it has sent something. Connections that were open before are left out. Guardrails and figures are 95% confidence sequences: they hold however often they are looked at.',
    'Two more guardrails are always on: more stalled readers, or more resets, than on TCP. It ends as soon as one is crossed significantly, and leaves a share of 0. Otherwise the earlier share is restored at the end, also if the connection is lost. If time is over before the guardrails are known to hold, the exit status is 1.',
  ],
  run: async (session, { HOST: name, CGROUP: cgroup }, options) => {
    const { share = SHARE, for: seconds = SECONDS, p50, p99 = P99, same } = options;
    const reading = await runCanary(session.host(name, options), {
      cgroup,
      share,
      seconds,
      same,
      guardrails: { p50, p99 },
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
