import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { inventoryOf, type RollOut } from '../../../src/bypass/inventory.ts';
import { missing } from '../../../src/host/ansible.ts';
import { HostError } from '../../../src/host/errors.ts';

const rollOut = (change: Partial<RollOut> = {}): RollOut => ({
  hosts: ['web1'],
  cgroups: ['system.slice/app.service'],
  reach: 'namespace',
  source: '/ext/bpf',
  cli: ['/usr/bin/node', '/ext/dist/cli.cjs'],
  results: '/tmp/results',
  profile: 'quick',
  ssh: {},
  ...change,
});

interface Read {
  readonly all: {
    readonly hosts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly vars: Readonly<Record<string, unknown>>;
  };
}
/** As PyYAML reads it. */
const read = (change: Partial<RollOut>): Read['all'] =>
  (parse(inventoryOf(rollOut(change)).text, { version: '1.1' }) as Read).all;

describe('the inventory of a roll-out', () => {
  it('reaches each host as ssh does, by a name that Ansible takes for no pattern', () => {
    const hosts = [
      'web1',
      'ann@web1',
      'ssh://bob%40corp@db.example:2222',
      'ssh://[fe80::1]:22',
      'local',
      'all',
      'web[1:3]',
      'ann@10.0.0.1',
      'web1',
    ];
    assert.deepEqual(read({ hosts }).hosts, {
      web1: { ansible_host: 'web1', bypass_ssh_host: 'web1' },
      web1_2: { ansible_host: 'web1', ansible_user: 'ann', bypass_ssh_host: 'ann@web1' },
      'db.example': {
        ansible_host: 'db.example',
        ansible_user: 'bob@corp',
        ansible_port: 2222,
        bypass_ssh_host: 'ssh://bob%40corp@db.example:2222',
      },
      fe80_1: { ansible_host: 'fe80::1', ansible_port: 22, bypass_ssh_host: hosts[3] },
      local: { ansible_connection: 'local', bypass_ssh_host: 'local' },
      host_all: { ansible_host: 'all', bypass_ssh_host: 'all' },
      web_1_3_: { ansible_host: 'web[1:3]', bypass_ssh_host: 'web[1:3]' },
      '10.0.0.1': { ansible_host: '10.0.0.1', ansible_user: 'ann', bypass_ssh_host: hosts[7] },
    });
    assert.equal(inventoryOf(rollOut({ hosts })).names.get('web1_2'), 'ann@web1');
  });

  it('hands on what it is told, whatever YAML or a shell would make of it', () => {
    const { vars, hosts } = read({
      hosts: ['no', '1e3'],
      cgroups: ['on', 'a.slice/user@1000.service'],
      ssh: { configFile: "/home/ann's files/config: #1", program: '/opt/my ssh/ssh' },
      source: '- yes',
      plan: '*x &y !z |',
    });
    assert.deepEqual(Object.keys(hosts), ['no', '1e3']);
    assert.deepEqual(vars['bypass_cgroups'], ['on', 'a.slice/user@1000.service']);
    assert.equal(vars['bypass_source'], '- yes');
    assert.equal(vars['bypass_plan'], '*x &y !z |');
    assert.equal(vars['ansible_ssh_executable'], '/opt/my ssh/ssh');
    assert.equal(vars['ansible_ssh_common_args'], `-F '/home/ann'\\''s files/config: #1'`);
    assert.deepEqual(vars['bypass_ssh_options'], [
      '--ssh-config',
      "/home/ann's files/config: #1",
      '--ssh',
      '/opt/my ssh/ssh',
    ]);
  });

  it('refuses what Ansible, ssh or the role would take for something else', () => {
    for (const change of [
      { hosts: ['-oProxyCommand=id'] },
      { hosts: ['web1;id'] },
      { hosts: ['{{ lookup("pipe", "id") }}'] },
      { hosts: ['a\nb'] },
      { hosts: ['ann@'] },
      { cgroups: ['../other'] },
      { cgroups: ['a b'] },
      { cgroups: ['/sys/fs/cgroup'] },
      { cgroups: ['-x'] },
      { cgroups: ["{{ lookup('pipe', 'id') }}"] },
      { source: '/a/{{ x }}' },
      { results: '/a/{% if x %}' },
      { plan: '/a/{# x #}' },
      { ssh: { configFile: '/a/{{ x }}' } },
      { cli: ['/a\u0000b'] },
    ])
      assert.throws(() => inventoryOf(rollOut(change)), HostError, JSON.stringify(change));
  });
});

describe('where Ansible is missing', () => {
  const said = (platform: NodeJS.Platform, release = '') => missing(platform, release).problem;

  it('says how to get it there', () => {
    const debian = said('linux', 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\n');
    assert.match(debian.next, /apt-get install -y ansible-core$/);
    assert.match(debian.remedy ?? '', /^sudo sh -c 'apt-get update && apt-get install/);
    assert.match(said('linux', 'ID=nixos\n').next, /pipx install ansible-core/);
    assert.match(said('darwin').next, /brew install ansible/);
    assert.match(said('win32').next, /WSL/);
    assert.equal(said('linux').remedy, undefined);
  });
});
