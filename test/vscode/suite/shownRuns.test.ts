import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import vscode from 'vscode';
import { MOST_RUNS, type ToPanel } from '../../../src/results/protocol.ts';
import { ShownRuns } from '../../../src/ui/shownRuns.ts';
import { WatchedResult } from '../../../src/ui/watchedResult.ts';
import { eventually } from '../../harness/host/wait.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { resultDocument } from '../../unit/results/documents.ts';

describe('the runs of a panel', () => {
  let folder: TemporaryDirectory;
  let own: WatchedResult;
  let sent: ToPanel[];
  let shown: ShownRuns;
  const at = (name: string): string => path.join(folder.path, `${name}.sockmap-bench.json`);
  const write = (name: string): vscode.Uri => {
    fs.writeFileSync(at(name), JSON.stringify({ ...resultDocument(), id: crypto.randomUUID() }));
    return vscode.Uri.file(at(name));
  };

  beforeEach(async () => {
    folder = temporaryDirectory();
    own = new WatchedResult(write('own'));
    sent = [];
    shown = new ShownRuns(own, (state) => sent.push(state));
    shown.sendAll();
    await own.first;
  });
  afterEach(async () => {
    shown.dispose();
    own.dispose();
    await folder.remove();
  });

  it('have no place for one whose file is gone', async () => {
    for (let run = 1; run < MOST_RUNS; run++) await shown.add(write(`${run}`));
    await assert.rejects(shown.add(write('more')), /more.* is not shown: no more than 3 runs/);
    fs.rmSync(at('1'));
    await eventually('its run is gone', () => shown.runs().length === MOST_RUNS - 1);
    await assert.rejects(
      shown.add(vscode.Uri.file(at('1'))),
      /1\S* cannot be shown: The file is not/,
    );
    await shown.add(write('more'));
    assert.deepEqual(
      shown.runs().map(({ fileName }) => fileName.split('.')[0]),
      ['own', '2', 'more'],
    );
  });

  it('are those of an open panel: one that is added as it closes is not followed', async () => {
    const adding = shown.add(write('late'));
    shown.dispose();
    const before = sent.length;
    await adding;
    assert.equal(shown.runs().length, 1);
    assert.equal(sent.length, before);
  });

  it('are read as soon as they can be, though nothing else has changed of their file', async () => {
    // As a directory it is there, and cannot be read.
    fs.mkdirSync(at('closed'));
    for (let file = 0; file < 200; file++) fs.writeFileSync(path.join(at('closed'), `${file}`), '');
    const { mtime, size } = fs.statSync(at('closed'));
    const watched = new WatchedResult(vscode.Uri.file(at('closed')));
    try {
      assert.ok((await watched.first).reason !== undefined);
      fs.renameSync(at('closed'), at('aside'));
      const text = JSON.stringify(resultDocument());
      assert.ok(text.length <= size, `${text.length} bytes`);
      fs.writeFileSync(at('aside.new'), text.padEnd(size));
      fs.utimesSync(at('aside.new'), mtime, mtime);
      fs.renameSync(at('aside.new'), at('closed'));
      await eventually('it is read', () => watched.state?.run !== undefined);
    } finally {
      watched.dispose();
    }
  });
});
