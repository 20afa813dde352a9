import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parseObject } from '../../src/verifier/object.ts';
import { assertPlain, holds, LONG, result } from './properties.ts';

const file = path.join(import.meta.dirname, 'recorded/verifier/objects.json.gz');
const OBJECTS = Object.values(
  JSON.parse(gunzipSync(fs.readFileSync(file)).toString()) as Record<string, string>,
).map((text) => Buffer.from(text, 'base64'));

/** Reads all there is to read; the only error is RangeError. */
function check(bytes: Uint8Array): void {
  const isExpected = (error: Error) =>
    error instanceof RangeError && !error.message.includes('call stack');
  const programs = result(() => parseObject(bytes), isExpected) ?? [];
  for (const { name, section, instructions, at } of programs) {
    assertPlain([name, section, instructions]);
    assert.ok(instructions >= 0);
    for (const number of [0, 1, instructions - 1, instructions, 1e9]) {
      assertPlain(result(() => at(number), isExpected));
    }
  }
}

/** Places where an ELF header, its sections and symbols say where and how long something is. */
const edit = fc.record({
  at: fc.oneof(fc.nat(64), fc.nat(20_000)),
  value: fc.oneof(
    fc.constantFrom(
      0n,
      1n,
      2n,
      4n,
      8n,
      24n,
      0xffn,
      0xffffn,
      0x7fffffffn,
      0xffffffffn,
      2n ** 32n,
      2n ** 53n,
      2n ** 64n - 1n,
    ),
    fc.bigInt({ min: 0n, max: 2n ** 20n }),
  ),
  bytes: fc.constantFrom(1, 2, 4, 8),
});

const object = fc.constantFrom(...OBJECTS);

describe('properties of objects', () => {
  holds('of any bytes', fc.uint8Array({ maxLength: 300 }), check);
  holds('of a header and any bytes', fc.uint8Array({ minLength: 58, maxLength: 400 }), (rest) => {
    check(Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]), rest]));
  });
  holds(
    'of a compiler, changed',
    fc.tuple(object, fc.array(edit, { minLength: 1, maxLength: 5 })),
    ([bytes, edits]) => {
      const made = Buffer.from(bytes);
      for (const { at, value, bytes: size } of edits) {
        const place = at % (made.length - 8);
        const whole = Buffer.alloc(8);
        whole.writeBigUInt64LE(value);
        whole.copy(made, place, 0, size);
      }
      check(made);
    },
    300,
  );
  holds(
    'of a compiler, cut off',
    fc.tuple(object, fc.double({ min: 0, max: 1, noNaN: true })),
    ([bytes, part]) => {
      check(bytes.subarray(0, Math.floor(bytes.length * part)));
    },
  );
  holds(
    'of symbols, instructions, functions and lines without end',
    fc.record({
      text: fc.boolean(),
      symbols: fc.boolean(),
      calls: fc.boolean(),
      lines: fc.boolean(),
      wide: fc.boolean(),
    }),
    (shape) => {
      check(endless(shape));
    },
    10,
  );
});

/** An object of which one or more tables fill all there is. */
function endless({
  text,
  symbols,
  calls,
  lines,
  wide,
}: Readonly<Record<'text' | 'symbols' | 'calls' | 'lines' | 'wide', boolean>>): Buffer {
  const many = Math.floor(LONG / 24);
  const names = Buffer.from('\0.text\0xdp\0.symtab\0.strtab\0.BTF\0.BTF.ext\0f\0');
  const nameAt = (name: string) => names.indexOf(`\0${name}\0`) + 1;
  const instructions = Buffer.alloc(8 * many);
  // call with BPF_PSEUDO_CALL to the next one.
  for (let i = 0; calls && i < many; i++) instructions.set([0x85, 0x10], 8 * i);
  const count = symbols ? many : 2;
  const table = Buffer.alloc(24 * (count + 1));
  for (let i = 1; i <= count; i++) {
    table.writeUInt32LE(nameAt('f'), 24 * i);
    table.writeUInt8(0x12, 24 * i + 4);
    table.writeUInt16LE(text && i > 1 ? 1 : 2, 24 * i + 6);
    table.writeBigUInt64LE(wide ? 0n : BigInt(8 * (i % many)), 24 * i + 8);
    table.writeBigUInt64LE(BigInt(wide ? 8 * many : 8), 24 * i + 16);
  }
  const strings = Buffer.alloc(LONG, 'x');
  strings[0] = 0;
  strings[LONG - 1] = 0;
  strings.write('xdp\0', 1);
  const btf = Buffer.alloc(24);
  btf.writeUInt32LE(24, 4);
  btf.writeUInt32LE(LONG, 20);
  const records = lines ? many : 2;
  const ext = Buffer.alloc(24 + 4 + 8 + 16 * records);
  ext.writeUInt32LE(24, 4);
  ext.writeUInt32LE(12 + 16 * records, 20);
  ext.writeUInt32LE(16, 24);
  ext.writeUInt32LE(1, 28);
  ext.writeUInt32LE(records, 32);
  for (let i = 0; i < records; i++) {
    const at = 36 + 16 * i;
    ext.writeUInt32LE(8 * (i % many), at);
    ext.writeUInt32LE(10 + (i % 100), at + 4);
    ext.writeUInt32LE(10, at + 8);
    ext.writeUInt32LE(1 << 10, at + 12);
  }
  const parts = [
    { name: '.text', type: 1, flags: 6n, link: 0, content: instructions },
    { name: 'xdp', type: 1, flags: 6n, link: 0, content: instructions },
    { name: '.symtab', type: 2, flags: 0n, link: 4, content: table },
    { name: '.strtab', type: 3, flags: 0n, link: 0, content: names },
    { name: '.BTF', type: 1, flags: 0n, link: 0, content: Buffer.concat([btf, strings]) },
    { name: '.BTF.ext', type: 1, flags: 0n, link: 0, content: ext },
  ];
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(parts.length + 1, 25);
  header.writeUInt16LE(4, 62);
  const headers = Buffer.alloc(64 * (parts.length + 1));
  let at = 64;
  parts.forEach(({ name, type, flags, link, content }, index) => {
    const place = 64 * (index + 1);
    headers.writeUInt32LE(nameAt(name), place);
    headers.writeUInt32LE(type, place + 4);
    headers.writeBigUInt64LE(flags, place + 8);
    headers.writeBigUInt64LE(BigInt(at), place + 24);
    headers.writeBigUInt64LE(BigInt(content.length), place + 32);
    headers.writeUInt32LE(link, place + 40);
    at += content.length;
  });
  header.writeBigUInt64LE(BigInt(at), 25);
  return Buffer.concat([header, ...parts.map(({ content }) => content), headers]);
}
