import assert from 'node:assert/strict';
import { destinationFault, safeDestination, stepBefore } from '../../../src/host/destination.ts';
import { HostError } from '../../../src/host/errors.ts';
import { SshTransport } from '../../../src/host/ssh.ts';

/** Characters that a shell, or ssh, takes for more than a part of a name. */
const DANGEROUS = Array.from('`$\n\r\t \'"\\;|&<>(){}*?!#~^\0\u001b\u0085\u2028\u202e\u200b');

const GOOD = [
  'web1',
  'web-1.example.com',
  'WEB_1',
  'ann@web1',
  'ann.b+c@web1',
  'ann@corp.com@web1',
  '10.0.0.1',
  '::1',
  '[::1]',
  'ann@fe80::1%eth0',
  '[fe80::1%eth0]',
  'büro-1',
  '東京',
  'ssh://web1',
  'ssh://ann@web1:2222',
  'ssh://web1/',
  'SSH://ann@[::1]:22',
  'a,b',
  'local',
  'ssh://ann%40corp.com@web1',
  'ssh://ann@[fe80::1%eth0]:22',
];

describe('a destination for ssh', () => {
  for (const text of GOOD) {
    it(`${text} is one`, () => {
      assert.equal(destinationFault(text), undefined);
      assert.equal(safeDestination(text), text);
    });
  }

  const bad = [
    '',
    '-oProxyCommand=id',
    '-F/x',
    'ann@-oX',
    'ssh://-oX',
    'ssh://ann@-oX',
    '-ann@web1',
    '[-x]',
    '@web1',
    'ann@',
    'ssh://',
    'ssh://@web1',
    'web1/x',
    'ssh://web1/x',
    '../x',
    'ssh://a%60id%60@web1',
    'ssh://%2doX@web1',
    'ssh://a%0aid@web1',
    '%PATH%@web1',
    '%h',
    'web%eth0',
    '$(id)',
    '`id`@web1',
    'web1;id',
    'ssh://$USER@web1',
    'x'.repeat(2000),
  ];
  for (const text of bad) {
    it(`${JSON.stringify(text.slice(0, 40))} is none`, () => {
      assert.notEqual(destinationFault(text), undefined);
      assert.throws(
        () => new SshTransport(text),
        (error) => error instanceof HostError && error.problem.kind === 'input',
      );
    });
  }

  it('has none of what a shell acts on, wherever it stands', () => {
    for (const good of GOOD) {
      for (const odd of DANGEROUS) {
        for (let at = 0; at <= good.length; at++) {
          const text = good.slice(0, at) + odd + good.slice(at);
          assert.notEqual(destinationFault(text), undefined, JSON.stringify(text));
        }
        const hex = (odd.codePointAt(0) ?? 0).toString(16).padStart(2, '0');
        if (hex.length === 2) {
          assert.notEqual(destinationFault(`ssh://a%${hex}b@web1`), undefined, hex);
        }
      }
    }
  });
});

describe('a host that something else than the person names', () => {
  const step = (host: string, by: string | undefined, isTrusted: boolean, isKnown: boolean) =>
    stepBefore({ host, by, isTrusted, isKnown });

  it('is never connected to for a file or a task of a workspace that is not trusted', () => {
    for (const host of ['web1', 'local']) {
      for (const isKnown of [true, false]) {
        assert.equal(step(host, 'The task', false, isKnown), 'refuse');
      }
    }
    assert.equal(step('web1', undefined, false, false), 'refuse');
  });
  it('is asked about where it was neither used nor configured, this machine too', () => {
    assert.equal(step('web1', 'run.json', true, false), 'ask');
    assert.equal(step('local', 'run.json', true, false), 'ask');
    assert.equal(step('web1', undefined, true, false), 'ask');
  });
  it('is connected to where it is known, and this machine for a keybinding', () => {
    assert.equal(step('web1', 'run.json', true, true), 'connect');
    assert.equal(step('web1', undefined, false, true), 'connect');
    assert.equal(step('local', undefined, true, false), 'connect');
  });
});
