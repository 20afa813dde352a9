/**
 * Checks what canaries report of a live service: of two groups that are both on TCP, which do not differ, and
 * of one whose answers over the bypass were planted to take longer.
 *
 *   tsx scripts/bench-canary.ts [--runs 20] [--seconds 20] [--slower 1.1]
 *
 * The claim of src/assess/canary is that of 20 comparisons of what does not differ at most one says that it does,
 * however often one looks (test/unit/results/canary simulates it), and that a difference is found. Needs root and what a
 * canary needs.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { runCanary, type CanaryOptions } from '../src/assess/canary/canary.ts';
import { readCanary } from '../src/assess/canary/observer.ts';
import { loadBypass } from '../src/bypass/load.ts';
import { Host } from '../src/host/host.ts';
import { runToEnd } from '../test/harness/cleanup.ts';
import { bpfSource, makeSite } from '../test/harness/host/bypass.ts';
import { startCanaryService } from '../test/harness/host/canaryService.ts';
import { makeNetns } from '../test/harness/host/traffic.ts';

const BPF = path.join(import.meta.dirname, '../bpf');
const CLIENTS = 4;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '20' },
    slower: { type: 'string', default: '1.1' },
  },
});
const [runs, seconds, slower] = [values.runs, values.seconds, values.slower].map(Number) as [
  number,
  number,
  number,
];

async function main(): Promise<void> {
  const host = new Host('local');
  const site = makeSite('canary');
  const netns = await makeNetns();
  const sources = await readCanary(BPF);
  await loadBypass(host, { cgroup: site.path, source: await bpfSource('guarded'), share: 25 });

  const compare = async (title: string, how: 'plain' | `slow:${number}`) => {
    const place = { cgroup: site.path, netns: netns.name };
    const service = await startCanaryService(place, how, CLIENTS);
    const options: CanaryOptions = {
      cgroup: site.path,
      share: 50,
      seconds,
      same: how === 'plain',
      sources,
      // None is crossed: each goes on to its end.
      guardrails: { p99: 100 },
    };
    const readings = [];
    for (let run = 0; run < runs; run++) readings.push(await runCanary(host, options));
    await service.stop();
    console.log(`${title}: ${runs} canaries of ${seconds} s`);
    for (const name of ['p50', 'p99'] as const) {
      const verdicts = readings.map((reading) => reading[name].verdict);
      const counts = Array.from(new Set(verdicts), (verdict) => {
        const count = verdicts.filter((each) => each === verdict).length;
        return `${verdict} ${count}`;
      });
      const ratios = readings.flatMap((reading) => reading[name].ratio ?? []);
      console.log(`  ${name}: ${counts.join(', ')}; median ratio ${median(ratios).toFixed(3)}`);
    }
    const transactions = readings.map(({ bypass, tcp }) => bypass.transactions + tcp.transactions);
    console.log(`  transactions each: ${median(transactions)}`);
  };
  await compare('Both groups on TCP', 'plain');
  await compare(`On the bypass ${slower} times slower`, `slow:${slower}`);
  await host.dispose();
  await site.remove();
  await netns.remove();
}

await runToEnd(main);
