import fs from 'node:fs';
import path from 'node:path';
import { cgroupMount } from '../cgroup.ts';
import { processRef } from '../processes.ts';
import { run } from '../run.ts';
import { heldNames, isOurs } from './held.ts';

/**
 * Lists the changes that a program could leave on a host, as far as it is this lane's own: a line each.
 * @param scratch where temporary files go, as TMPDIR says.
 */
export async function lastingState(scratch: string): Promise<string[]> {
  const lines = (kind: string, values: readonly string[]) =>
    values.map((value) => `${kind} ${value}`);
  const below = (directory: string) => fs.readdirSync(directory, { recursive: true }).map(String);
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isOurs(name));
  const held = await Promise.all([heldNames('prog', ''), heldNames('map', '')]);
  const shown = await Promise.all([run('ss', ['-Htlnu']), run('ip', ['-o', 'link'])]);
  return [
    // Several may be of one name.
    `held ${held.flat().join(' ')}`,
    ...lines('pinned', below('/sys/fs/bpf')),
    ...lines('cgroup', directoriesBelow(cgroupMount() ?? '')),
    ...lines('temporary', below(scratch)),
    ...lines('namespace', below('/run/netns')),
    ...lines('process', pids.flatMap(processText)),
    ...shown.flatMap((text) => text.split('\n')),
    ...settings(),
  ];
}

/** The difference: what is there now and was not, with +, and what was there and is no more, with -. */
export function changes(before: readonly string[], now: readonly string[]): string[] {
  const [was, is] = [new Set(before), new Set(now)];
  return [
    ...now.filter((line) => !was.has(line)).map((line) => `+ ${line}`),
    ...before.filter((line) => !is.has(line)).map((line) => `- ${line}`),
  ];
}

function processText(pid: string): string[] {
  const ref = processRef(Number(pid));
  return ref === undefined ? [] : [`${pid} ${ref.startedAt} ${contentOf(`/proc/${pid}/comm`)}`];
}

const directoriesBelow = (directory: string): string[] =>
  fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ parentPath, name }) => path.join(parentPath, name));

/** Those of the network namespace, and those for BPF. */
const settings = (): string[] =>
  ['net', 'kernel'].flatMap((group) =>
    fs
      .readdirSync(`/proc/sys/${group}`, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && (group === 'net' || entry.name.includes('bpf')))
      .map(({ parentPath, name }) => path.join(parentPath, name))
      .map((file) => `${file} ${contentOf(file)}`),
  );

/** Empty where it cannot be read, as of what has ended. */
function contentOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
