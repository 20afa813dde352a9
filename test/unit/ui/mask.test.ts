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
    ['home directories', '/home/eve/.ssh/config and eve', '/home/user-1/.ssh/config and user-1'],
    ['those of others', '/Users/Eve/x C:\\Users\\eve\\y', '/Users/user-1/x C:\\Users\\user-1\\y'],
    ['one with a blank', 'C:\\Users\\Eve Doe\\.ssh\\id_rsa', 'C:\\Users\\user-1\\key-1'],
    [
      'files of keys',
      "-i /srv/eve.pem; identity file /etc/eve_rsa type 0; key '/home/eve/.ssh/prod'",
      "-i /key-1; identity file /key-2 type 0; key '/home/user-1/key-3'",
    ],
    ['a password with @ and /', 'https://eve:p@s/s@box/x', 'https://user-1:secret-1@host-1/x'],
    [
      'a password without a host',
      'pg://eve:pw@/db redis://:pw@box',
      'pg://user-1:secret-1@/db redis://:secret-1@host-1',
    ],
    [
      'variables and options',
      'GITHUB_TOKEN=a1 PGPASSWORD=b2 --password c3 client_secret => d4 curl -u eve:e5',
      'GITHUB_TOKEN=secret-1 PGPASSWORD=secret-2 --password secret-3 client_secret => secret-4 curl -u user-1:secret-5',
    ],
    ['secrets in quotes', '"password": "my own" x', '"password": "secret-1" x'],
    [
      'tokens',
      `ghp_${'a1'.repeat(18)} AKIA${'B2'.repeat(8)} eyJhbGciOiJIUzI1NiJ9.eyJz.x`,
      'secret-1 secret-2 secret-3',
    ],
    [
      'words of ssh',
      "connect to host box port 22; resolve hostname box.lan: no; added 'box,10.0.0.3'",
      "connect to host host-1 port 22; resolve hostname host-2: no; added 'host-1,addr-1'",
    ],
    [
      'words of sudo',
      'Sorry, user eve may not run sudo on box. password for eve: user eve is not in the sudoers file',
      'Sorry, user user-1 may not run sudo on host-1. password for user-1: user user-1 is not in the sudoers file',
    ],
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
      'bypass: guarded, bypass-classic: 5; expected token, user is not root; /x/secretbox: no such file',
      'the host key, /home directory, map->key, e.key = 3, user@',
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
      'http://:'.repeat(2e4),
      '-u a:'.repeat(2e4),
      '/a.'.repeat(5e4),
      'a/'.repeat(5e4),
      'token_'.repeat(2e4),
      '-----BEGIN PRIVATE KEY-----'.repeat(3000),
    ]) {
      mask(long);
    }
  });
});
