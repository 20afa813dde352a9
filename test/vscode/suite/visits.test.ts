import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import vscode from 'vscode';
import { lineWith, VISITED } from '../../harness/visitedProgram.ts';

interface Shown {
  readonly line: number;
  readonly visit: number;
  readonly of: number;
}

describe('what the verifier knew at a line', () => {
  const host = 'local';
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const folder = path.join(workspace, 'visited');
  const uri = vscode.Uri.file(path.join(folder, 'visited.bpf.c'));
  const execute = (name: string, argument?: object) =>
    vscode.commands.executeCommand(`sockmapBypass.${name}`, argument);
  const toggle = async (on: boolean): Promise<number[]> => {
    const shown = (await execute('toggleCoverage', { on })) as {
      on: boolean;
      lines: Record<string, number[]>;
    };
    assert.equal(shown.on, on);
    return shown.lines[uri.toString()] ?? [];
  };
  /** The text of our hover at a line. */
  const hover = async (line: number): Promise<string> => {
    const found = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      uri,
      new vscode.Position(line, 3),
    );
    const texts = found.flatMap(({ contents }) => contents as vscode.MarkdownString[]);
    for (const text of texts) assert.ok(!text.isTrusted && !text.supportHtml);
    return texts.map(({ value }) => value).find((text) => text.includes('verifier')) ?? '';
  };
  const goTo = async (line: number): Promise<void> => {
    const editor = await vscode.window.showTextDocument(uri);
    const at = new vscode.Position(line, 3);
    editor.selection = new vscode.Selection(at, at);
  };

  before(async () => {
    fs.mkdirSync(folder);
    fs.writeFileSync(uri.fsPath, VISITED);
    await vscode.window.showTextDocument(uri);
    await execute('verify', { host, uri });
  });
  after(async () => {
    await toggle(false);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    fs.rmSync(folder, { recursive: true });
  });

  it('stands in its hover: registers with what they hold', async () => {
    const text = await hover(lineWith('if (!value)'));
    assert.match(text, /^\*\*What the verifier knew here\*\*/);
    assert.match(text, /^R\d = value of map hits, 8 bytes, or NULL$/m);
    assert.match(text, /count on local, Linux .* before instruction \d+: if r\d == 0x0/);
    assert.match(await hover(lineWith('*value = 100')), /The verifier never came to this line/);
    assert.equal(await hover(lineWith('struct {')), '');
  });

  it('each visit is a command further, and after the last comes the first', async () => {
    const line = lineWith('*value +=');
    await goTo(line);
    const first = (await execute('showVisit')) as Shown;
    assert.deepEqual([first.line, first.visit], [line + 1, 1]);
    assert.ok(first.of > 2, String(first.of));
    const texts = [await hover(line)];
    for (let visit = 2; visit <= first.of; visit++) {
      assert.equal(((await execute('nextVisit')) as Shown).visit, visit);
      texts.push(await hover(line));
      assert.match(texts.at(-1) ?? '', new RegExp(`: visit ${visit} of ${first.of}`));
    }
    assert.equal(new Set(texts).size, first.of);
    assert.equal(((await execute('nextVisit')) as Shown).visit, 1);
    assert.equal(((await execute('previousVisit')) as Shown).visit, first.of);
  });

  it('lines that it never reached are known, until the text changes', async () => {
    const unreached = lineWith('*value = 100') + 1;
    assert.deepEqual(await toggle(true), [unreached]);
    const editor = await vscode.window.showTextDocument(uri);
    await editor.edit((edit) => {
      edit.insert(new vscode.Position(0, 0), '\n');
    });
    assert.deepEqual(await toggle(true), []);
    assert.equal(await hover(lineWith('if (!value)') + 1), '');
    // Without an argument it is a person who asked: told by the window.
    assert.equal(await execute('showVisit'), undefined);
    await editor.document.save();
    await execute('verify', { host, uri });
    assert.deepEqual(await toggle(true), [unreached + 1]);
    assert.deepEqual(await toggle(false), []);
  });
});
