import assert from 'node:assert/strict';
import { DocumentReader, documentText } from '../../../src/results/documentText.ts';
import { parseDocument } from '../../../src/results/document.ts';
import { sentGrowth, sentRun, type ShownRun } from '../../../src/results/protocol.ts';
import { FIGURE_IDS } from '../../../src/results/quantities.ts';
import { findingTexts } from '../../../src/results/words/findingTexts.ts';
import { shownGrowth, shownRuns, type Shown } from '../../../webview/shown.ts';
import { recorded } from '../recorded.ts';

const whole = parseDocument(recorded('bench/all-figures.sockmap-bench.json'));
const fileName = 'a.sockmap-bench.json';

/** The states of a run that goes on, as the editor reads them. */
function states(...counts: number[]): ShownRun[] {
  const reader = new DocumentReader();
  return counts.map((count) => {
    const { finishedAt, ...rest } = whole;
    const samples = whole.samples.slice(0, count);
    const isDone = count === whole.samples.length;
    const document = { ...rest, samples, ...(isDone && finishedAt && { finishedAt }) };
    return { fileName, document: reader.read(documentText(document)) };
  });
}
const all = ({ figures, runs }: Shown) => ({
  figures: FIGURE_IDS.map((id) => ({ ...figures[id], series: figures[id].series })),
  findings: Object.values(findingTexts(figures, runs)),
});

describe('a run that is shown while it goes on', () => {
  it('is, sample by sample, the same as when it is shown as a whole', () => {
    const total = whole.samples.length;
    // One by one where a round turns the order of its arms: the baseline comes last there.
    const middle = Array.from({ length: 12 }, (_, index) => total - 60 + index);
    const counts = [1, 2, 3, ...middle, total];
    const [first, ...later] = states(...counts);
    assert.ok(first);
    let shown = shownRuns([sentRun(first), sentRun({ fileName, document: whole })]);
    let before = first;
    for (const state of later) {
      const growth = sentGrowth(0, before.document, state) ?? assert.fail();
      assert.equal(growth.from, before.document.samples.length);
      shown = shownGrowth(shown, growth) ?? assert.fail();
      // Figures drawn in between are kept, and must not be kept too long.
      all(shown);
      before = state;
      const anew = shownRuns([sentRun(state), sentRun({ fileName, document: whole })]);
      assert.deepEqual(all(shown), all(anew));
    }
    assert.equal(shown.files[0]?.document.finishedAt, whole.finishedAt);
  });

  it('sends only what was added', () => {
    const [before, after] = states(400, 401);
    assert.ok(before && after);
    const growth = sentGrowth(0, before.document, after) ?? assert.fail();
    assert.ok(growth.json.length < sentRun(after).json.length / 20);
  });

  it('is sent as a whole where it is not the same any more', () => {
    const [before] = states(40);
    const [other, fewer] = [states(41), states(39)].flat();
    assert.ok(before && other && fewer);
    // Read by another reader: nobody knows that the samples are the same.
    assert.equal(sentGrowth(0, before.document, other), undefined);
    assert.equal(sentGrowth(0, before.document, fewer), undefined);
  });

  it('asks for the whole where it goes on from something else', () => {
    const [one, two, three] = states(10, 20, 30);
    assert.ok(one && two && three);
    const growth = sentGrowth(0, two.document, three) ?? assert.fail();
    assert.equal(shownGrowth(shownRuns([sentRun(one)]), growth), undefined);
    assert.equal(shownGrowth(shownRuns([sentRun(two)]), { ...growth, run: 1 }), undefined);
  });
});
