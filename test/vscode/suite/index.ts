// Runs inside the extension host: the entry of extensionTestsPath.
import fs from 'node:fs';
import path from 'node:path';
import * as mochaModule from 'mocha';
import CountingReporter from '../../harness/reporter.ts';

/** Mocha is an ES module that this CommonJS bundle requires: its default export may be one level down. */
const Mocha = mochaModule.default;

export async function run(): Promise<void> {
  const grep = process.env['SOCKMAP_TEST_GREP'];
  const mocha = new Mocha({
    ui: 'bdd',
    color: true,
    forbidOnly: true,
    timeout: 120_000,
    reporter: CountingReporter,
    ...(grep !== undefined && { grep }),
  });
  const files = fs.readdirSync(__dirname).filter((file) => file.endsWith('.test.cjs'));
  for (const file of files.sort()) mocha.addFile(path.join(__dirname, file));
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} tests failed.`);
}
