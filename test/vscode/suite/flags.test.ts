import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import vscode from 'vscode';
import type { Diagnosis } from '../../../src/verifier/diagnose.ts';
import { eventually } from '../../harness/host/wait.ts';
import { temporaryDirectory } from '../../harness/temporary.ts';

const FIXTURES = path.join(
  vscode.extensions.getExtension('sockmap-bypass.sockmap-bypass')?.extensionPath ?? '',
  'test/fixtures',
);

async function execute<T>(name: string, argument: unknown): Promise<T> {
  const answer: unknown = await vscode.commands.executeCommand(`sockmapBypass.${name}`, argument);
  return answer as T;
}

describe('how a source is compiled, in the window', () => {
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const folder = path.join(workspace, 'flags');
  const at = (name: string): vscode.Uri => vscode.Uri.file(path.join(folder, name));
  const write = (name: string, text: string): vscode.Uri => {
    fs.mkdirSync(path.dirname(at(name).fsPath), { recursive: true });
    fs.writeFileSync(at(name).fsPath, text);
    return at(name);
  };
  const settings = (): vscode.WorkspaceConfiguration =>
    vscode.workspace.getConfiguration('sockmapBypass');
  const verify = (uri: vscode.Uri) => execute<Diagnosis>('verify', { host: 'local', uri });
  const errors = (uri: vscode.Uri): vscode.Diagnostic[] =>
    vscode.languages
      .getDiagnostics(uri)
      .filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error);

  beforeEach(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await settings().update('verify.flags', undefined, vscode.ConfigurationTarget.Workspace);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('a makefile’s flags are offered where a header is missing, and count when a person says so', async () => {
    fs.cpSync(path.join(FIXTURES, 'makefile'), folder, { recursive: true });
    const uri = at('src/count.bpf.c');
    await vscode.window.showTextDocument(uri);
    await verify(uri);
    const [error] = errors(uri);
    assert.match(error?.message ?? '', /file not found/);
    const offered = async (
      file = uri,
      range = error?.range,
    ): Promise<(vscode.Command | undefined)[]> => {
      const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        'vscode.executeCodeActionProvider',
        file,
        range,
        vscode.CodeActionKind.QuickFix.value,
      );
      return actions
        .map(({ command }) => command)
        .filter((command) => command?.command === 'sockmapBypass.useMakefileFlags');
    };
    const [command] = await offered();
    assert.equal(command?.title, 'Use the flags of Makefile…');
    const pattern = 'flags/**/*.bpf.c';
    const flags = ['-I', 'flags/include', '-I', 'flags/lib', '-mcpu=v3', '-DDOUBLE=2'];
    assert.deepEqual(await execute('useMakefileFlags', { uri, confirmed: true }), {
      pattern,
      flags,
    });
    assert.deepEqual(settings().inspect('verify.flags')?.workspaceValue, { [pattern]: flags });
    await eventually('it is verified with them', () => errors(uri).length === 0);
    assert.deepEqual(await offered(), []);
    await assert.rejects(execute('useMakefileFlags', { uri }), /its project says already/);
    await settings().update('verify.flags', undefined, vscode.ConfigurationTarget.Workspace);
    await eventually('it is verified without', () => errors(uri).length > 0);
    // Without a makefile the headers that are missing are found.
    for (const one of ['Makefile', 'mk']) fs.rmSync(at(one).fsPath, { recursive: true });
    await verify(uri);
    const [search] = await offered();
    assert.equal(search?.title, 'Search flags/include, flags/lib for headers…');
    // A rejection by the verifier says nothing of flags: the host tries them.
    write('Makefile', 'BPF_CFLAGS = -DLAST=15\n');
    const probe = write(
      'probe.bpf.c',
      `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#ifndef LAST
#define LAST 99
#endif
int values[16];
SEC("socket")
int program(struct __sk_buff *skb)
{
	return values[skb->mark & LAST];
}
char LICENSE[] SEC("license") = "GPL";
`,
    );
    await vscode.window.showTextDocument(probe);
    await verify(probe);
    const [rejected] = errors(probe);
    assert.match(rejected?.message ?? '', /invalid access to map value/);
    await eventually('it is tried, and offered', async () => {
      const [tried] = await offered(probe, rejected?.range);
      return tried?.title === 'Use the flags of Makefile…';
    });
  });

  it('the source that defines what another declares is offered, and linked when a person says so', async () => {
    fs.cpSync(path.join(FIXTURES, 'linked'), folder, { recursive: true });
    write('.clangd', 'CompileFlags: {Add: [-DLIMIT=8, -DSTEP=3]}');
    const uri = at('count.bpf.c');
    await vscode.window.showTextDocument(uri);
    await verify(uri);
    const [error] = errors(uri);
    assert.equal(error?.range.start.line, 3);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      uri,
      error.range,
      vscode.CodeActionKind.QuickFix.value,
    );
    assert.deepEqual(
      actions.map(({ title, command }) => [title, command?.command]),
      [['Link with seen.bpf.c…', 'sockmapBypass.linkSources']],
    );
    const entry = 'flags/count.bpf.c';
    const link = [entry, 'flags/seen.bpf.c'];
    assert.deepEqual(await execute('linkSources', { uri, confirmed: true }), { entry, link });
    await eventually('it is verified with it', () => errors(uri).length === 0);
    const { programs } = await verify(uri);
    assert.deepEqual(
      programs.map(({ name, verdict }) => `${name} ${verdict}`),
      ['count accepted', 'forget accepted'],
    );
    await assert.rejects(execute('linkSources', { uri }), /no source of the workspace defines/);
    await settings().update('verify.link', undefined, vscode.ConfigurationTarget.Workspace);
  });

  it('.clangd and compile_commands.json count as soon as they change', async () => {
    const text = `#ifndef STEP
#error no step
#endif
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("socket")
int program(struct __sk_buff *skb)
{
	return STEP;
}
char LICENSE[] SEC("license") = "GPL";
`;
    const uri = write('a.bpf.c', text);
    await vscode.window.showTextDocument(uri);
    await verify(uri);
    assert.equal(errors(uri).length > 0, true);
    write('.clangd', 'CompileFlags:\n  Add: [-DSTEP=1]\n');
    await eventually('.clangd counts', () => errors(uri).length === 0);
    fs.rmSync(at('.clangd').fsPath);
    await eventually('it is gone', () => errors(uri).length > 0);
    const command = { directory: folder, file: uri.fsPath, command: 'clang -DSTEP=2 -c a.bpf.c' };
    write('compile_commands.json', JSON.stringify([command]));
    await eventually('compile_commands.json counts', () => errors(uri).length === 0);
    write('compile_commands.json', JSON.stringify([{ ...command, command: 'clang -c a.bpf.c' }]));
    await eventually('its change counts', () => errors(uri).length > 0);
  });

  it('sources of other names are BPF programs where a setting says so', async () => {
    const { Global, Workspace } = vscode.ConfigurationTarget;
    const change = (name: string, value: unknown): Thenable<void> =>
      settings().update(name, value, name === 'verify.files' ? Workspace : Global);
    const uri = write(
      'kern/count_kern.c',
      `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("socket")
int program(struct __sk_buff *skb)
{
	return missing;
}
char LICENSE[] SEC("license") = "GPL";
`,
    );
    const by = (): (string | undefined)[] => errors(uri).map(({ source }) => source);
    await change('host', 'local');
    try {
      const editor = await vscode.window.showTextDocument(uri);
      await change('verify.files', ['flags/kern/*.c']);
      await eventually('clangd has it', () => by().includes('clangd'));
      await change('clangd.enabled', false);
      await eventually('clangd is gone', () => by().length === 0);
      const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
      await editor.edit((edit) => {
        edit.insert(end, '\n');
      });
      await editor.document.save();
      await eventually('saving verifies it', () => by().includes('clang'));
      await change('verify.files', undefined);
    } finally {
      for (const name of ['host', 'verify.files', 'clangd.enabled']) await change(name, undefined);
    }
  });

  it('a folder above the one that is open holds what a source includes, where a setting names it', async () => {
    const beside = temporaryDirectory({ 'sizes.h': '#define SIZE 4\n' });
    assert.equal(path.dirname(beside.path), path.dirname(workspace));
    const header = `../../${path.basename(beside.path)}/sizes.h`;
    const uri = write(
      'part.bpf.c',
      `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "${header}"
SEC("socket")
int program(struct __sk_buff *skb)
{
	return SIZE;
}
char LICENSE[] SEC("license") = "GPL";
`,
    );
    try {
      const [refused] = (await verify(uri)).findings;
      assert.match(refused?.message ?? '', /sockmapBypass\.verify\.root/);
      await settings().update('verify.root', '..', vscode.ConfigurationTarget.Workspace);
      const { findings, programs } = await verify(uri);
      assert.deepEqual(findings, []);
      assert.equal(programs[0]?.verdict, 'accepted');
      // The mark of the header is in that folder.
      fs.writeFileSync(path.join(beside.path, 'sizes.h'), '#define SIZE missing\n');
      await verify(uri);
      assert.match(errors(uri)[0]?.message ?? '', /undeclared identifier 'missing'/);
    } finally {
      await settings().update('verify.root', undefined, vscode.ConfigurationTarget.Workspace);
      await beside.remove();
    }
  });
});
