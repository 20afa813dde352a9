import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { Collected, Tail } from '../../../src/host/bounded.ts';
import { Gate, Mark } from '../../../src/host/gate.ts';
import { parseJson } from '../../../src/host/json.ts';
import { onLines } from '../../../src/host/lines.ts';
import { parseSections } from '../../../src/host/sections.ts';

const MIB = 1024 * 1024;

describe('what a host sends', () => {
  it('in lines: each, whatever pieces it comes in, and the last without its break', async () => {
    for (const size of [1, 2, 3, 1000]) {
      const stream = new PassThrough();
      const lines: string[] = [];
      onLines(stream, (line) => lines.push(line));
      const bytes = Buffer.from('one\r\n\nzwölf\nlast');
      for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
      stream.end();
      await new Promise((resolve) => stream.once('close', resolve));
      assert.deepEqual(lines, ['one', '', 'zwölf', 'last']);
    }
  });

  it('in a line that does not end is cut', async () => {
    const stream = new PassThrough();
    const lines: string[] = [];
    onLines(stream, (line) => lines.push(line));
    for (let count = 0; count < 64; count++) {
      if (!stream.write(Buffer.alloc(MIB, 'x')))
        await new Promise((go) => stream.once('drain', go));
    }
    stream.end('\nnext\n');
    await new Promise((resolve) => stream.once('close', resolve));
    assert.deepEqual(
      lines.map(({ length }) => length),
      [MIB, 4],
    );
  });

  it('is whole up to a limit, and reported when it is more', async () => {
    for (const [bytes, more] of [
      [10, 0],
      [11, 1],
    ] as const) {
      const stream = new PassThrough();
      let told = 0;
      const collected = new Collected(stream, 10, () => told++);
      stream.write(Buffer.alloc(5, 'a'));
      stream.end(Buffer.alloc(bytes - 5, 'b'));
      await collected.ended;
      assert.deepEqual([told, collected.text()], [more, more === 1 ? '' : 'aaaaabbbbb']);
    }
  });

  it('takes little more than its bytes, though they come one by one', async () => {
    const stream = new PassThrough();
    const collected = new Collected(stream, 1_000_000, () => undefined);
    const before = process.memoryUsage();
    for (let count = 0; count < 300_000; count++) stream.emit('data', Buffer.alloc(1, 'a'));
    stream.destroy();
    await collected.ended;
    const { heapUsed, external } = process.memoryUsage();
    assert.ok(heapUsed + external - before.heapUsed - before.external < 100e6);
    assert.equal(collected.text().length, 300_000);
  });

  it('is kept at its end where it goes on for hours', async () => {
    const stream = new PassThrough();
    const tail = new Tail(stream, 10);
    for (let count = 0; count < 1000; count++) stream.write(`line ${count}\n`);
    stream.end();
    await new Promise((resolve) => stream.once('close', resolve));
    assert.equal(tail.text(), '\nline 999\n');
  });

  it('begins behind the line of the mark, whatever pieces it comes in', async () => {
    for (const size of [1, 7, 1000]) {
      const mark = new Mark();
      const gate = new Gate(mark, { onOpen: (said) => (heard = said) });
      let heard: string | undefined;
      const bytes = Buffer.from(`Hello${mark.halves[0]}${mark.text} 0\n\0\xff\n${mark.text} 1\n`);
      const out: Buffer[] = [];
      gate.on('data', (chunk: Buffer) => out.push(chunk));
      for (let at = 0; at < bytes.length; at += size) gate.write(bytes.subarray(at, at + size));
      gate.end();
      await new Promise((resolve) => gate.once('close', resolve));
      assert.deepEqual(
        [Buffer.concat(out).toString(), gate.before, heard],
        [`\0\xff\n${mark.text} 1\n`, `Hello${mark.halves[0]}`, '0'],
      );
    }
  });

  it('with more sections than any script makes is an error', () => {
    const text = '\n==b x'.repeat(2_000_000);
    assert.throws(() => parseSections(text, '==b'), /more than 20000 sections/);
  });

  it('as JSON is bounded in size and depth', () => {
    assert.deepEqual(parseJson('{"a":[1,"[[[\\"[{"]}'), { a: [1, '[[[\\"[{'.replace('\\', '')] });
    assert.equal((parseJson(`"${'x'.repeat(8 * MIB - 2)}"`) as string).length, 8 * MIB - 2);
    assert.throws(() => parseJson('['.repeat(4 * MIB)), /nested more than 100 deep/);
    assert.throws(() => parseJson(`"${'x'.repeat(9 * MIB)}"`), /more than 8 Mi/);
    assert.throws(() => parseJson('{'), SyntaxError);
  });
});
