import assert from 'node:assert/strict';
import fc from 'fast-check';
import { masked } from '../../../src/ui/mask.ts';

const KNOWN = { hosts: ['web1', 'db.example.org'], users: ['ada', 'build-bot'] };
const mask = (text: string): string => masked(text, KNOWN);

describe('masked text', () => {
  const CASES: readonly (readonly [what: string, text: string, masked: string])[] = [
    [
      'hosts and users, each the same throughout',
      'ada on web1; WEB1 of ada',
      'user-1 on host-1; host-1 of user-1',
    ],
    [
      'a destination',
      'Could not connect to ada@web1: no',
      'Could not connect to user-1@host-1: no',
    ],
    [
      'an unknown one, everywhere',
      'eve@box.lan:22; eve, box.lan',
      'user-1@host-1:22; user-1, host-1',
    ],
    ['an e-mail address', 'ask a.b+c@mail.example.com.', 'ask user-1@host-1.'],
    ['an address of ssh', 'ssh://eve@box:2222/x', 'ssh://user-1@host-1:2222/x'],
    ['user and password', 'https://eve:pw@box/x', 'https://user-1:secret-1@host-1/x'],
    ['IPv4', 'from 10.0.0.7 to 10.0.0.8 and 10.0.0.7:80', 'from addr-1 to addr-2 and addr-1:80'],
    ['IPv6', 'fe80::1, [2001:db8::2]:22 fe80::1: no', 'addr-1, [addr-2]:22 addr-1: no'],
    ['hardware addresses', 'lladdr 52:54:00:12:34:56 dev', 'lladdr addr-1 dev'],
    ['home directories', '/home/eve/.ssh/id and eve', '/home/user-1/.ssh/id and user-1'],
    ['those of others', '/Users/Eve/x C:\\Users\\eve\\y', '/Users/user-1/x C:\\Users\\user-1\\y'],
    ['secrets', 'password=hunter2 token: "abc"', 'password=secret-1 token: "secret-2"'],
    ['a bearer', 'Authorization: Bearer abc.def', 'Authorization: Bearer secret-1'],
    ['fingerprints', `SHA256:${'aB3'.repeat(14)}x`, 'secret-1'],
    [
      'keys',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----',
      'secret-1',
    ],
    ['names with dashes', 'build-bot at db.example.org', 'user-1 at host-1'],
  ];
  for (const [what, text, expected] of CASES) {
    it(`has no ${what}`, () => {
      assert.equal(mask(text), expected);
    });
  }

  it('keeps what tells about a fault, and of nobody', () => {
    for (const text of [
      'local: read the facts of the host: exit 0 after 0.24 s',
      'Linux 6.1.0-18-amd64, clang 14.0.6, bpftool 7.1.0',
      '127.0.0.1 ::1 0.0.0.0 root 12:34:56 2026-11-26T22:00:00',
      'sockmap_bypass.bpf.c:12:5: error: use of std::foo',
      '/sys/fs/cgroup/unified/system.slice/nginx.service',
      'https://github.com/libbpf/bpftool',
      'r1=ctx(off=0,imm=0) R10=fp0',
      'adage, web12 and rebuild-bots',
    ]) {
      assert.equal(mask(text), text);
    }
  });

  const name = fc
    .stringMatching(/^[a-z][a-z0-9]{3,10}$/)
    .filter((one) => !/^(?:host|user|addr|secret)/.test(one));
  const filler = fc.constantFrom(
    ' ',
    ': ',
    '\n',
    ' on ',
    ' (',
    ') ',
    ', ',
    ' "',
    '" ',
    ' = ',
    '; ',
    ' → ',
  );
  const ipv4 = fc.ipV4().filter((one) => one !== '127.0.0.1' && one !== '0.0.0.0');
  const ipv6 = fc.ipV6().filter((one) => one !== '::1' && one !== '::' && !one.includes('.'));
  const hex = fc.stringMatching(/^[0-9a-f]{2}$/);
  const mac = fc.array(hex, { minLength: 6, maxLength: 6 }).map((all) => all.join(':'));

  it('holds none of what it was given, whatever stands beside it', () => {
    const one = fc.oneof(ipv4, ipv6, mac);
    fc.assert(
      fc.property(
        name,
        name,
        fc.array(
          fc.tuple(
            fc.oneof(
              one,
              fc.constant('HOST'),
              fc.constant('USER'),
              fc.constant('BOTH'),
              fc.constant('HOME'),
            ),
            filler,
          ),
        ),
        (host, user, parts) => {
          fc.pre(host !== user && !/\b(?:on|home)\b/.test(`${host} ${user}`));
          const spelled = (part: string): string =>
            ({ HOST: host, USER: user, BOTH: `${user}@${host}`, HOME: `/home/${user}/x` })[part] ??
            part;
          const text = parts.map(([part, between]) => `${spelled(part)}${between}`).join('');
          const out = masked(text, { hosts: [host], users: [user] });
          for (const [part] of parts) {
            const secret = spelled(part);
            assert.ok(
              !new RegExp(`(?<![\\w:.])${secret.replaceAll('.', '\\.')}(?![\\w:])`).test(out),
              `${secret} in ${out}`,
            );
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('has one mask for one name, and another for another', () => {
    fc.assert(
      fc.property(fc.uniqueArray(ipv4, { minLength: 1, maxLength: 20 }), (all) => {
        const lines = [...all, ...all];
        const out = mask(lines.join('\n')).split('\n');
        const pairs = new Map(lines.map((line, index) => [line, out[index]]));
        assert.deepEqual(
          out,
          lines.map((line) => pairs.get(line)),
        );
        assert.equal(new Set(pairs.values()).size, all.length);
      }),
    );
  });

  it('comes to an end for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        mask(text);
      }),
    );
    for (const long of [
      'a'.repeat(1e5),
      ':'.repeat(1e5),
      'a@'.repeat(5e4),
      '1.'.repeat(5e4),
      '0:'.repeat(5e4),
      'password='.repeat(1e4),
      '-----BEGIN PRIVATE KEY-----'.repeat(3000),
    ]) {
      mask(long);
    }
  });
});
