import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { atEnd } from './cleanup.ts';
import { isAlive, processRef } from './processes.ts';

const PREFIX = 'sockmap-test-';

export interface TestCgroup {
  /** As in the file system, e.g. `/sys/fs/cgroup/unified/sockmap-test-load-4711-8812-1a2b3c4d`. */
  readonly path: string;
  readonly name: string;
  add(pid: number): void;
  /** Makes a cgroup inside; it is removed together with this one. */
  child(name: string): string;
  /** The processes in it and in those below. */
  pids(): number[];
  /** Kills what is inside and removes it with everything below. */
  remove(): Promise<void>;
}

/** Where cgroup v2 is mounted: at `/sys/fs/cgroup`, or beside v1 at `/sys/fs/cgroup/unified`. */
export function cgroupMount(): string | undefined {
  const mounts = fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const found = mounts.find((line) => line.split(' - ')[1]?.startsWith('cgroup2 '));
  const place = found?.split(' ')[4];
  // The kernel writes blanks in paths as octal numbers.
  return place?.replace(/\\(\d{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** Makes a cgroup of the tests' own; nothing is ever done to one that others made. */
export function makeCgroup(label = ''): TestCgroup {
  const mount = cgroupMount();
  if (mount === undefined) throw new Error('cgroup v2 is not mounted on this machine.');
  removeAbandoned(mount);
  const owner = processRef(process.pid);
  const name = [
    `${PREFIX}${label === '' ? '' : `${label}-`}${process.pid}-${owner?.startedAt ?? ''}`,
    randomBytes(4).toString('hex'),
  ].join('-');
  const directory = path.join(mount, name);
  fs.mkdirSync(directory);
  return {
    path: directory,
    name,
    add(pid) {
      fs.writeFileSync(path.join(directory, 'cgroup.procs'), String(pid));
    },
    child(childName) {
      const below = path.join(directory, childName);
      fs.mkdirSync(below, { recursive: true });
      return below;
    },
    pids: () => tree(directory).flatMap(pidsOf),
    remove: atEnd(() => removeTree(directory, mount)),
  };
}

let looked = false;

/**
 * A run of the tests that was killed could not clean up, and what it had loaded would be found by every
 * test that asks what is loaded on this machine.
 */
function removeAbandoned(mount: string): void {
  if (looked) return;
  looked = true;
  for (const name of fs.readdirSync(mount)) {
    const [, pid, startedAt] = /^sockmap-test-(?:.*-)?(\d+)-(\d+)-[0-9a-f]{8}$/.exec(name) ?? [];
    if (pid === undefined || startedAt === undefined) continue;
    if (isAlive({ pid: Number(pid), startedAt })) continue;
    const groups = tree(path.join(mount, name));
    for (const group of groups) {
      const inode = fs.statSync(group).ino;
      for (const process of pidsOf(group)) kill(process);
      removePinsOf(inode);
    }
    // Things that a killed process still holds go with the next run.
    for (const group of groups) fs.rmdirSync(group);
  }
}

export const PIN_ROOT = '/sys/fs/bpf/sockmap-bypass';

/** Pin directories that belong to a cgroup, finished or not, by its number. */
export function pinsOf(inode: number): string[] {
  if (!fs.existsSync(PIN_ROOT)) return [];
  return fs
    .readdirSync(PIN_ROOT)
    .filter((name) => name === String(inode) || name.startsWith(`${inode}_`))
    .map((name) => path.join(PIN_ROOT, name));
}

export function removePinsOf(inode: number): void {
  for (const pins of pinsOf(inode)) fs.rmSync(pins, { recursive: true });
  // Others may have pins of their own below it.
  if (fs.existsSync(PIN_ROOT) && fs.readdirSync(PIN_ROOT).length === 0) fs.rmdirSync(PIN_ROOT);
}

/** The cgroup and those below it, the deepest first. */
function tree(directory: string): string[] {
  if (!fs.existsSync(directory)) return [];
  const below = fs
    .readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => tree(path.join(directory, entry.name)));
  return [...below, directory];
}

function pidsOf(directory: string): number[] {
  try {
    const text = fs.readFileSync(path.join(directory, 'cgroup.procs'), 'utf8');
    return text.split('\n').filter(Boolean).map(Number);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

async function removeTree(directory: string, mount: string): Promise<void> {
  const end = Date.now() + 10_000;
  for (;;) {
    const groups = tree(directory);
    if (groups.length === 0) return;
    for (const pid of groups.flatMap(pidsOf)) {
      // A test may have moved itself in; it moves out instead of ending itself.
      if (pid === process.pid) fs.writeFileSync(path.join(mount, 'cgroup.procs'), String(pid));
      else kill(pid);
    }
    try {
      for (const group of groups) fs.rmdirSync(group);
    } catch (error) {
      // The kernel takes a moment to let go of a killed process, and children can be born meanwhile.
      if (!isGone(error) && (error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      if (Date.now() > end) {
        throw new Error(`${directory} cannot be removed.`, { cause: error });
      }
      await delay(20);
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '');
}
