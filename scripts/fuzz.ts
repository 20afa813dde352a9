// npm run fuzz: tries the properties of test/unit/*.properties.test.ts with ever other values.
//
//   npm run fuzz                                 each file for ten minutes
//   npm run fuzz -- --seconds 60 --only object   only object.properties.test.ts, for a minute
//   npm run fuzz -- --seed 7                     with the values of an earlier run
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { atEnd, runToEnd } from '../test/harness/cleanup.ts';
import { FUZZ, type Fuzzed } from '../test/unit/properties.ts';
import { installed, root, runCommand } from './test/command.ts';
import { projectFiles } from './test/files.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    only: { type: 'string', multiple: true },
    seed: { type: 'string' },
  },
});

/** @returns whether nothing was found. */
async function fuzz(file: string, report: string): Promise<boolean> {
  const env = {
    [FUZZ.seconds]: options.seconds,
    [FUZZ.report]: report,
    ...(options.seed !== undefined && { [FUZZ.seed]: options.seed }),
  };
  const mocha = [installed('mocha'), '--reporter', 'dot', file];
  const { code } = await runCommand(mocha, { cwd: root, env });
  return code === 0;
}

function say(name: string, report: string): void {
  const lines = fs.existsSync(report) ? fs.readFileSync(report, 'utf8').trim().split('\n') : [];
  const fuzzed = lines.map((line) => JSON.parse(line) as Fuzzed);
  for (const { title, runs, seconds, seed, failed } of fuzzed) {
    const outcome = failed ? 'FOUND ONE' : 'nothing found';
    console.log(`  ${title}: ${runs} runs in ${seconds.toFixed(0)} s, seed ${seed}: ${outcome}`);
  }
  const sum = (of: (one: Fuzzed) => number) => fuzzed.reduce((all, one) => all + of(one), 0);
  console.log(
    `${name}: ${sum(({ runs }) => runs)} runs in ${sum(({ seconds }) => seconds).toFixed(0)} s, ${fuzzed.filter(({ failed }) => failed).length} of ${fuzzed.length} properties do not hold`,
  );
}

await runToEnd(async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'sockmap-fuzz-'));
  const remove = atEnd(() => {
    fs.rmSync(directory, { recursive: true, force: true });
  });
  const files = projectFiles('test/unit/**/*.properties.test.ts');
  const nameOf = (file: string) => path.basename(file, '.properties.test.ts');
  const chosen = files.filter((file) => options.only?.includes(nameOf(file)) ?? true);
  if (chosen.length === 0) {
    throw new Error(`There is none of that name, but ${files.map(nameOf).join(', ')}.`);
  }
  for (const file of chosen) {
    const report = path.join(directory, `${nameOf(file)}.jsonl`);
    if (!(await fuzz(file, report))) process.exitCode = 1;
    say(nameOf(file), report);
  }
  await remove();
});
