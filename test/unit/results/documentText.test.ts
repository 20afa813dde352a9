import assert from 'node:assert/strict';
import { parseDocument, type ResultDocument, type Sample } from '../../../src/results/document.ts';
import { DocumentReader, documentText } from '../../../src/results/documentText.ts';
import { recorded } from '../recorded.ts';
import { resultDocument, roundTrip, stream } from './documents.ts';

const samples: Sample[] = Array.from({ length: 6 }, (_, order) =>
  order % 2 === 0 ? stream(order) : roundTrip(order),
);
const upTo = (count: number, change: Partial<ResultDocument> = {}): ResultDocument =>
  resultDocument({ samples: samples.slice(0, count), ...change });

describe('the text of a document', () => {
  it('is its JSON, indented by one space', () => {
    const whole = parseDocument(recorded('bench/all-figures.sockmap-bench.json'));
    const { samples: own, ...rest } = whole;
    // Fields that a run adds at its end stand behind the samples.
    const ended = { ...rest, samples: own, resumedAt: [whole.startedAt] };
    const odd = upTo(2, { cgroup: '/a\n "samples": [\n ]\\"' });
    for (const document of [whole, ended, upTo(0), upTo(1), odd]) {
      assert.equal(documentText(document), `${JSON.stringify(document, null, 1)}\n`);
      // The second time of what is kept.
      assert.equal(documentText(document), `${JSON.stringify(document, null, 1)}\n`);
    }
  });
});

describe('a document that is read again and again', () => {
  /** Reads each, and checks it against a reader that sees it for the first time. */
  function readAll(...texts: string[]): ResultDocument[] {
    const reader = new DocumentReader();
    return texts.map((text) => {
      const read = reader.read(text);
      assert.deepEqual(read, parseDocument(text));
      return read;
    });
  }
  const kept = (before: ResultDocument, after: ResultDocument): number =>
    before.samples.filter((sample, index) => sample === after.samples[index]).length;

  it('keeps the samples it has read, and takes those that were added', () => {
    const counts = [1, 2, 2, 5, 6];
    const read = readAll(...counts.map((count) => documentText(upTo(count))));
    for (const [place, document] of read.slice(1).entries()) {
      const before = read[place] ?? assert.fail();
      assert.equal(kept(before, document), before.samples.length);
    }
  });

  it('sees a run that ends, is cancelled, and goes on', () => {
    const at = '2026-03-01T11:00:00.000Z';
    const [, cancelled, resumed, finished] = readAll(
      ...[
        upTo(3),
        upTo(3, { stopped: { at, why: 'cancelled' } }),
        upTo(4, { resumedAt: [at] }),
        upTo(4, { resumedAt: [at], finishedAt: at }),
      ].map(documentText),
    );
    assert.equal(cancelled?.stopped?.why, 'cancelled');
    assert.equal(resumed?.stopped, undefined);
    assert.equal(finished?.finishedAt, at);
  });

  it('reads anew what was changed outside', () => {
    const changed = samples.map((sample) => ({ ...sample, seconds: 2 }));
    const [before, after, fewer, other] = readAll(
      documentText(upTo(3)),
      documentText(upTo(3, { samples: changed })),
      documentText(upTo(2)),
      JSON.stringify(upTo(4)),
    );
    assert.ok(before && after && fewer && other);
    assert.equal(kept(before, after), 0);
    assert.equal(kept(after, fewer) + kept(fewer, other), 0);
  });

  it('is not misled by samples inside of something else', () => {
    const host = { ...resultDocument().host, decoy: 1 };
    const decoyed = (count: number) =>
      documentText(upTo(count, { host })).replace(
        '"decoy": 1',
        `"decoy": {\n "samples": [\n  {}\n ]}`,
      );
    readAll(decoyed(1), decoyed(2), decoyed(3));
  });

  it('finds the same faults, at the same places', () => {
    const whole = documentText(upTo(3));
    const faults = [
      whole.replace(/\n {2}\{(?=[^{]*\n {1}\]$)/m, '\n  {"x": '),
      documentText(upTo(4)).slice(0, -20),
      documentText(upTo(3, { samples: [...samples.slice(0, 3), { ...stream(9), seconds: -1 }] })),
      documentText(upTo(4, { stopped: { at: 'never', why: 'failed' } })),
    ];
    for (const fault of faults) {
      const reader = new DocumentReader();
      reader.read(whole);
      const messages = [() => reader.read(fault), () => parseDocument(fault)].map((read) => {
        try {
          read();
          return 'none';
        } catch (error) {
          return (error as Error).message;
        }
      });
      assert.equal(messages[0], messages[1]);
      assert.notEqual(messages[0], 'none');
      // And goes on where it was.
      assert.deepEqual(reader.read(documentText(upTo(4))), upTo(4));
    }
  });

  it('holds the limits of all samples together', () => {
    const of = (count: number) =>
      documentText(
        resultDocument({
          samples: Array.from({ length: count }, (_, index) => ({
            ...stream(index),
            messageBytes: index + 1,
          })),
        }),
      );
    const reader = new DocumentReader();
    reader.read(of(400));
    assert.throws(() => reader.read(of(502)), /more than 500 different sizes/);
  });
});
