import assert from 'node:assert/strict';
import { decodeBytes, encodeBytes, hasBytes } from '../../../src/host/bytes.ts';

describe('bytes of a host as text', () => {
  it('are UTF-8 where they can be', () => {
    for (const text of ['', 'plain', 'ä€𝄞', '\u{10ffff}\ud7ff\ue000 \x7f\x80']) {
      assert.equal(decodeBytes(Buffer.from(text)), text);
      assert.deepEqual(encodeBytes(text), Buffer.from(text));
      assert.ok(!hasBytes(text));
    }
  });

  it('come back the same whatever they are, through JSON too', () => {
    const odd = [
      ...Array.from({ length: 256 }, (_, byte) => [byte]),
      ...[0xc0, 0xe0, 0xed, 0xf0, 0xf4, 0xf8].flatMap((first) =>
        [0x7f, 0x80, 0x90, 0xa0, 0xbf].map((second) => [first, second, 0x80, 0x80, 0x41]),
      ),
      // A surrogate in UTF-8's form is none, and must not be taken for one of ours.
      [0xed, 0xb3, 0xa9],
      [0xf0, 0x9d, 0x84, 0x9e, 0xe9],
    ].map((bytes) => Buffer.from(bytes));
    for (const bytes of odd) {
      const text = decodeBytes(bytes);
      assert.deepEqual(encodeBytes(text), bytes);
      assert.equal(JSON.parse(JSON.stringify(text)), text);
      assert.equal(hasBytes(text), !Buffer.from(bytes.toString()).equals(bytes));
    }
    assert.deepEqual(encodeBytes(decodeBytes(Buffer.concat(odd))), Buffer.concat(odd));
  });
});
