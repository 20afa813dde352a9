import * as vscode from 'vscode';

/** The languages of plans and results: JSON with an icon of their own. */
const LANGUAGES = ['sockmap-plan', 'sockmap-bench'];

/**
 * Has VS Code complete and check plans and results by their schemas. Its JSON support serves the languages
 * that package.json names as participants, but starts with the first document whose language is `json`
 * itself: one is read, which the window does not show, as soon as there is a plan or a result.
 */
export function checkAsJson(extension: vscode.Uri): vscode.Disposable {
  const look = (document: vscode.TextDocument): void => {
    if (!LANGUAGES.includes(document.languageId)) return;
    opened.dispose();
    void vscode.workspace.openTextDocument(vscode.Uri.joinPath(extension, 'package.json'));
  };
  const opened = vscode.workspace.onDidOpenTextDocument(look);
  vscode.workspace.textDocuments.forEach(look);
  return opened;
}
