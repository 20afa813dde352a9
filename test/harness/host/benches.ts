import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { commandLine, processRef, type ProcessRef } from '../processes.ts';
import { eventually } from './wait.ts';

/** Nothing is in a cgroup that goes while it is read. */
function unlessGone<T>(directory: string, read: () => T[]): T[] {
  try {
    return read();
  } catch (error) {
    if (!fs.existsSync(directory)) return [];
    throw error;
  }
}

/** The cgroups that benchmarks made somewhere below one of the tests'. */
export function benchCgroups(directory: string): string[] {
  return unlessGone(directory, () => fs.readdirSync(directory, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const below = path.join(directory, name);
      return name.startsWith('sockmap-bypass-bench-') ? [below] : benchCgroups(below);
    });
}

/** Processes in them. */
export const benchProcesses = (directory: string): ProcessRef[] =>
  benchCgroups(directory).flatMap((cgroup) =>
    unlessGone(cgroup, () =>
      fs.readFileSync(path.join(cgroup, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean),
    )
      .map((pid) => processRef(Number(pid)))
      .filter((ref) => ref !== undefined),
  );

/** With its cgroups, all that ran in them is gone: a cgroup with a process cannot be removed. */
export async function assertNoBench(directory: string): Promise<void> {
  await eventually('no cgroup of a benchmark is left', () => benchCgroups(directory).length === 0);
  assert.deepEqual(benchProcesses(directory), []);
}

/** Waits until a sample of a run below a cgroup is being taken. */
export const untilMeasuring = (directory: string): Promise<unknown> =>
  eventually('a sample is taken', () =>
    benchProcesses(directory).some(({ pid }) => commandLine(pid)[0] === 'netperf'),
  );
