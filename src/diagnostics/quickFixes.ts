import * as vscode from 'vscode';
import type { Edit, QuickFix } from '../verifier/fixes.ts';
import { makeQuickFix } from '../ui/inEditor.ts';
import { fileOf, rangeOf } from './bpfFiles.ts';
import type { Verifier } from './verifier.ts';

/** Sources of BPF programs, and the headers that findings may be in. */
export const C_FILES: vscode.DocumentFilter = { scheme: 'file', pattern: '**/*.{c,h}' };

export const QUICK_FIXES: vscode.CodeActionProviderMetadata = {
  providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
};

/** Offers the changes that remove what a host objects to, as long as the text is the one that was verified. */
export class QuickFixes implements vscode.CodeActionProvider {
  readonly #verifier: Verifier;

  constructor(verifier: Verifier) {
    this.#verifier = verifier;
  }

  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const offered = new Map<string, vscode.CodeAction>();
    for (const { source, finding } of this.#verifier.findingsIn(document.uri)) {
      const [first] = finding.fixes ?? [];
      if (first === undefined || range.intersection(rangeOf(finding.place)) === undefined) continue;
      for (const fix of finding.fixes ?? []) {
        const edit = editOf(source, document, fix);
        // Two hosts, or two programs, object to the same.
        const key = JSON.stringify(fix);
        if (edit === undefined || offered.has(key)) continue;
        const action = makeQuickFix(fix.title, { edit });
        const line = finding.place.line;
        action.diagnostics = diagnostics.filter((one) => one.range.start.line === line);
        action.isPreferred = fix === first;
        offered.set(key, action);
      }
    }
    return Array.from(offered.values());
  }
}

/** @returns undefined where a line that it changes is another by now. */
function editOf(
  source: vscode.Uri,
  document: vscode.TextDocument,
  { edits }: QuickFix,
): vscode.WorkspaceEdit | undefined {
  const isSame = ({ place, line }: Edit): boolean =>
    fileOf(source, place)?.toString() === document.uri.toString() &&
    place.line < document.lineCount &&
    document.lineAt(place.line).text === line;
  if (!edits.every(isSame)) return undefined;
  const whole = new vscode.WorkspaceEdit();
  for (const { place, text } of edits) whole.replace(document.uri, rangeOf(place), text);
  return whole;
}
