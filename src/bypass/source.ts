import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BpfSource } from './compile.ts';
import type { Policy } from './status.ts';

const ENTRY: Readonly<Record<Policy, string>> = {
  guarded: 'sockmap_bypass.bpf.c',
  classic: 'classic.bpf.c',
};

/** The programs of a policy with every header beside them, from a local directory. */
export async function readSource(directory: string, policy: Policy): Promise<BpfSource> {
  const entry = ENTRY[policy];
  const names = (await readdir(directory)).filter((name) => name === entry || name.endsWith('.h'));
  const files = await Promise.all(
    names.map(async (name) => [name, await readFile(path.join(directory, name))] as const),
  );
  return { entry, files: new Map(files) };
}

/** The socket-semantics probe, native C for the host. */
export const readProbe = (directory: string): Promise<Uint8Array> =>
  readFile(path.join(directory, 'semantics.c'));
