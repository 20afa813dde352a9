import assert from 'node:assert/strict';
import vscode from 'vscode';

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
});
