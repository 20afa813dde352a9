import type * as vscode from 'vscode';

/** An edit of a header, or of a line that includes one. */
export function mattersToOthers({
  document,
  contentChanges,
}: vscode.TextDocumentChangeEvent): boolean {
  if (!document.uri.path.endsWith('.c')) return true;
  return contentChanges.some(({ range, text }) =>
    /#\s*include/.test(`${text}\n${document.lineAt(range.start.line).text}`),
  );
}
