import assert from 'node:assert/strict';
import type { PairRow } from '../../../src/assess/page/protocol.ts';
import { shownRows } from '../../../webview/pairRows.ts';

const row = (name: string, bytes: number): PairRow => [
  { text: name, sort: name },
  { text: `${bytes} B/s`, sort: bytes },
];
const ROWS = [row('redis (Cache)', 9), row('nginx', 100), row('postgres', 20), row('cron', 9)];
const names = (rows: readonly PairRow[]) => rows.map(([name]) => name?.text);

describe('the rows of a table of pairs', () => {
  it('are those with all words of the filter, in any cell', () => {
    assert.deepEqual(names(shownRows(ROWS, '  CACHE 9 ', undefined)), ['redis (Cache)']);
    assert.deepEqual(names(shownRows(ROWS, 'b/s n', undefined)), ['nginx', 'cron']);
    assert.deepEqual(shownRows(ROWS, ' ', undefined), ROWS);
    assert.deepEqual(shownRows(ROWS, '.*', undefined), []);
  });

  it('are sorted as numbers or as words, and stay in order where they are alike', () => {
    const sorted = (column: number, descending: boolean) =>
      names(shownRows(ROWS, '', { column, descending }));
    assert.deepEqual(sorted(1, true), ['nginx', 'postgres', 'redis (Cache)', 'cron']);
    assert.deepEqual(sorted(1, false), ['redis (Cache)', 'cron', 'postgres', 'nginx']);
    assert.deepEqual(sorted(0, false), ['cron', 'nginx', 'postgres', 'redis (Cache)']);
  });
});
