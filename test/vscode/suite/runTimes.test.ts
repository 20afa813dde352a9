import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import vscode from 'vscode';
import { eventually } from '../../harness/host/wait.ts';
import { HOT_LINE, hotProgram } from '../../harness/hotProgram.ts';
import { run } from '../../harness/run.ts';

describe('run times of loaded programs', () => {
  const host = 'local';
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const folder = path.join(workspace, 'timed');
  const source = path.join(folder, 'timed.bpf.c');
  const header = path.join(folder, 'timed.h');
  const pin = `/sys/fs/bpf/of-run-times-${process.pid}`;
  // Its own: others of the machine may have programs of the usual name.
  const name = `shown_${process.pid}`;
  const toggle = (on?: boolean) =>
    vscode.commands.executeCommand<{ on: boolean }>(
      'sockmapBypass.toggleRunTimes',
      on === undefined ? undefined : { on },
    );
  const titles = async (): Promise<string[]> => {
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      vscode.Uri.file(source),
    );
    return lenses.map(({ command }) => command?.title ?? '');
  };
  const isShown = async (words: RegExp) => (await titles()).some((one) => words.test(one));
  const runs = async (): Promise<number> => {
    const packet = path.join(folder, 'packet');
    await run('bpftool', ['prog', 'run', 'pinned', pin, 'data_in', packet, 'repeat', '1000']);
    const text = await run('bpftool', ['-j', 'prog', 'show', 'pinned', pin]);
    return (JSON.parse(text) as { run_cnt?: number }).run_cnt ?? 0;
  };

  before(async () => {
    fs.mkdirSync(folder);
    fs.writeFileSync(source, `${hotProgram(name)}#include "timed.h"\n`);
    fs.writeFileSync(header, '');
    fs.writeFileSync(path.join(folder, 'packet'), Buffer.alloc(64));
    const object = path.join(folder, 'timed.o');
    const flags = ['-O2', '-g', '-target', 'bpf', '-idirafter', '/usr/include/x86_64-linux-gnu'];
    await run('clang', [...flags, '-c', source, '-o', object]);
    await run('bpftool', ['prog', 'load', object, pin]);
  });
  after(async () => {
    await toggle(false);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    fs.rmSync(pin, { force: true });
    fs.rmSync(folder, { recursive: true });
  });

  it('stand above the program while they are switched on, and are measured only so long', async () => {
    const uri = vscode.Uri.file(source);
    await vscode.window.showTextDocument(uri);
    await vscode.commands.executeCommand('sockmapBypass.verify', { host, uri });
    assert.ok(!(await isShown(/runs\/s|loaded/)));
    assert.deepEqual(await toggle(), { on: true });
    await eventually('it is loaded', () => isShown(/loaded, did not run$/));
    await eventually('it has run', async () => {
      await runs();
      return isShown(/^\$\(pulse\).[\d,.]+ ns a run, [\d,.]+ runs\/s$/);
    });
    const hottest = new RegExp(`hottest: line ${HOT_LINE}, \\d+%$`);
    await eventually('its hottest line is known', async () => {
      await runs();
      return isShown(hottest);
    });
    // Out of sight, nobody measures for it; in sight again, it is measured.
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const nobodyMeasures = async () => (await runs()) === (await runs());
    await eventually('nobody measures any more', nobodyMeasures);
    await vscode.window.showTextDocument(vscode.Uri.file(header));
    await eventually('its header is enough', async () => (await runs()) !== (await runs()));
    await vscode.window.showTextDocument(uri);
    await eventually('it is measured again', () => isShown(/loaded, did not run$/));
    assert.deepEqual(await toggle(), { on: false });
    assert.ok(!(await isShown(/runs\/s|loaded/)));
    await eventually('nobody measures any more', nobodyMeasures);
  });
});
