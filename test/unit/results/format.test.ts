import assert from 'node:assert/strict';
import { changes } from '../../../src/results/format.ts';
import { markdownText } from '../../../src/text.ts';
import { bytes } from '../../../src/results/sizes.ts';

describe('several ratios in words', () => {
  const CASES: [ratios: number[], words: string][] = [
    [[1.04, 2.5], '4% higher to 2.5 times as high'],
    [[1.3, 2.5], '1.3 to 2.5 times as high'],
    [[2.5, 13], '2.5 to 13 times as high'],
    [[1.04, 1.5], '4% to 50% higher'],
    [[0.5, 0.8], '20% to 50% lower'],
    [[0.8, 0.8], '20% lower'],
  ];
  for (const [ratios, words] of CASES) {
    it(words, () => {
      assert.equal(changes(ratios), words);
    });
  }
});

it('sizes of 2 GiB and more have their sign', () => {
  assert.equal(bytes(2 ** 31), '2048 MiB');
  assert.equal(bytes(2 ** 40), '1048576 MiB');
  assert.equal(bytes(2 ** 31 + 1024), '2097153 KiB');
});

it('text of others begins no Markdown: neither marks nor a line of its own', () => {
  assert.equal(
    markdownText('a\r\n\n# b ![c](d) <e>|`f`'),
    'a \\# b \\!\\[c\\](d) \\<e\\>\\|\\`f\\`',
  );
});
