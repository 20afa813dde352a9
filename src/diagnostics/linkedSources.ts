import path from 'node:path';
import * as vscode from 'vscode';
import type { BpfSource } from '../bypass/build.ts';
import { makeQuickFix } from '../ui/inEditor.ts';
import { folderReader, relativePath, rootOf } from '../workspace/folders.ts';
import { readProgram } from '../workspace/program.ts';
import { findBpfFiles } from './bpfFiles.ts';
import type { Verifier } from './verifier.ts';

/** Sources of a workspace that are looked through; more are none of one project. */
const MOST_SOURCES = 500;

/** Sources that a program is to be linked with, for they define what it leaves open. */
export interface Missing {
  readonly source: BpfSource;
  readonly found: readonly { readonly file: string; readonly names: readonly string[] }[];
}

/**
 * Reads which sources of the workspace define what a program declares alone.
 * @throws HostError where the program, or a setting, is wrong.
 */
export async function missingSources(uri: vscode.Uri): Promise<Missing> {
  const { definedIn } = await import('../verifier/externs.ts');
  const source = await readProgram(uri);
  const root = rootOf(uri);
  const read = folderReader(root);
  const names = (await findBpfFiles()).flatMap((one) => relativePath(root, one) ?? []);
  // The nearest first: of two that define a name it is the likelier one.
  const beside = path.posix.dirname(source.entry);
  const distance = (file: string) => path.posix.relative(beside, file).split('/').length;
  const sorted = names
    .sort((a, b) => distance(a) - distance(b) || (a < b ? -1 : 1))
    .slice(0, MOST_SOURCES);
  const others = new Map<string, Uint8Array>();
  for (const file of sorted) {
    const content = await read(file);
    if (content instanceof Uint8Array) others.set(file, content);
  }
  return { source, found: definedIn(source, others) };
}

/** Offers to link the source that defines what a program declares alone. The command asks first. */
export class LinkedSources implements vscode.CodeActionProvider {
  readonly #verifier: Verifier;

  constructor(verifier: Verifier) {
    this.#verifier = verifier;
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const lacking = Array.from(this.#verifier.findingsIn(document.uri)).find(
      ({ finding: { explanation, place } }) =>
        explanation === 'extern-undefined' && place.line === range.start.line,
    );
    if (lacking === undefined || !vscode.workspace.isTrusted) return [];
    const { source: uri, finding } = lacking;
    // A fault in a setting is reported by whoever needs the setting.
    const missing = await missingSources(uri).catch(() => undefined);
    if (missing === undefined || missing.found.length === 0) return [];
    const files = missing.found.map(({ file }) => path.posix.basename(file)).join(', ');
    const action = makeQuickFix(vscode.l10n.t('Link with {0}…', files), {
      command: { command: 'sockmapBypass.linkSources', arguments: [{ uri }] },
    });
    action.diagnostics = diagnostics.filter(
      ({ range: { start } }) => start.line === finding.place.line,
    );
    return [action];
  }
}
