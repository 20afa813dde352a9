import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Context } from '../context.ts';

const SCHEME = 'sockmap-bundled';

/** The bundled files a person may edit, by name; what runs natively on a host lies in a folder below. */
export async function bundledFiles(context: Context): Promise<ReadonlyMap<string, Uint8Array>> {
  const directory = context.bpfDirectory;
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
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
