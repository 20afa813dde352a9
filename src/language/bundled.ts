import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Context } from '../context.ts';

const SCHEME = 'sockmap-bundled';

/** Native code that runs on a host, and no BPF: editing it would change nothing. */
const NOT_COPIED = ['semantics.c', 'verify.c'];

/** The bundled files a person may edit, by name. */
export async function bundledFiles(context: Context): Promise<ReadonlyMap<string, Uint8Array>> {
  const directory = context.bpfDirectory;
  const names = (await readdir(directory)).filter((name) => !NOT_COPIED.includes(name));
  const files = await Promise.all(
    names.map(async (name) => [name, await readFile(path.join(directory, name))] as const),
  );
  return new Map(files);
}

let registration: vscode.Disposable | undefined;

/** A bundled file as a document that cannot be edited. */
export function bundledUri(context: Context, name: string): vscode.Uri {
  registration ??= vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: async ({ path: file }) =>
      readFile(path.join(context.bpfDirectory, path.posix.basename(file)), 'utf8'),
  });
  return vscode.Uri.from({ scheme: SCHEME, path: `/${name}` });
}
