import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execaSync } from 'execa';
import { HostError } from '../../../src/host/errors.ts';
import { FAULTS } from '../../../src/bypass/faults.ts';
import { keptFiles } from '../../../src/bypass/keep.ts';
import { parseListened } from '../../../src/bypass/socketUnits.ts';
import { parseStatus } from '../../../src/bypass/status.ts';
import { statusReport } from '../../../src/bypass/statusReport.ts';
import { withFunctions } from '../../../src/host/hostScript.ts';

const PACKAGE = path.join(import.meta.dirname, '../../../package.json');

const say = (name: string): string => execaSync('sh', ['-c', withFunctions(name)]).stdout;

describe('what a host keeps loaded', () => {
  it('is of the version that this is', () => {
    const { version } = JSON.parse(fs.readFileSync(PACKAGE, 'utf8')) as { version: string };
    assert.equal(say('ctl_version'), version);
  });

  it('is probed for the faults by which programs stall', () => {
    const grave = FAULTS.filter(({ grave }) => grave);
    const probes = grave.flatMap(({ shown }) => shown.map(({ probe }) => probe));
    assert.deepEqual(say('kept_probes').split(' ').sort(), probes.sort());
  });

  it('is built as it was loaded, or refused: the host has one directory, and no flags', () => {
    const tools = { command: Buffer.from('command'), probe: Buffer.from('probe') };
    const source = {
      entry: 'a.bpf.c',
      files: new Map([['a.bpf.c', Buffer.from('int a;\n')]]),
      defines: { SIZE: 4 },
    };
    const keep = (more: object) =>
      keptFiles({ name: 'web1' }, { ...source, ...more }, { maxSockets: 9 }, tools, 'setup');
    assert.equal(
      Buffer.from(keep({}).get('src/a.bpf.c') ?? []).toString(),
      '#define MAX_SOCKETS 9\n#define SIZE 4\nint a;\n',
    );
    for (const more of [{ include: ['x'] }, { flags: ['-DX'] }, { preincluded: ['x.h'] }]) {
      assert.throws(
        () => keep(more),
        (error) => error instanceof HostError && error.problem.kind === 'input',
      );
    }
  });

  it('is on where a bypass is on its unit or cgroup', () => {
    const bypass = (cgroup: string) => `attached|guarded|||||9||0|||||||||\n${cgroup}`;
    const lines = [
      bypass('/m/a.slice/shop.service'),
      bypass('/m/x y'),
      '=a|0.1.0|guarded|host|ready|',
      '+unit shop.service',
      '=b|0.1.0|guarded|host|ready|',
      '+unit op.service',
      '=c|0.1.0|guarded|host|ready|',
      '+cgroup /m/x y',
      '=d|0.1.0|guarded|host|stopped|',
      '+unit shop.service',
    ];
    const script = withFunctions('awk -F "|" -v host=h "$(awk_loaded)$(awk_json)"');
    const { stdout } = execaSync('sh', ['-c', script], { input: lines.join('\n') });
    const { kept = [] } = parseStatus(stdout);
    assert.deepEqual(
      kept.map(({ name, state }) => [name, state]),
      [
        ['a', 'on'],
        ['b', 'ready'],
        ['c', 'on'],
        ['d', 'stopped'],
      ],
    );
  });

  it('has services for which systemd listens', () => {
    const shown = [
      ['TriggeredBy=podman.socket', 'Id=podman.service'],
      ['Id=app.service', 'TriggeredBy='],
      ['Id=ssh@1.service', 'TriggeredBy=a.timer ssh.socket x$(y).socket ssh-unix-local.socket'],
    ];
    assert.deepEqual(parseListened(`${shown.map((unit) => unit.join('\n')).join('\n\n')}\n`), [
      { service: 'podman.service', sockets: ['podman.socket'] },
      { service: 'ssh@1.service', sockets: ['ssh.socket', 'ssh-unix-local.socket'] },
    ]);
  });

  it('is in the status, and in words for people', () => {
    const kept = [
      {
        name: 'shop',
        units: ['shop.service'],
        cgroups: ['/g/x\ny'],
        policy: 'guarded',
        reach: 'host',
        state: 'refused',
        why: 'it does not compile',
        version: '0.1.0',
      },
    ];
    const text = JSON.stringify({ host: 'h', attachments: [], namesakes: [], kept });
    const status = { host: 'h', ...parseStatus(text) };
    assert.deepEqual(status.kept, kept);
    const report = statusReport(status);
    assert.match(report, /^kept across reboots as shop, by version 0\.1\.0$/m);
    assert.match(report, /^ {2}on +shop\.service$/m);
    assert.match(report, /^ {2}state +not loaded: it does not compile$/m);
    assert.doesNotMatch(report, /^y/m);
    const without = JSON.stringify({ host: 'h', attachments: [], namesakes: [] });
    assert.ok(!('kept' in parseStatus(without)), 'as an older command tells it');
  });
});
