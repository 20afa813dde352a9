// Measures the run time of BPF programs on this machine until it is killed: `timedBench.ts CGROUP [TOPOLOGY]`.
import { runBenchmark } from '../../../src/bench/run.ts';
import { Host } from '../../../src/host/host.ts';
import { topologySchema } from '../../../src/results/document.ts';
import { bpfSource } from './bypass.ts';

const [, , cgroup = '', topology = 'loopback'] = process.argv;
void runBenchmark(new Host('local'), {
  cgroup,
  plan: {
    name: 'to be killed',
    topology: topologySchema.parse(topology),
    points: [{ experiment: 'throughput', messageBytes: 4096, arms: ['bypass'] }],
    secondsPerSample: 2,
    repetitions: 100,
    minRepetitions: 100,
    bpfTime: true,
  },
  source: bpfSource,
  save: () => Promise.resolve(),
});
