import assert from 'node:assert/strict';
import vscode from 'vscode';
import { eventually } from '../../harness/host/wait.ts';

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

describe('the extension in its host', () => {
  it('activates and registers every command it contributes', async () => {
    const extension = vscode.extensions.getExtension('sockmap-bypass.sockmap-bypass');
    assert.ok(extension);
    await extension.activate();
    const registered = await vscode.commands.getCommands(true);
    const { commands } = (extension.packageJSON as Manifest).contributes;
    const missing = commands.filter(({ command }) => !registered.includes(command));
    assert.deepEqual(missing, []);
  });

  it('makes plans and results languages of their own, whose files are checked as JSON', async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? assert.fail();
    const uri = vscode.Uri.joinPath(folder, 'wrong.sockmap-plan.json');
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode('{ "name": 1 }'));
    try {
      const document = await vscode.workspace.openTextDocument(uri);
      assert.equal(document.languageId, 'sockmap-plan');
      // Only what is shown is checked.
      await vscode.window.showTextDocument(document);
      await eventually('the schema objects', () =>
        vscode.languages.getDiagnostics(uri).some(({ message }) => message.includes('string')),
      );
    } finally {
      await vscode.workspace.fs.delete(uri);
    }
  });
});
