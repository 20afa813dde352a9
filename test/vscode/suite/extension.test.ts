import assert from 'node:assert/strict';
import vscode from 'vscode';

describe('the extension in its host', () => {
  it('is known to VS Code', () => {
    assert.ok(vscode.extensions.getExtension('sockmap-bypass.sockmap-bypass'));
  });
});
