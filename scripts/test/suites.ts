import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cgroupMount } from '../../test/harness/cgroup.ts';
import { atEnd } from '../../test/harness/cleanup.ts';
import { COUNTS_FILE, type Counts } from '../../test/harness/reporter.ts';
import { run } from '../../test/harness/run.ts';
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
  /** Runs the test files, which are its further arguments; mocha when left out. */
  readonly command?: readonly string[];
}

/**
 * A few parts run beside each other, for most tests wait. Each file of the window's tests is a part by itself,
 * which has a VS Code of its own anyway. `kernel` changes what is one for the whole kernel, the switch for the run
 * time of BPF programs, or sees whether anything changes it, and comes when no samples of other benchmarks are
 * taken; `memory` fills TCP's memory, with which every bypass leaves its senders to TCP, and comes when all others
 * have ended.
 */
const GROUPS = [
  { group: 'memory', files: /\/hazardsMemory\.test\.ts$/ },
  {
    group: 'kernel',
    files:
      /\/(?:assessServices|benchFaults|benchMethod|measureRunTime|resume|ui\/verifier)\.test\.ts$/,
  },
  { group: 'standard', files: /\/standard\.test\.ts$/ },
  {
    group: 'stress',
    files: /\/(?:applications|connections|hazards\w*|pins|stress)\.test\.ts$/,
  },
  {
    group: 'panels',
    files: /^test\/vscode\/\w+\/(?:bench\w*|crash|firstMinutes|planForm)\.test\.ts$/,
  },
  {
    group: 'login',
    files:
      /^test\/host\/(?:connection|containerNames|distributions|failures|host|limits|privileges|scratch|sshConfig|startup|unprivileged|upload)\./,
  },
  { group: 'samples', files: /\/(?:bench\w*|cli|fleet|kill)\.test\.ts$/ },
  { group: 'editor', files: /^test\/(?:vscode\/suite\/|host\/(?:cgroups|load)\.)/ },
  { group: 'window', files: /^test\/vscode\/ui\// },
  { group: 'host', files: /(?:)/ },
] as const;

export type Group = (typeof GROUPS)[number]['group'];

/** Test files of a suite that run one after another, in surroundings of their own. */
export interface SuitePart {
  readonly suite: Suite;
  readonly group: Group;
  /** The group's, or the file's. */
  readonly name: string;
  readonly files: readonly string[];
}

/** The longest come first, so that all end at about the same time. */
const ORDER: readonly Group[] = [
  ...(['standard', 'host', 'samples', 'stress', 'login', 'panels', 'editor', 'window'] as const),
  ...(['kernel', 'memory'] as const),
];

/** In the order in which they begin. */
export function partsOf(suites: readonly Suite[]): SuitePart[] {
  return ORDER.flatMap((group) =>
    suites.flatMap((suite): SuitePart[] => {
      const files = filesOf(suite).filter((file) => groupOf(suite, file) === group);
      if (suite.name === 'ui') {
        return files.map((file) => ({
          suite,
          group,
          files: [file],
          name: path.basename(file, '.test.ts'),
        }));
      }
      return files.length === 0 ? [] : [{ suite, group, name: group, files }];
    }),
  );
}

const filesOf = (suite: Suite): string[] =>
  projectFiles(...suite.directories.map((each) => `${each}/**/*.test.ts`));

/** A suite that needs no surroundings of its own is one part. */
const groupOf = (suite: Suite, file: string): Group =>
  GROUPS.find((each) => suite.asRoot && each.files.test(file))?.group ?? 'host';

const minutes = (count: number): number => count * 60_000;

/** A part that takes longer hangs. */
const LONGEST_MS = minutes(50);
/** Time to end after the last test; what takes longer has been left open. */
const LINGER_MS = 20_000;

export const SUITES: readonly Suite[] = [
  {
    name: 'unit',
    about: 'the core without a host',
    needs: [],
    asRoot: false,
    directories: ['test/unit'],
    timeoutSeconds: 60,
  },
  {
    name: 'host',
    about: 'the core against real hosts: sshd, clang, bpftool, netperf and the kernel',
    needs: ['host', 'applications', 'sshd', 'deploy'],
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
    needs: ['host', 'sshd', 'editor', 'deploy'],
    asRoot: true,
    directories: ['test/vscode/ui'],
    timeoutSeconds: 180,
  },
  {
    name: 'kernels',
    about:
      'other kernels, another architecture, and real containers, in virtual machines of Debian’s releases',
    needs: ['host', 'kernels'],
    asRoot: true,
    directories: ['test/kernels'],
    timeoutSeconds: 1200,
    onRequest: true,
  },
];

/** @param env for the tests; @param prefix before each line of the output, where others run beside it. */
export async function runPart(
  { suite, name, files }: SuitePart,
  { countsFile, env, prefix }: RunOptions,
): Promise<Counts> {
  const mocha = [installed('mocha'), '--timeout', `${suite.timeoutSeconds}s`];
  const started = Date.now();
  const variables = { ...env, [COUNTS_FILE]: path.resolve(countsFile) };
  const surroundings = suite.asRoot
    ? ownSurroundings(`${suite.name}-${name}`, variables)
    : undefined;
  const { code, ended } = await runCommand(
    [...(surroundings?.argv ?? []), ...(suite.command ?? mocha), ...files],
    {
      cwd: root,
      env: variables,
      ...(prefix !== undefined && { prefix }),
      watchdog: () => {
        if (Date.now() - started > LONGEST_MS)
          return `not finished after ${LONGEST_MS / 60_000} min`;
        const reported = fs.statSync(countsFile, { throwIfNoEntry: false })?.mtimeMs;
        if (reported === undefined || Date.now() - reported < LINGER_MS) return undefined;
        return `still running ${LINGER_MS / 1000} s after its last test: something is left open`;
      },
    },
  );
  const cpuSeconds = surroundings?.cpuSeconds();
  const left = (await surroundings?.remove()) ?? [];
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
  left.forEach(complain);
  return { ...counts, failed, ...(cpuSeconds !== undefined && { cpuSeconds }) };
}

function broken(reason: string): Counts {
  return { passed: 0, failed: [{ title: 'the suite', reason }], skipped: [], times: [] };
}

interface RunOptions {
  readonly countsFile: string;
  readonly env: Readonly<Record<string, string>>;
  readonly prefix?: string;
}

/**
 * A cgroup, network and mounts of a part's own (scripts/test/lane.sh). Loading programs, other users' logins
 * and cgroups need root; whoever is not asks sudo.
 */
export function ownSurroundings(
  name: string,
  variables: Readonly<Record<string, string>>,
): Surroundings {
  const mount = cgroupMount();
  if (mount === undefined) throw new Error('cgroup v2 is not mounted on this machine.');
  const keep = { PATH: process.env['PATH'] ?? '', HOME: os.homedir(), ...variables };
  const asRoot =
    process.getuid?.() === 0
      ? []
      : ['sudo', 'env', ...Object.entries(keep).map(([key, value]) => `${key}=${value}`)];
  const script = path.join(import.meta.dirname, 'lane.sh');
  const cgroup = `sockmap-lane-${name}-${process.pid}`;
  const place = [cgroup, mount];
  const left: string[] = [];
  const remove = atEnd(async () => {
    try {
      await run('sh', ['-c', 'exec "$@"', 'sh', ...asRoot, 'sh', script, '--remove', ...place]);
    } catch (error) {
      left.push(String(error));
    }
  });
  return {
    argv: [...asRoot, 'sh', script, ...place],
    cpuSeconds: () => {
      const file = path.join(mount, cgroup, 'cpu.stat');
      if (!fs.existsSync(file)) return undefined;
      const text = fs.readFileSync(file, 'utf8');
      return Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) / 1e6;
    },
    remove: async () => {
      await remove();
      return left;
    },
  };
}

interface Surroundings {
  /** Before a command. */
  readonly argv: readonly string[];
  /** CPU time of all processes that have been in there, if they came so far. */
  readonly cpuSeconds: () => number | undefined;
  /** @returns complaints about processes that were left in there. */
  readonly remove: () => Promise<readonly string[]>;
}
