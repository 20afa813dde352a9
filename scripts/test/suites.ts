import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { COUNTS_FILE, type Counts } from '../../test/harness/reporter.ts';
import type { Part } from '../setup.mjs';
import { installed, root, runCommand } from './command.ts';
import { projectFiles } from './files.ts';

/** Mocha tests that report through test/harness/reporter.ts. */
export interface Suite {
  readonly name: string;
  readonly about: string;
  readonly needs: readonly Part[];
  readonly asRoot: boolean;
  readonly directories: readonly string[];
  readonly timeoutSeconds: number;
  /** Only when it is named: it takes long, and what it shows seldom changes. */
  readonly onRequest?: true;
  /** Runs the test files; mocha when left out. */
  readonly command?: readonly string[];
}

const minutes = (count: number): number => count * 60_000;

/** A whole suite that takes longer hangs. */
const LONGEST_MS = minutes(40);
/** Time to end after the last test; what takes longer has been left open. */
const LINGER_MS = 20_000;

export const SUITES: readonly Suite[] = [
  {
    name: 'unit',
    about: 'the core without a host',
    needs: [],
    asRoot: false,
    directories: ['test/unit'],
    timeoutSeconds: 20,
  },
  {
    name: 'host',
    about: 'the core against real hosts: sshd, clang, bpftool, netperf and the kernel',
    needs: ['host', 'applications', 'sshd'],
    asRoot: true,
    directories: ['test/harness', 'test/host'],
    timeoutSeconds: 120,
  },
  {
    name: 'vscode',
    about: 'inside the extension host of a real VS Code',
    needs: ['host', 'sshd', 'editor'],
    asRoot: true,
    directories: ['test/vscode/suite'],
    timeoutSeconds: 120,
    command: [process.execPath, '--import', 'tsx', 'test/vscode/runInHost.ts'],
  },
  {
    name: 'ui',
    about: 'the window of a real VS Code',
    needs: ['host', 'sshd', 'editor'],
    asRoot: true,
    directories: ['test/vscode/ui'],
    timeoutSeconds: 180,
  },
  {
    name: 'kernels',
    about: 'older kernels and another architecture, in virtual machines of Debian’s releases',
    needs: ['host', 'kernels'],
    asRoot: true,
    directories: ['test/kernels'],
    timeoutSeconds: 1200,
    onRequest: true,
  },
];

export async function runSuite(suite: Suite, countsFile: string): Promise<Counts> {
  const files = projectFiles(...suite.directories.map((each) => `${each}/**/*.test.ts`));
  if (files.length === 0) return broken('There is no test file.');
  const mocha = [installed('mocha'), '--timeout', `${suite.timeoutSeconds}s`, ...files];
  const started = Date.now();
  const { code, ended } = await runCommand(
    [...(suite.asRoot ? asRoot(countsFile) : []), ...(suite.command ?? mocha)],
    {
      cwd: root,
      env: { [COUNTS_FILE]: countsFile },
      watchdog: () => {
        if (Date.now() - started > LONGEST_MS)
          return `not finished after ${LONGEST_MS / 60_000} min`;
        const reported = fs.statSync(countsFile, { throwIfNoEntry: false })?.mtimeMs;
        if (reported === undefined || Date.now() - reported < LINGER_MS) return undefined;
        return `still running ${LINGER_MS / 1000} s after its last test: something is left open`;
      },
    },
  );
  if (!fs.existsSync(countsFile)) {
    return broken(ended ?? `The suite ended with ${code} before it reported.`);
  }
  const counts = JSON.parse(fs.readFileSync(countsFile, 'utf8')) as Counts;
  const failed = [...counts.failed];
  const complain = (reason: string): number => failed.push({ title: 'the suite', reason });
  if (ended !== undefined) complain(ended);
  else if (code !== 0 && failed.length === 0)
    complain(`All tests passed, but it ended with ${code}.`);
  if (counts.passed + failed.length === 0) complain('No test was executed.');
  return { ...counts, failed };
}

function broken(reason: string): Counts {
  return { passed: 0, failed: [{ title: 'the suite', reason }], skipped: [], times: [] };
}

/** Loading programs, other users' logins and cgroups need root; whoever is not asks sudo. */
function asRoot(countsFile: string): string[] {
  if (process.getuid?.() === 0) return [];
  const keep = {
    PATH: process.env['PATH'] ?? '',
    HOME: os.homedir(),
    [COUNTS_FILE]: path.resolve(countsFile),
  };
  return ['sudo', 'env', ...Object.entries(keep).map(([name, value]) => `${name}=${value}`)];
}
