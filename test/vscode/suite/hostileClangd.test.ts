import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import vscode from 'vscode';
import { eventually } from '../../harness/host/wait.ts';
import { commandLine } from '../../harness/processes.ts';
import { startSshd, type TestSshd } from '../../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';

const PROGRAM = 'int program;\n';
const NAME = 'hostileClangd';
const SECRET = 'hunter2';

interface Recorded {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly started?: boolean;
}

describe('a clangd of somebody else’s making', () => {
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const program = vscode.Uri.file(path.join(workspace, NAME, 'program.bpf.c'));
  const makefile = path.join(workspace, 'Makefile');
  const hostile = path.join(
    vscode.extensions.getExtension('sockmap-bypass.sockmap-bypass')?.extensionPath ?? '',
    'test/harness/hostileClangd.mjs',
  );
  /** Its targets: a folder, a home's start-up file. */
  let victim: TemporaryDirectory;
  let host: TemporaryDirectory;
  let sshd: TestSshd;

  const setting = (name: string, value: unknown): Thenable<void> =>
    vscode.workspace.getConfiguration().update(name, value, vscode.ConfigurationTarget.Global);
  const records = (): string[] =>
    fs
      .readdirSync(host.path)
      .filter((each) => each.startsWith('record.'))
      .map((each) => path.join(host.path, each));
  const recorded = (): Recorded[] =>
    records()
      .flatMap((file) => fs.readFileSync(file, 'utf8').split('\n').slice(0, -1))
      .map((line) => JSON.parse(line) as Recorded);
  /** To requests of its own. */
  const answers = (method: string): Recorded[] =>
    recorded().filter(({ id }) => String(id).startsWith(`${method} `));
  /** Writes down how it behaves when it is started next. */
  const plan = (mode: 'harm' | 'endless'): void => {
    const relative = path.relative(workspace, victim.path);
    const harm = { command: 'workbench.action.files.newUntitledFile', arguments: [] };
    const where = { victim: relative, absolute: victim.path, section: 'http' };
    for (const file of records()) fs.rmSync(file);
    fs.writeFileSync(
      path.join(host.path, 'plan.json'),
      JSON.stringify({ mode, name: NAME, ...harm, ...where }),
    );
  };
  const ask = <T>(command: string, ...rest: unknown[]): Thenable<T> =>
    vscode.commands.executeCommand<T>(command, program, ...rest);
  const start = new vscode.Position(0, 0);
  const name = new vscode.Position(0, 5);

  before(async () => {
    victim = temporaryDirectory({ '.bashrc': 'true', evil: 'false', 'folder/a': 'a' });
    host = temporaryDirectory();
    // Root's clangd is a user of its own, and writes down what it gets.
    fs.chmodSync(host.path, 0o777);
    fs.copyFileSync(hostile, path.join(host.path, 'clangd'));
    fs.chmodSync(path.join(host.path, 'clangd'), 0o755);
    plan('harm');
    sshd = await startSshd({
      alias: 'hostile',
      serverLines: [`SetEnv PATH=${host.path}:${process.env['PATH'] ?? ''}`],
    });
    fs.mkdirSync(path.dirname(program.fsPath), { recursive: true });
    fs.writeFileSync(program.fsPath, PROGRAM);
    fs.writeFileSync(makefile, 'all:\n');
    await setting('http.proxy', `http://me:${SECRET}@127.0.0.1:9`);
    await setting('sockmapBypass.ssh.configFile', sshd.configFile);
    await setting('sockmapBypass.host', sshd.alias);
    // Documents that other tests have left open are not its own.
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.window.showTextDocument(program, { preview: false });
    // The last but one thing it sends.
    await eventually(
      'its diagnostic shows',
      () => vscode.languages.getDiagnostics(program).length > 0,
    );
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    for (const each of ['http.proxy', 'sockmapBypass.ssh.configFile', 'sockmapBypass.host']) {
      await setting(each, undefined);
    }
    fs.rmSync(path.dirname(program.fsPath), { recursive: true, force: true });
    fs.rmSync(makefile, { force: true });
    await sshd.stop();
    await victim.remove();
    await host.remove();
  });

  it('deletes, renames, makes and edits nothing', async () => {
    const files = (): string => fs.readdirSync(victim.path).sort().join(' ');
    const whole = '.bashrc evil folder';
    await eventually('its edits are answered, or made', () => {
      const { length } = answers('workspace/applyEdit');
      // For each document that is still open: those of other tests may be.
      return (length > 0 && length % 9 === 0) || files() !== whole;
    });
    assert.equal(files(), whole);
    assert.equal(fs.readFileSync(path.join(victim.path, '.bashrc'), 'utf8'), 'true');
    assert.ok(fs.existsSync(path.join(victim.path, 'folder/a')));
    assert.ok(!fs.existsSync(path.join(workspace, '.vscode/made.json')));
    const dirty = vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty);
    assert.deepEqual(dirty.map(String), []);
    assert.equal(fs.readFileSync(makefile, 'utf8'), 'all:\n');
    for (const { result } of answers('workspace/applyEdit'))
      assert.equal((result as { applied?: boolean }).applied, false);
  });

  it('learns no setting, and nothing of this machine', async () => {
    const found = await eventually('it is answered', () => answers('workspace/configuration')[0]);
    assert.deepEqual(found?.result, [null, null]);
    const all = JSON.stringify(recorded());
    for (const secret of [SECRET, workspace, victim.path]) assert.ok(!all.includes(secret), secret);
  });

  it('opens nothing', () => {
    const tabs = vscode.window.tabGroups.all.flatMap(({ tabs: each }) => each);
    assert.deepEqual(
      tabs.map(({ input }) => (input as vscode.TabInputText).uri.toString()),
      [program.toString()],
    );
  });

  it('has no command in the editor', async () => {
    const commands = await vscode.commands.getCommands();
    assert.deepEqual(
      commands.filter((each) => each.startsWith(NAME)),
      [],
    );
    const lenses = await ask<vscode.CodeLens[]>('vscode.executeCodeLensProvider', 10);
    assert.deepEqual(lenses, []);
    const actions = await ask<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      new vscode.Range(start, name),
    );
    assert.ok(!actions.some(({ title }) => title === 'Harm'));
  });

  it('makes no links', async () => {
    const [hover] = await ask<vscode.Hover[]>('vscode.executeHoverProvider', name);
    const [contents] = hover?.contents ?? [];
    assert.ok(contents instanceof vscode.MarkdownString);
    assert.match(contents.value, new RegExp(`^${NAME} \\\\\\[x`));
    assert.doesNotMatch(contents.value, /[^\\][[<!]/);
    assert.ok(contents.isTrusted !== true && contents.supportHtml !== true);
    assert.deepEqual(await ask<unknown[]>('vscode.executeLinkProvider'), []);
    assert.deepEqual(await ask<unknown[]>('vscode.executeDefinitionProvider', name), []);
    const [diagnostic] = vscode.languages.getDiagnostics(program);
    assert.deepEqual([diagnostic?.message, diagnostic?.code], [NAME, 'x']);
  });

  it('renames nothing where it would delete', async () => {
    await assert.rejects(async () => {
      const edit = await ask<vscode.WorkspaceEdit>(
        'vscode.executeDocumentRenameProvider',
        name,
        'other',
      );
      await vscode.workspace.applyEdit(edit);
    });
    assert.ok(fs.existsSync(path.join(victim.path, 'folder/a')));
  });

  it('is ended, and not begun again, when what it sends has no end', async () => {
    plan('endless');
    await assert.rejects(
      Promise.resolve(vscode.commands.executeCommand('sockmapBypass.restartClangd', {})),
      /Could not read the answer of clangd on hostile: a header of more than 4096 bytes/,
    );
    await eventually(
      'it has ended',
      () => !sshd.sessions().some((pid) => commandLine(pid).includes(`${host.path}/clangd`)),
    );
    assert.equal(recorded().filter(({ started }) => started).length, 1);
  });
});
