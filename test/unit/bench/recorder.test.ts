import assert from 'node:assert/strict';
import type { ResultDocument } from '../../../src/results/document.ts';
import { recorded } from '../../../src/bench/recorder.ts';
import { cancelled } from '../../../src/host/errors.ts';
import { resultDocument, stream } from '../results/documents.ts';

const { finishedAt: _, ...BEGUN } = resultDocument({ samples: [] });
const MORE: ResultDocument = { ...BEGUN, samples: [stream()] };

describe('the document of a run that is cancelled', () => {
  it('says so at once, while the run still undoes its work', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const saved: ResultDocument[] = [];
    const save = (document: ResultDocument): Promise<void> => {
      saved.push(document);
      return Promise.resolve();
    };
    let undo: () => void = () => undefined;
    const undoing = new Promise<void>((resolve) => (undo = resolve));
    const running = recorded({ save, signal }, async (write) => {
      await write(BEGUN);
      await undoing;
      throw cancelled('measure', 'web1');
    });
    await new Promise(setImmediate);
    controller.abort();
    await new Promise(setImmediate);
    assert.equal(saved.at(-1)?.stopped?.why, 'cancelled');
    undo();
    await assert.rejects(running, /cancelled/);
    assert.equal(saved.length, 2);
  });

  it('loses no sample that came to its end meanwhile, and is written by one at a time', async () => {
    const controller = new AbortController();
    let saved: ResultDocument | undefined;
    const writing = { now: 0, most: 0 };
    const save = async (document: ResultDocument): Promise<void> => {
      writing.most = Math.max(writing.most, ++writing.now);
      await new Promise(setImmediate);
      saved = document;
      writing.now--;
    };
    const running = recorded({ save, signal: controller.signal }, async (write) => {
      await write(BEGUN);
      controller.abort();
      await write(MORE);
      throw cancelled('measure', 'web1');
    });
    await assert.rejects(running, /cancelled/);
    assert.deepEqual(
      [saved?.samples.length, saved?.stopped?.why, writing.most],
      [1, 'cancelled', 1],
    );
  });

  it('says of one that failed that it did, and nothing of one that finished', async () => {
    const saved: ResultDocument[] = [];
    const save = (document: ResultDocument): Promise<void> => {
      saved.push(document);
      return Promise.resolve();
    };
    const failing = recorded({ save }, async (write) => {
      await write(MORE);
      throw new Error('the host is gone');
    });
    await assert.rejects(failing, /the host is gone/);
    assert.equal(saved.at(-1)?.stopped?.why, 'failed');
    const controller = new AbortController();
    await recorded({ save, signal: controller.signal }, async (write) => {
      await write(MORE);
      controller.abort();
      await write({ ...MORE, finishedAt: '2026-03-01T10:00:09.000Z' });
    });
    assert.deepEqual(
      [saved.at(-1)?.finishedAt, saved.at(-1)?.stopped],
      ['2026-03-01T10:00:09.000Z', undefined],
    );
  });
});
