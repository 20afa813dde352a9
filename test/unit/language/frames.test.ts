import assert from 'node:assert/strict';
import { Frames, LIMITS, parseMessage, StreamError } from '../../../src/language/gate/frames.ts';
import { journal } from '../../../src/language/journal.ts';

const framed = (text: string): string =>
  `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const read = (frames: Frames, ...pieces: string[]): string[] =>
  pieces.flatMap((piece) => Array.from(frames.push(Buffer.from(piece)), String));

describe('the stream of a language server', () => {
  it('is cut into messages, however it comes', () => {
    const texts = ['{}', '{"a":"ü\\r\\n\\r\\n"}', `"${'x'.repeat(200_000)}"`, '[1]'];
    const whole = texts.map(framed).join('');
    assert.deepEqual(read(new Frames(), whole), texts);
    for (const size of [1, 3, 7, 4096, 65_536]) {
      const frames = new Frames();
      const bytes = Buffer.from(whole);
      const found: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        found.push(...Array.from(frames.push(bytes.subarray(at, at + size)), String));
      }
      assert.deepEqual(found, texts, `in pieces of ${size}`);
    }
    const typed = 'content-length:2\r\nContent-Type: application/vscode-jsonrpc\r\n\r\n{}';
    assert.deepEqual(read(new Frames(), typed), ['{}']);
  });

  for (const [name, ...pieces] of [
    ['a line that never ends', 'x'.repeat(5000)],
    ['headers that never end', 'a: b\r\n'.repeat(1000)],
    ['a message of gigabytes', 'Content-Length: 4294967296\r\n\r\n'],
    ['a length of many digits', `Content-Length: ${'9'.repeat(400)}\r\n\r\n`],
    ['a length that is no number', 'Content-Length: 1e3\r\n\r\n'],
    ['a negative length', 'Content-Length: -1\r\n\r\n'],
    ['no length at all', 'Content-Length: 0\r\n\r\n'],
    ['a header without a length', 'Content-Type: x\r\n\r\n'],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} '],
    ['what a login prints', 'Welcome!\r\n\r\n', framed('{}')],
  ] as const) {
    it(`is broken by ${name}`, () => {
      assert.throws(() => read(new Frames(), ...pieces), StreamError);
    });
  }

  it('holds what has come, not what is announced, and little for a header', () => {
    const before = process.memoryUsage().arrayBuffers;
    const all = Array.from({ length: 200 }, () => {
      const frames = new Frames();
      read(frames, `Content-Length: ${LIMITS.messageBytes}\r\n\r\n`, '['.repeat(1000));
      return frames;
    });
    assert.ok(process.memoryUsage().arrayBuffers - before < all.length * 20_000);
  });

  it('has no message that takes far more memory than bytes, or is none', () => {
    const parse = (text: string): unknown => parseMessage(Buffer.from(text));
    assert.deepEqual(parse('{"a":["[[[,,,\\"",1]}'), { a: ['[[[,,,"', 1] });
    assert.doesNotThrow(() => parse(`["${'[,'.repeat(LIMITS.parts)}"]`));
    for (const text of [
      `[${'[],'.repeat(LIMITS.parts)}[]]`,
      '['.repeat(100_000),
      '{"a":'.repeat(1000),
      '{',
      '',
      '"',
      'nonsense',
      '"\\',
    ]) {
      assert.throws(() => parse(text), StreamError);
    }
  });
});

describe('the journal of a language server', () => {
  it('has single lines, cut, and not without end', () => {
    let clock = 0;
    const lines: string[] = [];
    const say = journal(
      (line) => lines.push(line),
      () => clock,
    );
    say(`a\n\u001b[31mb${'x'.repeat(10_000)}`);
    assert.match(lines[0] ?? '', /^a \[31mbx+…$/);
    assert.ok((lines[0]?.length ?? 0) < 600);
    for (let count = 0; count < 10_000; count++) say('more');
    assert.equal(lines.length, 201);
    assert.match(lines.at(-1) ?? '', /more than is written/);
    clock += 60_000;
    for (let count = 0; count < 10_000; count++) say('more');
    assert.equal(lines.length, 262);
  });
});
