// npm test: sets the machine up, runs every check and every suite, goes on after failures and sums up.
//
//   npm test                  everything but what runs only on request: kernels
//   npm test -- unit host     only these
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pLimit from 'p-limit';
import { atEnd, runToEnd } from '../test/harness/cleanup.ts';
import type { Counts } from '../test/harness/reporter.ts';
import { PACKAGE_VARIABLE, packageExtension } from '../test/harness/vscode/packageExtension.ts';
import { setUp } from './setup.mjs';
import { CHECKS, runCheck, type Check } from './test/checks.ts';
import { outcomeOf, secondTries, type Section } from './test/secondTry.ts';
import { partsOf, runPart, SUITES, type Group, type SuitePart } from './test/suites.ts';

/** So many parts run beside each other: enough for two CPUs, and no more than one window can wait for. */
const BESIDE = 4;
/** So many of the slowest tests and hooks are listed. */
const SLOWEST = 20;

function choose(wanted: readonly string[]): string[] {
  const names = [...CHECKS, ...SUITES].map((each) => each.name);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new Error(`Unknown: ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
  }
  const onRequest = SUITES.filter((suite) => suite.onRequest).map((suite) => suite.name);
  return names.filter((name) =>
    wanted.length === 0 ? !onRequest.includes(name) : wanted.includes(name),
  );
}

async function main(): Promise<boolean> {
  const chosen = choose(process.argv.slice(2));
  const checks = CHECKS.filter((check) => chosen.includes(check.name));
  const suites = SUITES.filter((suite) => chosen.includes(suite.name));
  await setUp(['node', ...new Set([...checks, ...suites].flatMap((each) => each.needs))]);

  const sections: Section[] = [];
  const section = async (
    name: string,
    run: () => Promise<Counts>,
    part?: SuitePart,
  ): Promise<void> => {
    const started = performance.now();
    const counts = await run();
    const seconds = (performance.now() - started) / 1000;
    sections.push({ name, counts, seconds, ...(part && { part }) });
  };
  const run = async (some: readonly Check[]): Promise<void> => {
    for (const check of some) await section(check.name, () => runCheck(check));
  };
  await run(checks.filter(({ writes }) => writes === true));
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'sockmap-counts-'));
  const remove = atEnd(() => {
    fs.rmSync(directory, { recursive: true, force: true });
  });
  // Before all that runs beside each other: it writes what they install.
  const env: Record<string, string> = {};
  if (suites.some(({ needs }) => needs.includes('editor') || needs.includes('sshd'))) {
    env[PACKAGE_VARIABLE] = await packageExtension();
  }
  const parts = partsOf(suites);
  const isAlone = parts.length < 2;
  const runOne = async (part: SuitePart): Promise<void> => {
    const { suite, name } = part;
    const title = isAlone ? suite.name : `${suite.name} (${name})`;
    console.log(`\n== ${title}: ${suite.about}`);
    const countsFile = path.join(directory, `${suite.name}-${name}.json`);
    const prefix = isAlone ? {} : { prefix: `${title.padEnd(17)} | ` };
    await section(title, () => runPart(part, { countsFile, env, ...prefix }), part);
  };
  const limit = pLimit(BESIDE);
  const reading = limit(() => run(checks.filter(({ writes }) => writes !== true)));
  const own: readonly Group[] = ['kernel', 'memory'];
  const begun = parts
    .filter(({ group }) => !own.includes(group))
    .map((part) => ({ part, ended: limit(runOne, part) }));
  const runGroup = async (name: Group): Promise<void> => {
    for (const part of parts.filter(({ group }) => group === name)) await runOne(part);
  };
  const measuring: readonly Group[] = ['standard', 'samples', 'panels'];
  const all = (some: typeof begun) => Promise.all(some.map(({ ended }) => ended));
  await all(begun.filter(({ part }) => measuring.includes(part.group)));
  await runGroup('kernel');
  await Promise.all([reading, all(begun)]);
  await runGroup('memory');
  const first = [...sections];
  for (const part of secondTries(first)) await runOne(part);
  await remove();
  return summarize(first, sections.slice(first.length));
}

/** @param tries second ones. */
function summarize(first: readonly Section[], tries: readonly Section[]): boolean {
  const list = (
    title: string,
    sections: readonly Section[],
    what: (section: Section) => readonly { title: string; reason: string }[],
  ): number => {
    const all = sections.flatMap((section) =>
      what(section).map((each) => `  ${section.name}: ${each.title}\n    ${indent(each.reason)}`),
    );
    if (all.length > 0) console.log(`\n${title}\n${all.join('\n')}`);
    return all.length;
  };
  console.log(`\nTime\n${times([...first, ...tries])}`);
  const skipped = list(
    'Skipped, and what is missing for it:',
    first,
    ({ counts }) => counts.skipped,
  );
  const unsteady = list(
    'Failed beside others, passed alone:',
    first,
    (section) => outcomeOf(section, tries).unsteady,
  );
  const failed = list('Failed:', [...first, ...tries], (section) =>
    tries.includes(section) ? section.counts.failed : outcomeOf(section, tries).failed,
  );
  const passed = first.reduce((sum, { counts }) => sum + counts.passed, unsteady);
  const only = unsteady === 0 ? '' : ` (${unsteady} only alone)`;
  console.log(`\n${passed} passed${only}, ${failed} failed, ${skipped} skipped`);
  return failed === 0;
}

/** Where the time goes: each part, of which some know their CPU time, then the slowest tests and hooks of all. */
function times(sections: readonly Section[]): string {
  const row = (seconds: number, title: string, cpu?: number) =>
    `  ${seconds.toFixed(1).padStart(7)} s  ${title}${cpu === undefined ? '' : `, ${cpu.toFixed(1)} s of CPU`}`;
  const slowest = sections
    .flatMap(({ name, counts }) =>
      counts.times.map(({ title, seconds }) => ({ title: `${name}: ${title}`, seconds })),
    )
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, SLOWEST);
  return [
    ...sections.map(({ name, seconds, counts }) => row(seconds, name, counts.cpuSeconds)),
    ...(slowest.length === 0 ? [] : ['The slowest tests and hooks:']),
    ...slowest.map(({ title, seconds }) => row(seconds, title)),
  ].join('\n');
}

function indent(text: string): string {
  const lines = text.trim().split('\n');
  const shown = lines.length > 24 ? [...lines.slice(0, 24), '…'] : lines;
  return shown.join('\n    ');
}

await runToEnd(async () => {
  process.exitCode = (await main()) ? 0 : 1;
});
