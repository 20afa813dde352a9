import fs from 'node:fs';
import mocha from 'mocha';
import { skipReason } from './skip.ts';

/** What a suite writes for `npm test` to sum up. */
export interface Counts {
  readonly passed: number;
  readonly failed: { title: string; reason: string }[];
  readonly skipped: { title: string; reason: string }[];
}

/** The environment variable naming the file the counts go to. */
export const COUNTS_FILE = 'SOCKMAP_TEST_COUNTS';

/** Mocha's usual report, and the counts as JSON. */
export default class CountingReporter extends mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const counts = { passed: 0, failed: [], skipped: [] } as {
      -readonly [Key in keyof Counts]: Counts[Key];
    };
    runner.on('pass', () => counts.passed++);
    runner.on('fail', (test, error: Error) => {
      counts.failed.push({ title: test.fullTitle(), reason: error.message });
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
