import assert from 'node:assert/strict';
import { parseAddresses } from '../../../src/bypass/addresses.ts';
import { configValue, mapKeys, parsePrefix, setupBatch } from '../../../src/bypass/config.ts';

describe('local networks', () => {
  it('are IPv6, IPv4 as its mapped form', () => {
    assert.deepEqual(parsePrefix('10.1.2.3'), {
      length: 128,
      address: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3],
    });
    assert.equal(parsePrefix('10.0.0.0/8').length, 104);
    assert.equal(parsePrefix('0.0.0.0/0').length, 96);
    assert.equal(parsePrefix('fd00::/8').length, 8);
    assert.deepEqual(parsePrefix('fd00::2').address, [0xfd, ...Array<number>(14).fill(0), 2]);
  });

  it('are refused when they are none', () => {
    for (const text of [
      '',
      '10.0.0.0/33',
      'fd00::/129',
      '10.0.0',
      'web1',
      '10.0.0.1; reboot',
      '::g',
    ]) {
      assert.throws(() => parsePrefix(text), /not an address or a network/, text);
    }
  });

  it('are read from what the host lists, once each', () => {
    const text = '127.0.0.1\n192.0.2.2\n127.0.0.1\nfe8000000000000000fc00fffe000001\n';
    assert.deepEqual(parseAddresses(text), {
      addresses: ['127.0.0.1', '192.0.2.2', 'fe80:0000:0000:0000:00fc:00ff:fe00:0001'],
      capped: false,
    });
  });

  it('are capped, and that is told', () => {
    assert.ok(parseAddresses('127.0.0.1\nmore\n').capped);
    const many = Array.from({ length: 5000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join('\n');
    const { addresses, capped } = parseAddresses(many);
    assert.equal(addresses.length, 4096);
    assert.ok(capped);
  });

  it('cannot smuggle a line into the batch', () => {
    assert.deepEqual(parseAddresses('1.2.3.4; reboot\nzz00').addresses, []);
    assert.throws(() => setupBatch('x86_64', ['127.0.0.1\nprog show'], {}));
  });
});

describe('the configuration of the guarded program', () => {
  it('is all zero by default', () => {
    assert.equal(configValue('x86_64', 'guarded'), Array(24).fill('00').join(' '));
  });

  it("has the host's byte order", () => {
    const limits = { oneWayLimit: 0x102, queueBound: 2 ** 32 + 3 };
    assert.equal(
      configValue('aarch64', 'off', limits),
      '01 00 00 00 02 01 00 00 00 00 00 00 00 00 00 00 03 00 00 00 01 00 00 00',
    );
    assert.equal(
      configValue('s390x', 'off', limits),
      '00 00 00 01 00 00 01 02 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00 03',
    );
  });

  it('is one batch with the networks', () => {
    const lines = setupBatch('x86_64', ['10.0.0.1'], { localNetworks: ['fd00::/8'] }).split('\n');
    assert.deepEqual(
      lines.map((line) => line.slice(0, 72)),
      [
        'map update pinned @PINS@/bypass_config key hex 00 00 00 00 value hex 00 ',
        'map update pinned @PINS@/bypass_local key hex 80 00 00 00 00 00 00 00 00',
        'map update pinned @PINS@/bypass_local key hex 08 00 00 00 fd 00 00 00 00',
        '',
      ],
    );
  });

  it('takes out the networks that are no longer named, and leaves the others', () => {
    const zeros = (count: number) => Array<string>(count).fill('00').join(' ');
    const kept = `08 00 00 00 fd ${zeros(15)}`;
    const gone = `10 00 00 00 fe 80 ${zeros(14)}`;
    const limits = { localNetworks: ['fd00::/8'] };
    const batch = setupBatch('x86_64', [], limits, 'guarded', [kept, gone]);
    assert.deepEqual(batch.split('\n').slice(1), [
      `map delete pinned @PINS@/bypass_local key hex ${gone}`,
      `map update pinned @PINS@/bypass_local key hex ${kept} value hex 01 00 00 00`,
      '',
    ]);
  });

  it('knows the keys of a map from its dump', () => {
    const dump = '[{"key":["0x80","0x00","0xA","0x0b"],"value":["0x01","0x00","0x00","0x00"]}]';
    assert.deepEqual(mapKeys(dump), ['80 00 0a 0b']);
    assert.deepEqual(mapKeys('[]'), []);
    for (const text of ['', '{}', '[{"key":["0x80 reboot"]}]', '[{"key":[128]}]']) {
      assert.throws(() => mapKeys(text), text);
    }
  });
});
