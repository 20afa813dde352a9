import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { annotateDocument, writeDocument } from '../../../src/bench/store.ts';
import { readSummary } from '../../../src/bench/summaries.ts';
import { annotatedText, annotationFault, tagsOf } from '../../../src/results/annotate.ts';
import { parseDocument } from '../../../src/results/document.ts';
import { documentText } from '../../../src/results/documentText.ts';
import { summaryOf, summaryOfEnds } from '../../../src/results/summary.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { resultDocument, stream } from './documents.ts';

const NAMED = { name: 'before the upgrade', notes: 'kernel 6.1\nquiet night', tags: ['a', 'b'] };
const long = (length: number) => Array.from({ length }, (_, order) => stream(order));

describe('the annotation of a run', () => {
  it('comes into the document, beside which nothing changes', () => {
    const before = { ...resultDocument(), later: { version: [1, { of: 'us' }] } };
    const text = annotatedText(JSON.stringify(before), NAMED);
    assert.deepEqual(JSON.parse(text), { ...before, annotation: NAMED });
    assert.deepEqual(parseDocument(text).annotation, NAMED);
    assert.deepEqual(JSON.parse(annotatedText(text, { name: '', notes: '', tags: [] })), before);
  });

  it('is written as a run writes it', () => {
    const document = resultDocument({ samples: long(3) });
    const text = annotatedText(documentText(document), NAMED);
    assert.equal(documentText(parseDocument(text)), text);
  });

  it('keeps no document from being read, whatever it is', () => {
    for (const annotation of [7, null, [], { name: 7 }, { tags: [''] }, { name: 'x'.repeat(101) }])
      assert.deepEqual(
        parseDocument(JSON.stringify({ ...resultDocument(), annotation })).samples,
        resultDocument().samples,
      );
  });

  it('is refused where it is too long', () => {
    assert.equal(annotationFault(NAMED), undefined);
    assert.match(annotationFault({ name: 'x'.repeat(101) }) ?? '', /100 characters/);
    assert.match(annotationFault({ notes: 'x'.repeat(2001) }) ?? '', /2,000 characters/);
    assert.match(annotationFault({ tags: tagsOf('a,'.repeat(3) + 'x'.repeat(41)) }) ?? '', /tags/);
  });

  it('has tags as a person writes them', () => {
    assert.deepEqual(tagsOf(' a ,b  c,, a,'), ['a', 'b c']);
    assert.deepEqual(tagsOf(' , '), []);
  });
});

describe('the annotation of a document on disk', () => {
  let directory: TemporaryDirectory;
  let file: string;
  beforeEach(() => {
    directory = temporaryDirectory();
    file = path.join(directory.path, 'a.sockmap-bench.json');
  });
  afterEach(() => directory.remove());

  it('takes nothing from a run that writes at the same time', async () => {
    await writeDocument(file, resultDocument({ samples: [] }));
    const writing = (async () => {
      for (let count = 1; count <= 40; count++)
        await writeDocument(file, resultDocument({ samples: long(count) }));
    })();
    for (let count = 0; count < 20; count++)
      await annotateDocument(file, NAMED).catch((error: unknown) => {
        assert.match(String(error), /keeps changing it/);
      });
    await writing;
    assert.equal(parseDocument(fs.readFileSync(file, 'utf8')).samples.length, 40);
    assert.deepEqual(fs.readdirSync(directory.path), [path.basename(file)]);
  });

  it('leaves alone what is no result document', async () => {
    fs.writeFileSync(file, '{"schema": 2}');
    await assert.rejects(annotateDocument(file, NAMED), /schema/);
    assert.equal(fs.readFileSync(file, 'utf8'), '{"schema": 2}');
  });
});

describe('the summary of a run', () => {
  const full = resultDocument({
    samples: long(500),
    finishedAt: '2026-03-01T11:00:00.000Z',
    resumedAt: ['2026-03-01T10:30:00.000Z'],
    annotation: NAMED,
  });

  it('is read from the ends of a long document', () => {
    for (const document of [full, parseDocument(documentText(full))]) {
      const text = documentText(document);
      const ends = summaryOfEnds(text.slice(0, 8000), text.slice(-4000));
      assert.ok(ends);
      assert.deepEqual(ends, summaryOf(text));
      assert.equal(ends.finishedAt, full.finishedAt);
      assert.deepEqual(ends.annotation, NAMED);
    }
  });

  it('is none where the ends do not tell, or lie', () => {
    const text = documentText(full);
    assert.equal(summaryOfEnds(text.slice(0, 20), text.slice(-4000)), undefined);
    assert.equal(summaryOfEnds(text.slice(0, 8000), text.slice(-3)), undefined);
    assert.equal(summaryOfEnds(JSON.stringify(full).slice(0, 8000), ''), undefined);
    for (const odd of ['', '{', '[]', '{"schema": 2}']) assert.equal(summaryOf(odd), undefined);
  });

  it('of a file is the same for a short, a long and a foreign one', async () => {
    const directory = temporaryDirectory({
      short: documentText({ ...full, samples: long(1) }),
      long: documentText(full),
      foreign: JSON.stringify(full),
      other: '{}',
    });
    const read = (name: string) => readSummary(path.join(directory.path, name));
    const expected = summaryOf(documentText(full));
    assert.ok(expected);
    for (const name of ['short', 'long', 'foreign']) assert.deepEqual(await read(name), expected);
    for (const name of ['other', 'missing', '.']) assert.equal(await read(name), undefined);
    await directory.remove();
  });
});
