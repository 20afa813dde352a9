// A benchmark without an editor, for CI:
//
//   npx tsx scripts/benchmark.ts --host web1 --cgroup app.slice --out after.sockmap-bench.json
//     [--profile quick|standard|article | --plan my.sockmap-plan.json]
//     [--baseline before.sockmap-bench.json [--max-slowdown 5]] [--ssh-config FILE]
//
// Ends with 0, with 2 when the bypass got slower than in the saved run, with 1 when it could not be told.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MAX_SLOWDOWN_PERCENT } from '../src/results/compare.ts';
import { parseDocument } from '../src/results/document.ts';
import { EXIT, exitOf, regressionCheck } from '../src/results/regressionCheck.ts';
import { regressionLines } from '../src/results/words/regressionCheck.ts';
import { isProfile, PROFILES } from '../src/results/plan.ts';
import { parsePlan } from '../src/bench/planFile.ts';
import { runBenchmark } from '../src/bench/run.ts';
import { writeDocument } from '../src/bench/store.ts';
import { readSource } from '../src/bypass/source.ts';
import { HostError } from '../src/host/errors.ts';
import { Host } from '../src/host/host.ts';

const BPF = path.resolve(import.meta.dirname, '../bpf');
const say = (line: string): void => {
  console.log(line);
};

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      ...{ host: text, cgroup: text, out: text, plan: text, baseline: text, 'ssh-config': text },
      profile: { ...text, default: 'quick' },
      'max-slowdown': { ...text, default: String(MAX_SLOWDOWN_PERCENT) },
    },
  });
  const { host: name, cgroup, out, profile } = values;
  if (name === undefined || cgroup === undefined || out === undefined) {
    throw new Error('--host, --cgroup and --out are needed.');
  }
  if (!isProfile(profile)) {
    throw new Error(`--profile is one of ${Object.keys(PROFILES).join(', ')}, not ${profile}.`);
  }
  const maxSlowdown = Number(values['max-slowdown']);
  if (!(maxSlowdown >= 0 && maxSlowdown <= 100)) throw new Error('--max-slowdown is 0 to 100.');
  const before = values.baseline === undefined ? undefined : read(values.baseline, parseDocument);
  const plan = values.plan === undefined ? profile : read(values.plan, parsePlan);

  const configFile = values['ssh-config'];
  const host = new Host(name, configFile === undefined ? {} : { ssh: { configFile } });
  const controller = new AbortController();
  process.once('SIGINT', () => {
    controller.abort();
  });
  try {
    const document = await runBenchmark(host, {
      ...{ cgroup, plan, loadMissing: true, baselineId: before?.id, signal: controller.signal },
      source: (policy) => readSource(BPF, policy),
      save: (document) => writeDocument(out, document),
      onProgress: ({ done, total, arm, point, secondsLeft }) => {
        say(`${done + 1} of ${total}: ${arm}, ${point} (at most ${Math.ceil(secondsLeft)} s left)`);
      },
    });
    if (before === undefined) return EXIT.good;
    const check = regressionCheck(before, document, maxSlowdown);
    regressionLines(check).forEach(say);
    return exitOf(check);
  } finally {
    await host.dispose();
  }
}

function read<T>(file: string, parse: (text: string) => T): T {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`Could not read ${file}: ${(cause as Error).message}`, { cause });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  if (error instanceof HostError) console.error(error.problem.words);
  process.exitCode = EXIT.failed;
}
