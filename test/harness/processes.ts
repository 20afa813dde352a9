import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { atEnd } from './cleanup.ts';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessRef {
  readonly pid: number;
  readonly startedAt: string;
}

interface Stat extends ProcessRef {
  readonly parent: number;
  readonly state: string;
}

function stat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name in parentheses may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent = ''] = fields;
  return { pid, state, parent: Number(parent), startedAt: fields[19] ?? '' };
}

function all(): Stat[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => stat(Number(name)))
    .filter((found) => found !== undefined);
}

export function processRef(pid: number): ProcessRef | undefined {
  return stat(pid);
}

/** A zombie counts as gone: it holds nothing but its number. */
export function isAlive(ref: ProcessRef): boolean {
  const now = stat(ref.pid);
  return now?.startedAt === ref.startedAt && now.state !== 'Z';
}

/** The children of a process, their children and so on, the deepest last. */
export function descendants(pid: number): (ProcessRef & { readonly parent: number })[] {
  const processes = all();
  const found: Stat[] = [];
  for (let parents = [pid]; parents.length > 0;) {
    const children = processes.filter((each) => parents.includes(each.parent));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}

export function commandLine(pid: number): string[] {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

export function processesOfUser(uid: number): ProcessRef[] {
  return all().filter((each) => {
    try {
      return fs.statSync(`/proc/${each.pid}`).uid === uid;
    } catch {
      return false;
    }
  });
}

/** Asks the processes to end, and makes those that do not. */
export async function endProcesses(
  refs: readonly ProcessRef[],
  { graceMs = 2000, first = 'SIGTERM' }: { graceMs?: number; first?: NodeJS.Signals } = {},
): Promise<void> {
  signal(refs, first);
  await gone(refs, graceMs);
  signal(refs, 'SIGKILL');
  await gone(refs, 5000);
  const left = refs.filter(isAlive);
  if (left.length > 0) {
    throw new Error(`Processes ${left.map((ref) => ref.pid).join(', ')} do not end.`);
  }
}

function signal(refs: readonly ProcessRef[], name: NodeJS.Signals): void {
  for (const ref of refs.filter(isAlive)) {
    try {
      process.kill(ref.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

async function gone(refs: readonly ProcessRef[], timeoutMs: number): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (refs.some(isAlive) && Date.now() < end) await delay(20);
}

/** Has a process that was started end with the tests, if it still runs then. @returns what ends it before. */
export const endAtEnd = (pid: number | undefined): ReturnType<typeof atEnd> =>
  atEnd(async () => {
    const ref = pid === undefined ? undefined : processRef(pid);
    if (ref) await endProcesses([ref]);
  });
