import assert from 'node:assert/strict';
import fc from 'fast-check';
import { configValue, MODE_NAMES, parsePrefix } from '../../src/bypass/config.ts';
import { parseCounters } from '../../src/bypass/counters.ts';
import { parseNamespaces } from '../../src/bypass/namespaces.ts';
import { parseStatus } from '../../src/bypass/status.ts';
import { statusReport } from '../../src/bypass/statusReport.ts';
import {
  assertPlain,
  changed,
  changedJson,
  holds,
  INHERITED,
  jsonOf,
  longTextOf,
  result,
  textOf,
} from './properties.ts';
import { BOUNDARY, recorded } from './recorded.ts';

const KEYS = [
  'formatted',
  'value',
  'values',
  'key',
  'cpu',
  'redirected_bytes',
  'cgroup',
  'cgroups',
  'gone',
  'state',
  'policy',
  'config',
  'sockops',
  'id',
  'tag',
  'sockets',
  'counters',
  'pins',
  'attachments',
  'namesakes',
  'mode',
  'reach',
  'keepAlive',
];
const WORDS = [
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '"',
  'null',
  '-1',
  '1e999',
  '"attached"',
  '"\\udc80"',
  '"host"',
  ...KEYS.map((key) => `"${key}":`),
  '{"host":"vm","attachments":[',
  '"counters":{"__proto__":1,"toString":2}',
];
const recordedCounters = recorded('status/counters-guarded.json');
const recordedStatus = recorded('status/status.json');

describe('properties of the status', () => {
  const check = (text: string) => {
    // Output that is cut off is an error.
    const status = result(
      () => parseStatus(text),
      () => true,
    );
    if (status === undefined) return;
    assertPlain(status);
    statusReport({ host: 'web1', ...status });
    for (const { sockets, counters } of status.attachments) {
      assert.ok(sockets >= 0);
      for (const count of Object.values(counters)) assert.equal(typeof count, 'number');
    }
  };
  holds('of any words', textOf(WORDS), check);
  holds('of recorded words, changed', changed(recordedStatus, WORDS), check);
  holds('of recorded JSON, changed', changedJson(recordedStatus, KEYS), check);
  holds('of words without end', longTextOf(WORDS), check, 25);
});

describe('properties of counters and keys', () => {
  const check = (text: string) => {
    const counters = parseCounters(text);
    assertPlain(counters);
    for (const count of Object.values(counters)) assert.ok(Number.isInteger(count) && count >= 0);
    for (const name of INHERITED) {
      const own = Object.getOwnPropertyDescriptor(counters, name)?.value as unknown;
      assert.ok(['number', 'undefined'].includes(typeof own));
    }
  };
  holds('counters: of any JSON', jsonOf(KEYS), check);
  holds('counters: of recorded JSON, changed', changedJson(recordedCounters, KEYS), check);

  const count = fc.nat(2 ** 40);
  const name = fc.oneof(
    fc.stringMatching(/^[a-z][a-z_]{0,11}$/),
    fc.constantFrom('toString', 'constructor'),
  );
  const cpus = fc.array(fc.dictionary(name, count), { minLength: 1, maxLength: 4 });
  holds('counters: are the sums of all CPUs', cpus, (values) => {
    const sums = new Map<string, number>();
    for (const each of values) {
      for (const [key, value] of Object.entries(each)) sums.set(key, (sums.get(key) ?? 0) + value);
    }
    const text = JSON.stringify([{ formatted: { values: values.map((value) => ({ value })) } }]);
    assert.deepEqual(new Map(Object.entries(parseCounters(text))), sums);
  });
});

describe('properties of networks', () => {
  const prefix = fc.oneof(
    fc
      .tuple(fc.ipV4(), fc.nat(32))
      .map(([address, length]) => ({ text: `${address}/${length}`, length: length + 96 })),
    fc
      .tuple(fc.ipV6(), fc.nat(128))
      .map(([address, length]) => ({ text: `${address}/${length}`, length })),
    fc.ipV4().map((text) => ({ text, length: 128 })),
    fc.ipV6().map((text) => ({ text, length: 128 })),
  );
  holds('networks: are read with their length, as 16 bytes', prefix, ({ text, length }) => {
    const read = parsePrefix(text);
    assert.equal(read.length, length);
    assert.equal(read.address.length, 16);
    for (const byte of read.address) assert.ok(Number.isInteger(byte) && byte >= 0 && byte <= 255);
    const groups = Array.from({ length: 8 }, (_, index) =>
      ((read.address[2 * index] ?? 0) * 256 + (read.address[2 * index + 1] ?? 0)).toString(16),
    );
    assert.deepEqual(parsePrefix(`${groups.join(':')}/${length}`), read);
  });
  const words = [
    '10.0.0.0',
    '/8',
    '::',
    'fe80',
    ':1',
    '%eth0',
    '/',
    '-1',
    '/33',
    '.',
    '0x7f',
    '1e2',
  ];
  holds(
    'networks: of any words, or an error that names them',
    fc.oneof(textOf(words), longTextOf(words)),
    (text) => {
      const read = result(
        () => parsePrefix(text),
        ({ message }) => message.includes('is not an address'),
      );
      if (read === undefined) return;
      assert.equal(read.address.length, 16);
      assert.ok(Number.isInteger(read.length) && read.length >= 0 && read.length <= 128);
    },
  );

  const limits = fc.record({ oneWayLimit: fc.nat(2 ** 32 - 1), queueBound: fc.nat(2 ** 53 - 1) });
  holds(
    'configuration: is 24 bytes that hold the numbers',
    fc.tuple(limits, fc.constantFrom(...MODE_NAMES), fc.constantFrom('x86_64', 'aarch64', 's390x')),
    ([wanted, mode, architecture]) => {
      const bytes = configValue(architecture, mode, wanted)
        .split(' ')
        .map((byte) => Number.parseInt(byte, 16));
      assert.equal(bytes.length, 24);
      const view = new DataView(Uint8Array.from(bytes).buffer);
      const little = architecture !== 's390x';
      assert.equal(MODE_NAMES[view.getUint32(0, little)], mode);
      assert.equal(view.getUint32(4, little), wanted.oneWayLimit);
      assert.equal(Number(view.getBigUint64(16, little)), wanted.queueBound);
    },
  );
});

describe('properties of network namespaces', () => {
  const words = ['0 1 1\n', '1 2 77\n', '2 1 9\n', 'more\n', `\n${BOUNDARY} namespaces\n`];
  const more = [`\n${BOUNDARY} reach\nhost\n`, '3', ' ', '-1', '\n', `\n${BOUNDARY} end\n`];
  const check = (text: string) => {
    const { count, userOwned, capped, canReachHost } = parseNamespaces(text, BOUNDARY);
    assert.ok(Number.isInteger(count) && userOwned <= count);
    assert.deepEqual([typeof capped, typeof canReachHost], ['boolean', 'boolean']);
  };
  holds('of any words', textOf([...words, ...more]), check);
  holds('of words without end', longTextOf([...words, ...more]), check, 25);
});
