import fs from 'node:fs';
import path from 'node:path';
import mocha from 'mocha';
import { evidence } from './evidence.ts';
import { skipReason } from './skip.ts';

/** Results of a suite, for `npm test` to sum up. */
export interface Counts {
  readonly passed: number;
  /** `file`: the name of the test's file up to its ending; left out for what is of no file. */
  readonly failed: { title: string; reason: string; file?: string }[];
  readonly skipped: { title: string; reason: string }[];
  /** Tests and hooks with the seconds they took, in their order. */
  readonly times: { title: string; seconds: number }[];
  /** CPU time of all processes of a part in surroundings of its own. */
  readonly cpuSeconds?: number;
}

/** The environment variable naming the file the counts go to. */
export const COUNTS_FILE = 'SOCKMAP_TEST_COUNTS';

/** Mocha's usual report, and the counts as JSON. */
export default class CountingReporter extends mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const counts = { passed: 0, failed: [], skipped: [], times: [] } as {
      -readonly [Key in keyof Counts]: Counts[Key];
    };
    const time = (title: string, ms = 0): unknown =>
      counts.times.push({ title, seconds: ms / 1000 });
    runner.on('pass', () => counts.passed++);
    runner.on('test end', (test) => time(test.fullTitle(), test.duration));
    runner.on('hook end', (hook) => time(hook.fullTitle(), hook.duration));
    runner.on('fail', (test, error: Error) => {
      // A hook has the file of its suite. Bundled, tests end differently.
      const file = test.file ?? test.parent?.file;
      counts.failed.push({
        title: test.fullTitle(),
        reason: `${error.message}${evidence()}`,
        ...(file !== undefined && { file: path.basename(file).replace(/\.test\.\w+$/, '') }),
      });
    });
    runner.on('pending', (test) => {
      counts.skipped.push({ title: test.fullTitle(), reason: skipReason(test) });
    });
    runner.once('end', () => {
      const file = process.env[COUNTS_FILE];
      if (file !== undefined) fs.writeFileSync(file, JSON.stringify(counts));
    });
  }
}
