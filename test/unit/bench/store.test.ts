import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { parseDocument } from '../../../src/results/document.ts';
import { documentFileName, writeDocument } from '../../../src/bench/store.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { resultDocument, stream } from '../results/documents.ts';

describe('writing a result document', () => {
  let directory: TemporaryDirectory;
  let file: string;
  beforeEach(() => {
    directory = temporaryDirectory();
    file = path.join(directory.path, 'a.sockmap-bench.json');
  });
  afterEach(() => directory.remove());

  const read = () => parseDocument(fs.readFileSync(file, 'utf8'));

  it('writes what is read back, and nothing beside it', async () => {
    await writeDocument(file, resultDocument());
    assert.deepEqual(read(), resultDocument());
    assert.deepEqual(fs.readdirSync(directory.path), [path.basename(file)]);
  });

  it('never shows a reader half a document', async () => {
    const samples = Array.from({ length: 2000 }, (_, order) => stream(order));
    await writeDocument(file, resultDocument({ samples: [] }));
    const state = { writing: true };
    const writer = (async () => {
      for (let count = 0; count < 30; count++) {
        await writeDocument(file, resultDocument({ samples: samples.slice(count * 50) }));
      }
      state.writing = false;
    })();
    let reads = 0;
    while (state.writing) {
      read();
      reads++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writer;
    assert.ok(reads > 0);
  });

  it('by several at once leaves one of theirs, whole, and no litter', async () => {
    const documents = [1, 700, 40, 300].map((length) =>
      resultDocument({ samples: Array.from({ length }, (_, order) => stream(order)) }),
    );
    for (let round = 0; round < 20; round++) {
      await Promise.all(documents.map((document) => writeDocument(file, document)));
      const { samples } = read();
      assert.ok(documents.some((document) => document.samples.length === samples.length));
      assert.deepEqual(fs.readdirSync(directory.path), [path.basename(file)]);
    }
  });

  it('replaces the file: who has it open keeps the old one, whole', async () => {
    await writeDocument(file, resultDocument());
    const open = fs.openSync(file, 'r');
    await writeDocument(file, resultDocument({ samples: [] }));
    assert.deepEqual(parseDocument(fs.readFileSync(open, 'utf8')), resultDocument());
    fs.closeSync(open);
    assert.equal(read().samples.length, 0);
  });

  it('leaves the old one when it fails, and no litter', async () => {
    await writeDocument(file, resultDocument());
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const host = { ...resultDocument().host, circular };
    await assert.rejects(writeDocument(file, resultDocument({ host })), /^Error: Could not write /);
    assert.deepEqual(read(), resultDocument());
    assert.deepEqual(fs.readdirSync(directory.path), [path.basename(file)]);
  });

  it('puts an end to nothing but a file: not to a device, nor to a link', async () => {
    const pipe = path.join(directory.path, 'pipe');
    await execa('mkfifo', [pipe]);
    for (const special of [pipe, directory.path]) {
      await assert.rejects(writeDocument(special, resultDocument()), /not a regular file/);
    }
    assert.ok(fs.lstatSync(pipe).isFIFO());
    const link = path.join(directory.path, 'link.sockmap-bench.json');
    fs.writeFileSync(file, '');
    fs.symlinkSync(file, link);
    await writeDocument(link, resultDocument());
    assert.ok(fs.lstatSync(link).isSymbolicLink());
    assert.deepEqual(read(), resultDocument());
  });

  it('says which file it could not write', async () => {
    const nowhere = path.join(directory.path, 'gone', 'x.json');
    await assert.rejects(writeDocument(nowhere, resultDocument()), (error: Error) =>
      error.message.startsWith(`Could not write ${nowhere}: `),
    );
    // A directory in its place: the rename fails after the writing.
    fs.mkdirSync(file);
    await assert.rejects(writeDocument(file, resultDocument()), /Could not write/);
    assert.deepEqual(fs.readdirSync(directory.path), [path.basename(file)]);
  });
});

describe('the name of a result document', () => {
  const name = (host: string) =>
    documentFileName(resultDocument({ host: { ...resultDocument().host, name: host } }));

  it('sorts by time and names the host', () => {
    assert.equal(name('web1'), '2026-03-01T10-00-00Z-web1.sockmap-bench.json');
  });

  it('is a file name on every system, whatever the host is called', () => {
    for (const host of [
      'ssh://ann@[::1]:2222',
      '../../etc/passwd',
      'a\\b',
      'a:b|c*d?',
      '日本',
      '',
      'x'.repeat(500),
    ]) {
      const text = name(host);
      assert.match(text, /^[\w.-]+\.sockmap-bench\.json$/);
      assert.equal(path.basename(text), text);
      assert.ok(text.length < 120);
    }
  });
});
