// A program that uses a host, for tests that kill it: `client.ts JOB`, a JSON of `ClientJob`.
import fs from 'node:fs';
import path from 'node:path';
import { runCanary } from '../../../src/assess/canary/canary.ts';
import { readCanary } from '../../../src/assess/canary/observer.ts';
import { runBenchmark } from '../../../src/bench/run.ts';
import { writeDocument } from '../../../src/bench/store.ts';
import { loadBypass } from '../../../src/bypass/load.ts';
import { Host } from '../../../src/host/host.ts';
import { scratchDirectory } from '../../../src/host/guard.ts';
import { bpfSource, shortPlan } from './bypass.ts';

export interface ClientJob {
  /** A host of the configuration file; `local` without one. */
  readonly alias: string;
  readonly configFile?: string;
  readonly action: 'connect' | 'scratch' | 'load' | 'canary' | 'bench';
  readonly cgroup?: string;
  /** Where a benchmark saves. */
  readonly file?: string;
}

const job = JSON.parse(process.argv[2] ?? '') as ClientJob;
const host = new Host(job.alias, {
  ...(job.configFile !== undefined && { ssh: { configFile: job.configFile } }),
});
const say = (line: string): void => {
  fs.writeSync(1, `${line}\n`);
};

const cgroup = job.cgroup ?? '';
if (job.action === 'connect') {
  await host.connect();
  say('connected');
  setInterval(() => undefined, 1000);
} else if (job.action === 'scratch') {
  say((await scratchDirectory(host)).line);
  setInterval(() => undefined, 1000);
} else if (job.action === 'load') {
  say('begins');
  const source = await bpfSource('guarded');
  await loadBypass(host, { cgroup, source, replace: true, onStep: say });
  await host.dispose();
  say('done');
} else if (job.action === 'canary') {
  await runCanary(host, {
    cgroup,
    share: 50,
    seconds: 600,
    guardrails: {},
    sources: await readCanary(path.join(import.meta.dirname, '../../../bpf')),
    onReading: () => {
      say('compares');
    },
  });
} else {
  say('begins');
  await runBenchmark(host, {
    cgroup,
    plan: shortPlan('guarded'),
    source: bpfSource,
    onProgress: ({ done }) => {
      say(`sample ${done}`);
    },
    save: (document) => writeDocument(job.file ?? '', document),
  });
  await host.dispose();
  say('done');
}
