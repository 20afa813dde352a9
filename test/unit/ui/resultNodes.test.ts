import assert from 'node:assert/strict';
import { fromTree } from '../../../src/commands/fromTree.ts';
import type { ResultDocument } from '../../../src/results/document.ts';
import { documentText } from '../../../src/results/documentText.ts';
import { summaryOf } from '../../../src/results/summary.ts';
import { resultRowOf } from '../../../src/ui/resultItems.ts';
import { byHost, ResultNode } from '../../../src/ui/resultNodes.ts';
import { resultDocument } from '../results/documents.ts';

function run(file: string, change: Partial<ResultDocument> = {}): ResultNode {
  const summary = summaryOf(documentText(resultDocument(change)));
  assert.ok(summary);
  return new ResultNode(file, summary);
}

const onHost = (name: string): Partial<ResultDocument> => ({
  host: { ...resultDocument().host, name },
});
const at = (hour: string): Partial<ResultDocument> => ({ startedAt: `2026-03-01T${hour}:00:00Z` });
const old = run('/r/old', { ...onHost('web1'), ...at('08') });
const other = run('/r/other', { ...onHost('web2'), ...at('09') });
const newest = run('/r/newest', { ...onHost('web1'), ...at('10') });

describe('the rows of the results view', () => {
  it('are by host, the newest first', () => {
    const groups = byHost([other, old, newest]);
    assert.deepEqual(
      groups.map(({ host, runs }) => [host, ...runs.map(({ file }) => file)]),
      [
        ['web1', '/r/newest', '/r/old'],
        ['web2', '/r/other'],
      ],
    );
  });

  it('show the name and tags that a person gave a run, and how it ended', () => {
    const annotation = { name: 'night', notes: 'quiet', tags: ['a'] };
    const stopped = { at: '2026-03-01T10:00:00Z', why: 'cancelled' as const };
    const row = resultRowOf(run('/r/x', { annotation, stopped }));
    assert.equal(row.label, 'night');
    assert.match(row.description ?? '', /^#a · .+ · cancelled · /);
    assert.match(row.tooltip ?? '', /^night\nquiet\n\nTags: a\n/);
    assert.equal(row.contextValue, 'result.unfinished');
    const finished = resultRowOf(run('/r/y', { finishedAt: '2026-03-01T11:00:00Z' }));
    assert.equal(finished.contextValue, 'result');
    assert.doesNotMatch(finished.description ?? '', /finished|cancelled/);
  });

  it('are compared by two, the newer one with the older', () => {
    const pair = { baseline: '/r/old', uri: '/r/newest' };
    for (const selected of [
      [old, newest],
      [newest, old],
    ])
      assert.deepEqual(fromTree('compare', old, selected), pair);
    assert.deepEqual(fromTree('resumeBenchmark', old, [old]), { uri: '/r/old' });
  });

  it('stand for all that are selected, or for themselves where they are not among them', () => {
    assert.deepEqual(fromTree('deleteResult', old, [old, newest]), [old, newest]);
    assert.deepEqual(fromTree('deleteResult', other, [old, newest]), [other]);
    assert.deepEqual(fromTree('deleteResult', old, undefined), [old]);
  });
});
