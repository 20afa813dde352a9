import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { Host } from '../../src/host/host.ts';
import { scratchDirectory } from '../../src/host/guard.ts';
import { makeAccount, type TestAccount } from '../harness/accounts.ts';
import { run } from '../harness/run.ts';
import { endProcesses, processRef } from '../harness/processes.ts';
import { startSshd, type SshdOptions, type TestSshd } from '../harness/sshd.ts';
import { connections } from '../harness/host/masters.ts';
import { problemOf } from '../harness/host/problems.ts';
import { eventually } from '../harness/host/wait.ts';

const tried = 'try';

describe('ssh as people configure it', () => {
  let server: TestSshd;
  before(async () => {
    server = await startSshd();
  });
  after(() => server.stop());

  const echo = async (host: Host): Promise<void> => {
    const { stdout, stderr } = await host.run(['cat'], { tried, input: 'x' });
    assert.deepEqual([stdout, stderr], ['x', '']);
  };

  it('in ways that would leave our commands without input, output, session or words', async () => {
    const touched = path.join(server.directory, 'touched');
    server.addHost('odd', {
      lines: [
        'SessionType none',
        'StdinNull yes',
        'ForkAfterAuthentication yes',
        'RemoteCommand echo other',
        'RequestTTY force',
        'EscapeChar x',
        'LogLevel DEBUG3',
        'LogVerbose *',
        'VisualHostKey yes',
        'BatchMode no',
        'ControlMaster auto',
        `ControlPath ${server.directory}/theirs`,
        'ControlPersist yes',
        'PermitLocalCommand yes',
        `LocalCommand touch ${touched}`,
        'ExitOnForwardFailure yes',
        'RemoteForward 1 127.0.0.1:1',
        'Tunnel yes',
        'SetEnv LANG=nl_NL.UTF-8',
      ],
    });
    const host = new Host('odd', { ssh: { configFile: server.configFile } });
    const earlier = connections(server);
    for (let count = 0; count < 2; count++) await echo(host);
    await using directory = await scratchDirectory(host);
    assert.notEqual(directory.line, '');
    assert.equal(connections(server), earlier + 1);
    await directory[Symbol.asyncDispose]();
    const [file = '', ...args] = await host.terminal('echo here');
    assert.match(await run(file, args, { input: 'exit\n' }), /here/);
    await host.dispose();
    assert.ok(!fs.existsSync(touched) && !fs.existsSync(`${server.directory}/theirs`));
  });

  it('with a client that knows fewer options', async () => {
    const client = path.join(server.directory, 'old-ssh');
    const script = `#!/bin/sh
[ "$1" != -V ] || { echo 'OpenSSH_7.4p1, OpenSSL 1.0.2k-fips' >&2; exit 0; }
case "$*" in *SessionType*|*StdinNull*|*ForkAfter*|*LogVerbose*) echo 'Bad configuration option' >&2; exit 255 ;; esac
exec ssh "$@"
`;
    fs.writeFileSync(client, script, { mode: 0o755 });
    const ssh = { configFile: server.configFile, program: client };
    const host = new Host(server.alias, { ssh });
    await echo(host);
    await host.dispose();
  });

  it('to say nothing: errors have words all the same', async () => {
    server.addHost('quiet', { lines: ['LogLevel QUIET', 'IdentityFile none'] });
    const host = new Host('quiet', { ssh: { configFile: server.configFile } });
    server.addHost('gone', { lines: ['LogLevel QUIET', 'Port 1'] });
    const gone = new Host('gone', { ssh: { configFile: server.configFile } });
    const problem = await problemOf(gone.run(['true'], { tried }), 'unreachable');
    assert.match(problem.words, /refused/);
    await host.dispose();
    await gone.dispose();
  });

  it('with a way there that has no end: the limit and its setting are named', async () => {
    server.addHost('stuck', { lines: ['ProxyCommand sleep 60'] });
    const ssh = { configFile: server.configFile, connectSeconds: 1 };
    const host = new Host('stuck', { ssh });
    const problem = await problemOf(host.run(['true'], { tried }), 'unreachable');
    assert.match(problem.words, /no connection within 1 s|timed out/);
    assert.match(problem.hint ?? '', /sockmapBypass\.ssh\.connectTimeout/);
    await host.dispose();
  });
});

describe('a host that lets a connection run one command at a time', () => {
  let server: TestSshd;
  before(async () => {
    server = await startSshd({ serverLines: ['MaxSessions 1'] });
  });
  after(() => server.stop());

  it('gets a connection for each further one', async () => {
    const host = new Host(server.alias, { ssh: { configFile: server.configFile } });
    await using directory = await scratchDirectory(host);
    assert.equal(await host.check(['echo', directory.line], { tried }), `${directory.line}\n`);
    await directory[Symbol.asyncDispose]();
    await host.dispose();
  });

  it('is asked to change that, where a person has to answer for each', async () => {
    const ask = path.join(server.directory, 'ask');
    fs.writeFileSync(ask, '#!/bin/sh\necho secret\n', { mode: 0o755 });
    const args = ['-q', '-p', '-P', '', '-N', 'secret', '-f', server.identityFile];
    await run('ssh-keygen', args);
    const host = new Host(server.alias, { ssh: { configFile: server.configFile } });
    const [file = '', ...words] = await host.terminal();
    const env = { ...process.env, SSH_ASKPASS: ask, SSH_ASKPASS_REQUIRE: 'force' };
    const earlier = connections(server);
    const terminal = spawn(file, words, { stdio: ['pipe', 'ignore', 'ignore'], env });
    try {
      await eventually('it is open', () => connections(server) > earlier);
      await eventually('commands meet it', async () => {
        const problem = await problemOf(host.run(['true'], { tried }), 'authentication');
        return problem.next.includes('MaxSessions');
      });
    } finally {
      const ref = processRef(terminal.pid ?? 0);
      const ended = once(terminal, 'exit');
      if (ref !== undefined) await endProcesses([ref]);
      await ended;
      await host.dispose();
    }
  });
});

describe('an account that may not run commands', () => {
  let account: TestAccount;
  before(async () => {
    account = await makeAccount('none');
  });
  after(() => account.remove());

  async function problem(options: SshdOptions) {
    const server = await startSshd({ user: account.name, ...options });
    const host = new Host(server.alias, { ssh: { configFile: server.configFile } });
    try {
      return await problemOf(host.run(['true'], { tried }), 'authentication');
    } finally {
      await host.dispose();
      await server.stop();
    }
  }

  it('for its shell is nologin', async () => {
    await run('usermod', ['--shell', '/usr/sbin/nologin', account.name]);
    const { words, next } = await problem({});
    assert.match(words, /This account is currently not available\./);
    assert.match(next, /closed to logins/);
    await run('usermod', ['--shell', '/bin/bash', account.name]);
  });

  it('for its password has expired', async () => {
    await run('chage', ['-d', '0', account.name]);
    const { words, next } = await problem({ serverLines: ['UsePAM yes'] });
    assert.match(words, /[Pp]assword/);
    assert.match(next, /terminal/);
  });
});
