import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import vscode from 'vscode';
import type { BypassStatus } from '../../../src/bypass/attachment.ts';
import type { Diagnosis } from '../../../src/verifier/diagnose.ts';
import { startSshd, type TestSshd } from '../../harness/sshd.ts';
import { makePlace, type Place } from '../../harness/vscode/place.ts';

const BUNDLED = path.join(
  vscode.extensions.getExtension('sockmap-bypass.sockmap-bypass')?.extensionPath ?? '',
  'bpf',
);

async function execute<T>(name: string, argument?: unknown): Promise<T> {
  const answer: unknown = await vscode.commands.executeCommand(`sockmapBypass.${name}`, argument);
  return answer as T;
}

describe('the editable copy of the BPF source', () => {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const copy = path.join(folder, 'bpf');
  const entry = path.join(copy, 'sockmap_bypass.bpf.c');
  const read = (name: string): string => fs.readFileSync(path.join(copy, name), 'utf8');
  const bundled = (name: string): string => fs.readFileSync(path.join(BUNDLED, name), 'utf8');
  let sshd: TestSshd | undefined;
  let place: Place | undefined;

  before(async () => {
    sshd = await startSshd({ alias: 'of-the-copy' });
    place = makePlace('copy');
    await vscode.workspace
      .getConfiguration('sockmapBypass.ssh')
      .update('configFile', sshd.configFile, vscode.ConfigurationTarget.Global);
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
  after(async () => {
    await vscode.workspace
      .getConfiguration('sockmapBypass.ssh')
      .update('configFile', undefined, vscode.ConfigurationTarget.Global);
    fs.rmSync(copy, { recursive: true, force: true });
    await sshd?.stop();
    await place?.remove();
  });

  it('does not take the place of files of the person', async () => {
    fs.mkdirSync(copy);
    fs.writeFileSync(path.join(copy, 'kernel.h'), '// mine\n');
    await assert.rejects(
      execute('openSource', {}),
      /it would replace bpf\/kernel\.h\. Rename what is there/,
    );
    assert.equal(read('kernel.h'), '// mine\n');
    assert.deepEqual(fs.readdirSync(copy), ['kernel.h']);
    fs.rmSync(copy, { recursive: true });
    await assert.rejects(execute('compareSource', {}), /has no copy of it.*Open BPF source/);
    await assert.rejects(execute('restoreSource', {}), /has no copy of it/);
    await assert.rejects(execute('openSource', { folder: 'other' }), /there is no folder other/);
  });

  it('is made, opened and given', async () => {
    const uri = await execute<vscode.Uri>('openSource');
    assert.equal(uri.fsPath, entry);
    assert.equal(vscode.window.activeTextEditor?.document.uri.fsPath, entry);
    for (const name of ['sockmap_bypass.bpf.c', 'classic.bpf.c', 'kernel.h', 'LICENSE']) {
      assert.equal(read(name), bundled(name));
    }
  });

  it('is opened as it is the next time', async () => {
    fs.appendFileSync(entry, '/* mine */\n');
    fs.rmSync(path.join(copy, 'classic.bpf.c'));
    await execute('openSource', {});
    assert.match(read('sockmap_bypass.bpf.c'), /mine \*\/\n$/);
    assert.ok(!fs.existsSync(path.join(copy, 'classic.bpf.c')));
  });

  it('is what load takes, what is not saved included', async () => {
    assert.ok(sshd && place);
    const at = { host: sshd.alias, cgroup: place.cgroup };
    const tags = (status: BypassStatus): (string | undefined)[] => {
      const found = status.attachments.find(({ cgroup }) => cgroup === at.cgroup);
      return [found?.sockops?.tag, found?.redirect?.tag];
    };
    // A comment changes no instruction.
    const [sockops, redirect] = tags(await execute('load', at));
    const document = await vscode.workspace.openTextDocument(entry);
    const edit = new vscode.WorkspaceEdit();
    const text = document.getText();
    const head = /\nint sockmap_redirect\(struct sk_msg_md \*(\w+)\)\n\{\n/.exec(text);
    assert.ok(head);
    const start = document.positionAt(head.index + head[0].length);
    edit.insert(
      document.uri,
      start,
      `\tif (${head[1] ?? ''}->size == 4711)\n\t\treturn SK_DROP;\n`,
    );
    await vscode.workspace.applyEdit(edit);
    assert.ok(document.isDirty);
    const changed = tags(await execute('load', { ...at, replace: true }));
    assert.ok(!document.isDirty);
    assert.equal(changed[0], sockops);
    assert.notEqual(changed[1], redirect);
    // The classic policy has no copy now: the bundled one is taken.
    await execute('load', { ...at, policy: 'classic', replace: true });
    await execute('unload', at);
  });

  it('is built as the settings say, for loading as for verifying', async () => {
    assert.ok(sshd && place);
    const settings = vscode.workspace.getConfiguration('sockmapBypass');
    const change = async (values: Readonly<Record<string, unknown>>): Promise<void> => {
      for (const [name, value] of Object.entries(values)) {
        await settings.update(name, value, vscode.ConfigurationTarget.Global);
      }
    };
    const before = read('sockmap_bypass.bpf.c');
    const library = path.join(folder, 'lib');
    fs.mkdirSync(library);
    fs.writeFileSync(
      path.join(library, 'wanted.h'),
      '#if WANTED != 4711 || MAX_SOCKETS != 1000\n#error not as the settings say\n#endif\n',
    );
    fs.writeFileSync(entry, `#include <wanted.h>\n${before}`);
    const at = { host: sshd.alias, cgroup: place.cgroup };
    const verify = () =>
      execute<Diagnosis>('verify', { host: at.host, uri: vscode.Uri.file(entry) });
    try {
      await change({ 'verify.include': ['lib'], 'guarded.maxSockets': 1000 });
      await assert.rejects(execute('load', at), /not as the settings say/);
      assert.match((await verify()).findings[0]?.message ?? '', /not as the settings say/);
      await change({ 'verify.defines': { WANTED: 4711 } });
      assert.deepEqual((await verify()).findings, []);
      const { attachments } = await execute<BypassStatus>('load', at);
      const [loaded] = attachments.filter(({ cgroup }) => cgroup === at.cgroup);
      assert.equal(loaded?.state, 'attached');
      await execute('unload', at);
    } finally {
      const names = ['verify.include', 'verify.defines', 'guarded.maxSockets'];
      await change(Object.fromEntries(names.map((name) => [name, undefined])));
      fs.writeFileSync(entry, before);
      fs.rmSync(library, { recursive: true });
    }
  });

  it('is built as its project says, for loading as for verifying', async () => {
    assert.ok(sshd && place);
    const before = read('sockmap_bypass.bpf.c');
    const file = path.join(folder, '.clangd');
    const wanted = (number: number) => {
      fs.writeFileSync(file, `CompileFlags:\n  Add: [-DWANTED=${number}]\n`);
    };
    const check = '#if WANTED != 4711\n#error not as the project says\n#endif\n';
    fs.writeFileSync(entry, `${check}${before}`);
    const at = { host: sshd.alias, cgroup: place.cgroup };
    const uri = vscode.Uri.file(entry);
    try {
      wanted(1);
      await assert.rejects(execute('load', at), /not as the project says/);
      const { findings } = await execute<Diagnosis>('verify', { host: at.host, uri });
      assert.match(findings[0]?.message ?? '', /not as the project says/);
      wanted(4711);
      assert.deepEqual((await execute<Diagnosis>('verify', { host: at.host, uri })).findings, []);
      const { attachments } = await execute<BypassStatus>('load', at);
      const [loaded] = attachments.filter(({ cgroup }) => cgroup === at.cgroup);
      assert.equal(loaded?.state, 'attached');
      await execute('unload', at);
    } finally {
      fs.writeFileSync(entry, before);
      fs.rmSync(file);
    }
  });

  it('that includes what lies outside is refused', async () => {
    assert.ok(sshd && place);
    const before = read('kernel.h');
    fs.writeFileSync(path.join(copy, 'kernel.h'), `${before}\n#include "../../etc/secret.h"\n`);
    await assert.rejects(
      execute('load', { host: sshd.alias, cgroup: place.cgroup }),
      /"\.\.\/etc\/secret\.h" is outside of the folder/,
    );
    assert.deepEqual(await place.left(), []);
    fs.writeFileSync(path.join(copy, 'kernel.h'), before);
  });

  it('is compared with what is bundled', async () => {
    const names = await execute<string[]>('compareSource');
    assert.deepEqual(names.toSorted(), ['classic.bpf.c', 'sockmap_bypass.bpf.c']);
    const input: unknown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof vscode.TabInputTextDiff);
    assert.equal(input.modified.fsPath, entry);
    const original = await vscode.workspace.openTextDocument(input.original);
    assert.equal(original.getText(), bundled('sockmap_bypass.bpf.c'));
    await assert.rejects(execute('compareSource', { file: 'other.h' }), /no bundled file is named/);
    // As from the menu of an editor.
    await execute('compareSource', vscode.Uri.file(path.join(copy, 'kernel.h')));
    const header: unknown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(header instanceof vscode.TabInputTextDiff);
    assert.equal(header.modified.fsPath, path.join(copy, 'kernel.h'));
  });

  it('is put back, and Undo brings the changes back', async () => {
    const mine = read('sockmap_bypass.bpf.c');
    fs.writeFileSync(path.join(copy, 'own.h'), '// added\n');
    const names = await execute<string[]>('restoreSource', { confirmed: true });
    assert.deepEqual(names.toSorted(), ['classic.bpf.c', 'sockmap_bypass.bpf.c']);
    for (const name of names) assert.equal(read(name), bundled(name));
    assert.equal(read('own.h'), '// added\n');
    assert.deepEqual(await execute('restoreSource', { confirmed: true }), []);
    await vscode.window.showTextDocument(vscode.Uri.file(entry));
    await vscode.commands.executeCommand('undo');
    assert.equal(vscode.window.activeTextEditor?.document.getText(), mine);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('is the same with the line ends of another system', async () => {
    const mine = read('kernel.h');
    fs.writeFileSync(path.join(copy, 'kernel.h'), mine.replaceAll('\n', '\r\n'));
    assert.deepEqual(await execute('compareSource', {}), []);
    assert.deepEqual(await execute('restoreSource', { confirmed: true }), []);
    fs.writeFileSync(path.join(copy, 'kernel.h'), mine);
  });
});
