import fs from 'node:fs';
import path from 'node:path';
import type { Plan } from '../../../src/results/document.ts';
import { bypassArm } from '../../../src/results/plan.ts';
import type { BpfSource } from '../../../src/bypass/build.ts';
import { readSource } from '../../../src/bypass/source.ts';
import type { Policy } from '../../../src/bypass/attachment.ts';
import { makeCgroup, pinsOf, removePinsOf, type TestCgroup } from '../cgroup.ts';
import { atEnd } from '../cleanup.ts';
import { run } from '../run.ts';
import { eventually } from './wait.ts';

export { PIN_ROOT, pinsOf } from '../cgroup.ts';

/** The programs as they are bundled. */
export const bpfSource = (policy: Policy): Promise<BpfSource> =>
  readSource(path.join(import.meta.dirname, '../../../bpf'), policy);

/** A program of the test's own in place of the bundled one; it may include "kernel.h". */
export async function ownSource(text: string): Promise<BpfSource> {
  const files = new Map((await bpfSource('guarded')).files);
  files.delete('sockmap_bypass.bpf.c');
  return { entry: 'own.bpf.c', files: files.set('own.bpf.c', Buffer.from(text)) };
}

/** The least that measures something of everything. */
export const shortPlan = (policy: Policy, repetitions = 1): Plan => ({
  name: 'test',
  points: [
    {
      experiment: 'throughput',
      messageBytes: 65_536,
      arms: ['tcp', 'tcp-nodelay', bypassArm(policy)],
    },
    {
      experiment: 'latency',
      requestBytes: 64,
      responseBytes: 64,
      arms: ['tcp', bypassArm(policy)],
    },
  ],
  secondsPerSample: 1,
  repetitions,
});

export const inodeOf = (directory: string): number => fs.statSync(directory).ino;

interface Attached {
  readonly id: number;
  readonly name: string;
}

/** The sock_ops programs at a cgroup itself. */
export async function attachedTo(cgroup: string): Promise<Attached[]> {
  const text = await run('bpftool', ['-j', 'cgroup', 'show', cgroup]);
  return text.trim() === '' ? [] : (JSON.parse(text) as Attached[]);
}

/** The keys of `bypass_local`, each as hexadecimal bytes. */
export async function localKeys(pins: string): Promise<string[]> {
  const text = await run('bpftool', ['-j', 'map', 'dump', 'pinned', `${pins}/bypass_local`]);
  return (JSON.parse(text) as { key: string[] }[]).map(({ key }) =>
    key.map((byte) => byte.replace('0x', '').padStart(2, '0')).join(' '),
  );
}

/** Whether a program with this id is in the kernel. */
export async function isLoaded(id: number): Promise<boolean> {
  return run('bpftool', ['-j', 'prog', 'show', 'id', String(id)]).then(
    () => true,
    () => false,
  );
}

/** A test cgroup with one below it to load on, and whatever is loaded: all go, in whatever state. */
export interface BypassSite {
  /** The outer one: what a benchmark makes outside of the bypass is in it. */
  readonly cgroup: TestCgroup;
  /** The inner one. */
  readonly path: string;
  /** Names the pins. */
  readonly inode: number;
  /** Our things that are there now, whoever asks. */
  left(): Promise<{ pins: string[]; attached: Attached[] }>;
  assertClean(): Promise<void>;
  remove(): Promise<void>;
}

export function makeSite(label: string): BypassSite {
  const cgroup = makeCgroup(label);
  const inner = cgroup.child('app');
  const inode = inodeOf(inner);
  const left = async () => ({
    pins: pinsOf(inode),
    attached: fs.existsSync(inner) ? await attachedTo(inner) : [],
  });
  const remove = atEnd(async () => {
    const { attached } = await left();
    for (const { id } of attached) {
      await run('bpftool', ['cgroup', 'detach', inner, 'sock_ops', 'id', String(id)]);
    }
    removePinsOf(inode);
    await cgroup.remove();
  });
  return {
    cgroup,
    path: inner,
    inode,
    left,
    remove,
    async assertClean() {
      await eventually('nothing is left', async () => {
        const { pins, attached } = await left();
        return pins.length + attached.length === 0;
      });
    },
  };
}
