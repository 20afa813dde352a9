import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import vscode from 'vscode';
import { eventually } from '../../harness/host/wait.ts';
import { ACCEPTED, REJECTED } from '../../harness/countingProgram.ts';
import { run } from '../../harness/run.ts';

const COSTS_MORE = ACCEPTED.replace(
  '\t\t*value += 1;',
  '\t\tfor (int i = 0; i < 20; i++)\n\t\t\t*value += bpf_get_prandom_u32() & 1;',
);

interface Git {
  readonly enabled: boolean;
  getAPI(version: 1): {
    openRepository(root: vscode.Uri): Promise<{
      status(): Promise<void>;
      readonly state: { readonly HEAD: { readonly commit?: string } | undefined };
    } | null>;
  };
}

describe('a program beside its earlier versions', () => {
  const host = 'local';
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const folder = path.join(workspace, 'compared');
  const git = (...argv: string[]) =>
    run('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...argv], { cwd: folder });
  const write = (name: string, text: string): vscode.Uri => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return vscode.Uri.file(file);
  };
  const verify = (uri: vscode.Uri) =>
    vscode.commands.executeCommand('sockmapBypass.verify', { host, uri });
  const titles = async (uri: vscode.Uri): Promise<string[]> => {
    await vscode.workspace.openTextDocument(uri);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      uri,
    );
    return lenses.map(({ command }) => command?.title ?? '');
  };
  /** Both sides of the diff editor that is open. */
  const sides = async (uri: vscode.Uri, others: object): Promise<string[]> => {
    await vscode.commands.executeCommand('sockmapBypass.compareProgram', {
      host,
      uri,
      program: 'count',
      ...others,
    });
    const input: unknown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof vscode.TabInputTextDiff);
    return Promise.all(
      [input.original, input.modified].map(async (one) =>
        (await vscode.workspace.openTextDocument(one)).getText(),
      ),
    );
  };

  const gitSetting = () => vscode.workspace.getConfiguration('git', null);
  const switchedOn = gitSetting().inspect('enabled')?.globalValue;

  before(() => {
    fs.mkdirSync(folder);
  });
  after(async () => {
    await gitSetting().update('enabled', switchedOn, vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    fs.rmSync(folder, { recursive: true });
  });

  it('says what has grown since the last save that was accepted', async () => {
    const uri = write('grows.bpf.c', ACCEPTED);
    await verify(uri);
    const [first = '', ...others] = await titles(uri);
    assert.match(first, /\d+ instructions, \d+ of 1,000,000 processed/);
    assert.ok(!others.includes('compare'), others.join());
    write('grows.bpf.c', REJECTED);
    await verify(uri);
    write('grows.bpf.c', COSTS_MORE);
    await verify(uri);
    const [second = '', ...more] = await titles(uri);
    assert.match(
      second,
      /\d+ \(\+\d+, \+\d+%\) instructions, \d+ \(\+\d+, \+\d+%\) of 1,000,000 processed/,
    );
    assert.ok(more.includes('compare'), more.join());
    // Once more, without a change: it is still compared with what there was before the change.
    await verify(uri);
    assert.equal(
      (await titles(uri))[0]?.replace(/, [\d.]+ ms$/, ''),
      second.replace(/, [\d.]+ ms$/, ''),
    );
  });

  it('both versions’ bytecode stand beside each other, line by line of the source', async () => {
    const uri = write('listed.bpf.c', ACCEPTED);
    await verify(uri);
    write('listed.bpf.c', `\n\n${ACCEPTED.replace('*value += 1;', '*value += 2;')}`);
    await verify(uri);
    const [before = '', now = ''] = await sides(uri, { with: 'save', listing: 'bytecode' });
    assert.match(before, /^; \*value \+= 1;$/m);
    assert.match(now, /^; \*value \+= 2;$/m);
    const known = new Set(before.split('\n'));
    const changed = now.split('\n').filter((line) => !known.has(line));
    assert.ok(changed.length > 0 && changed.length <= 3, changed.join('\n'));
    const [states = ''] = await sides(uri, { with: 'save', listing: 'states' });
    assert.match(states, /^; long \*value = bpf_map_lookup_elem\(&hits, &key\);$/m);
    assert.match(states, /R0=map_value_or_null\(/);
  });

  it('and beside what git has, with the headers that are not committed', async () => {
    const extension = vscode.extensions.getExtension<Git>('vscode.git');
    assert.ok(extension, 'the editor has its Git extension');
    // The tests' settings switch it off.
    await gitSetting().update('enabled', true, vscode.ConfigurationTarget.Global);
    const exported = await extension.activate();
    await eventually('it is there', () => exported.enabled);
    const api = exported.getAPI(1);
    const text = `#include "generated.h"\n${ACCEPTED}`;
    const uri = write('committed.bpf.c', text);
    write('generated.h', '');
    await git('init', '--quiet');
    await git('add', 'committed.bpf.c');
    await git('commit', '--quiet', '-m', 'first');
    const repository = await api.openRepository(vscode.Uri.file(folder));
    assert.ok(repository);
    const sinceHead = async () => (await titles(uri)).find((one) => one.startsWith('since HEAD'));
    write('committed.bpf.c', `#include "generated.h"\n${COSTS_MORE}`);
    await verify(uri);
    await eventually('HEAD is compared', async () =>
      /^since HEAD: \+\d+, \+\d+% processed$/.test((await sinceHead()) ?? ''),
    );
    const [before = '', now = ''] = await sides(uri, { with: 'head', listing: 'bytecode' });
    assert.match(before, /^; \*value \+= 1;$/m);
    assert.match(now, /bpf_get_prandom_u32/);

    await git('commit', '--quiet', '--all', '-m', 'second');
    await repository.status();
    await verify(uri);
    await eventually(
      'what is committed now is compared',
      async () => (await sinceHead()) === undefined,
    );
  });

  it('with nothing to compare, it says what to do', async () => {
    const uri = write('alone.bpf.c', ACCEPTED);
    await verify(uri);
    await assert.rejects(
      sides(uri, { with: 'save' }),
      /no other version of it has been verified.*Save a change/,
    );
  });
});
