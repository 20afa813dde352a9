import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import vscode from 'vscode';
import { conflicting } from '../../../src/language/conflicts.ts';
import type { Diagnosis } from '../../../src/verifier/diagnose.ts';
import { eventually } from '../../harness/host/wait.ts';
import { commandLine, descendants, type ProcessRef } from '../../harness/processes.ts';
import { run } from '../../harness/run.ts';
import { startSshd, type TestSshd } from '../../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';

const PROGRAM = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "shared.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, int);
	__type(value, struct count);
} hits SEC(".maps");

static int first(void)
{
	int key = 0;
	struct count *count = bpf_map_lookup_elem(&hits, &key);

	if (!count)
		return 0;
	count->packets += one();
	return 1;
}

SEC("socket")
int on_packet(struct __sk_buff *skb)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return first() + !task;
}

char LICENSE[] SEC("license") = "GPL";
`;
const HEADER = `#pragma once
struct count {
	long packets;
	long bytes;
};
static inline int one(void)
{
	return 1;
}
`;

/** Where the test makes its mistakes. */
const LINE = PROGRAM.split('\n').indexOf('\tint key = 0;');

type Where = vscode.Location | vscode.LocationLink;

describe('language features', () => {
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const folder = path.join(workspace, 'language');
  const file = (name: string): vscode.Uri => vscode.Uri.file(path.join(folder, name));
  const program = file('program.bpf.c');
  const header = file('shared.h');
  let host: TemporaryDirectory;
  let sshd: TestSshd;
  let poor: TestSshd | undefined;
  let document: vscode.TextDocument;

  const setting = (name: string, value: unknown): Thenable<void> =>
    vscode.workspace
      .getConfiguration('sockmapBypass')
      .update(name, value, vscode.ConfigurationTarget.Global);
  const errors = (uri: vscode.Uri, source = 'clangd'): vscode.Diagnostic[] =>
    vscode.languages
      .getDiagnostics(uri)
      .filter(
        (each) => each.source === source && each.severity === vscode.DiagnosticSeverity.Error,
      );
  /** Just behind the first place where these words are. */
  const behind = (words: string, where = document): vscode.Position => {
    const at = where.getText().indexOf(words);
    assert.ok(at >= 0, `${words} is in the text`);
    return where.positionAt(at + words.length);
  };
  const edit = async (
    where: vscode.TextDocument,
    range: vscode.Range,
    text: string,
  ): Promise<void> => {
    const change = new vscode.WorkspaceEdit();
    change.replace(where.uri, range, text);
    assert.ok(await vscode.workspace.applyEdit(change));
  };
  const replace = async (from: string, to: string, where = document): Promise<void> => {
    const end = behind(from, where);
    const start = where.positionAt(where.offsetAt(end) - from.length);
    await edit(where, new vscode.Range(start, end), to);
  };
  const put = (text: string): Promise<void> =>
    edit(document, new vscode.Range(new vscode.Position(0, 0), document.positionAt(1e6)), text);
  const hover = async (position: vscode.Position, uri = program): Promise<string> => {
    const found = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      uri,
      position,
    );
    return found
      .flatMap(({ contents }) => contents)
      .map((each) => (each as vscode.MarkdownString).value)
      .join('\n');
  };
  const definition = async (position: vscode.Position, uri = program): Promise<vscode.Location> => {
    const [found] = await vscode.commands.executeCommand<[Where, ...Where[]]>(
      'vscode.executeDefinitionProvider',
      uri,
      position,
    );
    return 'targetUri' in found ? new vscode.Location(found.targetUri, found.targetRange) : found;
  };
  const servers = (of = sshd): ProcessRef[] =>
    descendants(of.pid).filter(({ pid }) => path.basename(commandLine(pid)[0] ?? '') === 'clangd');
  /** The copy of the sources for clangd; the verifier's is beside it. */
  const copies = (): string[] =>
    fs.readdirSync(host.path).filter((name) => fs.existsSync(path.join(host.path, name, 'src')));

  before(async () => {
    host = temporaryDirectory();
    // Root's compiler is nobody, who has to get there.
    fs.chmodSync(host.path, 0o711);
    const serverLines = [`SetEnv TMPDIR=${host.path}`];
    sshd = await startSshd({ alias: 'of-language', serverLines });
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(program.fsPath, PROGRAM);
    fs.writeFileSync(header.fsPath, HEADER);
    await setting('ssh.configFile', sshd.configFile);
    await setting('host', sshd.alias);
    document = await vscode.workspace.openTextDocument(program);
    await vscode.window.showTextDocument(document, { preview: false });
    await eventually('clangd answers', async () => (await hover(behind('bpf_map_lookup'))) !== '');
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    for (const name of ['host', 'ssh.configFile', 'verify.defines', 'clangd.enabled']) {
      await setting(name, undefined);
    }
    fs.rmSync(folder, { recursive: true, force: true });
    await sshd.stop();
    await poor?.stop();
    await host.remove();
  });

  beforeEach(async () => {
    await put(PROGRAM);
    // In one step: an editor that reads a file half written has clangd refuse what it does meanwhile.
    fs.writeFileSync(`${header.fsPath}.new`, HEADER);
    fs.renameSync(`${header.fsPath}.new`, header.fsPath);
    await eventually('an open header is as on disk', () =>
      vscode.workspace.textDocuments.every(
        (each) => each.uri.toString() !== header.toString() || each.getText() === HEADER,
      ),
    );
  });

  it('find nothing wrong with a program that is right', () => {
    assert.deepEqual(errors(program), []);
    assert.equal(servers().length, 1);
  });

  it('complete a member of a map', async () => {
    await replace('(&hits,', '(&hits.,');
    const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      program,
      behind('&hits.'),
    );
    const labels = items.map(({ label }) =>
      (typeof label === 'string' ? label : label.label).trim(),
    );
    for (const member of ['type', 'max_entries', 'key', 'value'])
      assert.ok(labels.includes(member));
  });

  it('explain a helper', async () => {
    assert.match(await hover(behind('bpf_map_lookup')), /Perform a lookup in \W*map/);
  });

  it('go to a definition in the kernel’s types and in the host’s headers, read-only', async () => {
    const task = await definition(behind('struct task_str'));
    assert.equal(task.uri.scheme, 'sockmap-host');
    assert.match(task.uri.path, /\/vmlinux\.h$/);
    const types = await vscode.workspace.openTextDocument(task.uri);
    assert.match(types.lineAt(task.range.start.line).text, /^struct task_struct \{/);
    await eventually('it is C', () => types.languageId === 'c');
    const helper = await definition(behind('bpf_map_lookup'));
    assert.match(helper.uri.path, /\/bpf_helper_defs\.h$/);
    const { document: shown } = await vscode.window.showTextDocument(helper.uri);
    // And on from there.
    const next = shown.getText().indexOf('bpf_map_update_elem)');
    const position = shown.positionAt(next + 5);
    await eventually('hover in a header of the host', async () =>
      (await hover(position, helper.uri)).includes('bpf_map_update_elem'),
    );
    assert.deepEqual(vscode.languages.getDiagnostics(helper.uri), []);
  });

  it('go to a header of the folder', async () => {
    const { uri, range } = await definition(behind('+= on'));
    assert.equal(uri.toString(), header.toString());
    assert.equal(range.start.line, HEADER.split('\n').indexOf('static inline int one(void)'));
  });

  it('show a type error as one types, and take it away', async () => {
    await replace('int key = 0;', 'int key = hits;');
    const error = await eventually('the error shows', () => errors(program)[0]);
    assert.match(
      error?.message ?? '',
      /initializing 'int' with an expression of incompatible type/i,
    );
    assert.equal(error?.range.start.line, LINE);
    await replace('int key = hits;', 'int key = 0;');
    await eventually('the error goes', () => errors(program).length === 0);
  });

  it('show an error once that saving shows too', async () => {
    await replace('return 1;', 'return nothing;');
    await eventually('clangd reports it', () => errors(program).length === 1);
    const verify = (): Thenable<Diagnosis> =>
      vscode.commands.executeCommand('sockmapBypass.verify', { host: sshd.alias, uri: program });
    assert.equal((await verify()).findings.length, 1);
    assert.deepEqual(errors(program, 'clang'), []);
    await setting('clangd.enabled', false);
    await eventually('now clang reports it', () => errors(program, 'clang').length === 1);
    await setting('clangd.enabled', undefined);
    await eventually('clangd reports it again', () => errors(program).length === 1);
    await eventually('and clang no more', () => errors(program, 'clang').length === 0);
    await put(PROGRAM);
    assert.deepEqual((await verify()).findings, []);
  });

  it('do not bring back what is fixed or moved as one types', async () => {
    await replace('return 1;', 'return nothing;');
    await eventually('clangd reports it', () => errors(program).length === 1);
    const { findings } = await vscode.commands.executeCommand<Diagnosis>('sockmapBypass.verify', {
      host: sshd.alias,
      uri: program,
    });
    assert.equal(findings.length, 1);
    const line = errors(program)[0]?.range.start.line ?? 0;
    await replace('#include "shared.h"\n', '#include "shared.h"\n\n');
    await eventually('it has moved', () => errors(program)[0]?.range.start.line === line + 1);
    assert.deepEqual(errors(program, 'clang'), []);
    await replace('return nothing;', 'return 1;');
    await eventually('it is fixed', () => errors(program).length === 0);
    assert.deepEqual(errors(program, 'clang'), []);
  });

  it('keep headers in step: edited, saved or not, and changed by others', async () => {
    const beside = await vscode.workspace.openTextDocument(header);
    await vscode.window.showTextDocument(beside);
    await replace('long packets;', 'long all_packets;', beside);
    await eventually('the program misses the member', () =>
      errors(program).some(({ message }) => /no member named 'packets'/i.test(message)),
    );
    await replace('long all_packets;', 'long packets;', beside);
    await eventually('the program has it again', () => errors(program).length === 0);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    fs.writeFileSync(header.fsPath, HEADER.replace('bytes', 'packets_of'));
    await eventually('the file is read', async () =>
      (await vscode.workspace.openTextDocument(header)).getText().includes('packets_of'),
    );
    await replace('count->packets +=', 'count->packets_of +=');
    await eventually('the new member is known', () => errors(program).length === 0);
  });

  it('rename in every file', async () => {
    const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
      'vscode.executeDocumentRenameProvider',
      program,
      behind('+= on'),
      'two',
    );
    assert.deepEqual(
      edit
        .entries()
        .map(([uri, edits]) => [uri.toString(), edits.length])
        .sort(),
      [
        [program.toString(), 1],
        [header.toString(), 1],
      ].sort(),
    );
  });

  it('fix what clang knows a fix for, and change what is chosen', async () => {
    const actions = (words: string): Thenable<vscode.CodeAction[]> =>
      vscode.commands.executeCommand(
        'vscode.executeCodeActionProvider',
        program,
        new vscode.Range(behind(words), behind(words)),
      );
    await replace('+= one();', '+= one()');
    await eventually('the error shows', () => errors(program).length === 1);
    // Where clang notices.
    const edit = await eventually('there is a fix', async () =>
      (await actions('+= one()\n\tret')).map((action) => action.edit).find(Boolean),
    );
    assert.ok(await vscode.workspace.applyEdit(edit ?? assert.fail()));
    assert.equal(document.getText(), PROGRAM);
    await replace('int key = 0;', '#define ZERO (1 - 1)\n\tint key = ZERO;');
    const expand = await eventually('the refactoring is offered', async () =>
      (await actions('int key = ZE')).find(({ title }) => title === "Expand macro 'ZERO'"),
    );
    const { command, arguments: chosen = [] } = expand?.command ?? assert.fail();
    await vscode.commands.executeCommand(command, ...(chosen as unknown[]));
    assert.match(document.getText(), /int key = \(1 - 1\);/);
  });

  it('take includes that are new, and what was missing', async () => {
    await replace('#include "shared.h"\n', '#include "shared.h"\n#include "later.h"\n');
    await eventually('it is missed', () =>
      errors(program).some(({ message }) => message.includes("'later.h' file not found")),
    );
    fs.writeFileSync(file('later.h').fsPath, '#pragma once\n');
    await eventually('it is found', () => errors(program).length === 0);
    await replace('#include "later.h"\n', '');
  });

  it('take the macros of the settings', async () => {
    await replace('int key = 0;', 'int key = LIMIT;');
    await eventually('it is unknown', () => errors(program).length === 1);
    await setting('verify.defines', { LIMIT: 4 });
    await eventually('it is known', () => errors(program).length === 0);
    await setting('verify.defines', undefined);
    await eventually('it is unknown again', () => errors(program).length === 1);
    await replace('int key = LIMIT;', 'int key = 0;');
    await eventually('it is not needed', () => errors(program).length === 0);
  });

  it('take the flags of the project, as soon as they change', async () => {
    await replace('int key = 0;', 'int key = LIMIT;');
    await eventually('it is unknown', () => errors(program).length === 1);
    fs.writeFileSync(file('.clangd').fsPath, 'CompileFlags:\n  Add: [-DLIMIT=4]\n');
    await eventually('it is known', () => errors(program).length === 0);
    fs.rmSync(file('.clangd').fsPath);
    await eventually('it is unknown again', () => errors(program).length === 1);
  });

  it('come back when clangd is killed', async () => {
    const [first] = servers();
    assert.ok(first);
    process.kill(first.pid, 'SIGKILL');
    await eventually('another one runs', () => servers().some(({ pid }) => pid !== first.pid));
    await eventually('it answers', async () => (await hover(behind('bpf_map_lookup'))) !== '');
    assert.equal(copies().length, 1);
  });

  it('come back when the connection is cut', async () => {
    const before = servers();
    // The server's end of it, not what it runs: that is to notice by itself.
    const ends = sshd.sessions().filter((pid) => commandLine(pid)[0]?.startsWith('sshd') === true);
    assert.ok(ends.length > 0);
    for (const pid of ends) process.kill(pid, 'SIGKILL');
    await eventually('another one runs', () =>
      servers().some(({ pid }) => !before.some((each) => each.pid === pid)),
    );
    await eventually('it answers', async () => (await hover(behind('bpf_map_lookup'))) !== '');
    await eventually('what the old one had is gone', () => copies().length === 1);
  });

  it('run once, however often they are begun', async () => {
    const restart = () => vscode.commands.executeCommand('sockmapBypass.restartClangd');
    await Promise.all([restart(), restart(), restart()]);
    await eventually('it answers', async () => (await hover(behind('bpf_map_lookup'))) !== '');
    await eventually('there is one copy', () => copies().length === 1);
    assert.equal(servers().length, 1);
  });

  it('stop at a source that has no end, and say so', async () => {
    // Whoever opens it waits for ever.
    const pipe = path.join(host.path, 'pipe');
    await run('mkfifo', [pipe]);
    await setting('verify.limits.compileSeconds', 4);
    const endless = `#define ENDLESS "${pipe}"\n#include ENDLESS\n`;
    await replace('#include "shared.h"\n', `#include "shared.h"\n${endless}`);
    await eventually('clangd is ended', () => servers().length === 0, 90_000);
    await replace(endless, '');
    await setting('verify.limits.compileSeconds', undefined);
    await vscode.commands.executeCommand('sockmapBypass.restartClangd');
    await eventually('it answers', async () => (await hover(behind('bpf_map_lookup'))) !== '');
  });

  it('know which other extensions answer too', () => {
    assert.deepEqual(conflicting(['ms-vscode.CppTools', 'vscode.cpp']), ['C/C++']);
    assert.deepEqual(conflicting(['vscode.cpp', 'llvm-vs-code-extensions.vscode-clangd']), [
      'clangd',
    ]);
    assert.deepEqual(conflicting(vscode.extensions.all.map(({ id }) => id)), []);
  });

  it('leave nothing on the host when they are switched off', async () => {
    await setting('clangd.enabled', false);
    await eventually('clangd has ended', () => servers().length === 0);
    await eventually('its copy is gone', () => copies().length === 0);
    await setting('clangd.enabled', undefined);
    await eventually('clangd is back', () => servers().length === 1);
  });

  describe('on a host without clangd', () => {
    const tools = (): string => path.join(host.path, 'tools');

    before(async () => {
      fs.mkdirSync(tools());
      for (const name of fs.readdirSync('/usr/bin').filter((each) => !each.startsWith('clangd'))) {
        fs.symlinkSync(path.join('/usr/bin', name), path.join(tools(), name));
      }
      const serverLines = [`SetEnv PATH=${tools()} TMPDIR=${host.path}`];
      poor = await startSshd({ alias: 'without-clangd', serverLines });
      await put(PROGRAM);
      assert.ok(await document.save());
      await setting('ssh.configFile', poor.configFile);
      await setting('host', poor.alias);
      await setting('verify.onSave', false);
    });
    after(async () => {
      await setting('verify.onSave', undefined);
    });

    it('clang checks saved files', async () => {
      await put(PROGRAM.replace('int key = 0;', 'int key = hits;'));
      assert.ok(await document.save());
      await eventually('the error shows', () => errors(program, 'clang').length === 1);
      assert.equal(errors(program, 'clang')[0]?.range.start.line, LINE);
      await put(PROGRAM);
      assert.ok(await document.save());
      await eventually('the error goes', () => errors(program, 'clang').length === 0);
    });

    it('what verifying shows stands for it once the file is closed', async () => {
      const closing = file('closing.bpf.c');
      fs.writeFileSync(closing.fsPath, PROGRAM.replace('int key = 0;', 'int key = hits;'));
      // As a person does: VS Code keeps what an extension opens for minutes after its editor is closed.
      await vscode.commands.executeCommand('vscode.open', closing);
      await eventually('the check reports it', () => errors(closing, 'clang').length === 1);
      await vscode.commands.executeCommand('sockmapBypass.verify', {
        host: poor?.alias,
        uri: closing,
      });
      assert.equal(errors(closing, 'clang').length, 1);
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
      await eventually(
        'it is closed',
        () => !vscode.workspace.textDocuments.some(({ uri }) => uri.path === closing.path),
      );
      await eventually('it stands', () => errors(closing, 'clang').length === 1);
      fs.rmSync(closing.fsPath);
    });

    it('clangd is taken as soon as it is installed', async () => {
      fs.symlinkSync('/usr/bin/clangd', path.join(tools(), 'clangd'));
      await put(`${PROGRAM}\n`);
      assert.ok(await document.save());
      await eventually('clangd runs', () => poor !== undefined && servers(poor).length === 1);
      await eventually('it answers', async () => (await hover(behind('bpf_map_lookup'))) !== '');
    });
  });
});
