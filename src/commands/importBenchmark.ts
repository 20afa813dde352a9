import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import * as z from 'zod';
import { readDocument, writeDocument } from '../bench/store.ts';
import type { Context } from '../context.ts';
import { ResultEditorProvider } from '../ui/resultEditor.ts';
import { readArgument, uriArgument } from './arguments.ts';
import { newFile } from './runBenchmark.ts';

const importArgument = z.object({ uri: uriArgument });

/**
 * Import benchmark result: takes a document of another machine, whatever its file is called, into
 * the workspace, as it was understood, and shows it. Nothing that is there is overwritten.
 * @returns the copy.
 * @throws HostError naming what is wrong with the file.
 */
export async function importBenchmark(
  context: Context,
  argument: unknown,
): Promise<vscode.Uri | undefined> {
  const uri = readArgument(importArgument, argument)?.uri ?? (await ask());
  if (uri === undefined) return undefined;
  const document = await readDocument(uri.fsPath);
  const wanted = await newFile(context, document);
  let target = wanted;
  for (let copy = 2; existsSync(target.fsPath); copy++) {
    const path = wanted.path.replace(/\.sockmap-bench\.json$/, `-${copy}$&`);
    target = wanted.with({ path });
  }
  await writeDocument(target.fsPath, document);
  await vscode.commands.executeCommand('vscode.openWith', target, ResultEditorProvider.viewType);
  return target;
}

async function ask(): Promise<vscode.Uri | undefined> {
  const [uri] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Import benchmark result'),
      openLabel: vscode.l10n.t('Import'),
      filters: { 'Sockmap benchmarks': ['json'] },
    })) ?? [];
  return uri;
}
