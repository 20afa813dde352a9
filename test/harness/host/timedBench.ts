// Measures the run time of BPF programs on this machine until it is killed: `timedBench.ts CGROUP`.
import { runBenchmark } from '../../../src/bench/run.ts';
import { Host } from '../../../src/host/host.ts';
import { bpfSource } from './bypass.ts';

const [, , cgroup = ''] = process.argv;
void runBenchmark(new Host('local'), {
  cgroup,
  plan: {
    name: 'to be killed',
    points: [{ experiment: 'throughput', messageBytes: 4096, arms: ['bypass'] }],
    secondsPerSample: 2,
    repetitions: 100,
    minRepetitions: 100,
    bpfTime: true,
  },
  source: bpfSource,
  save: () => Promise.resolve(),
});
