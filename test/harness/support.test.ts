import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeAccount, type TestAccount } from './accounts.ts';
import { makeCgroup } from './cgroup.ts';
import { commandLine, isAlive, processRef } from './processes.ts';
import { run } from './run.ts';
import { startSshd, type TestSshd } from './sshd.ts';

const ssh = (server: TestSshd, alias: string, command: string, input = ''): Promise<string> =>
  run('ssh', ['-F', server.configFile, '-o', 'BatchMode=yes', alias, command], { input });

describe('the tests own sshd', () => {
  let server: TestSshd;
  before(async () => {
    server = await startSshd();
  });
  after(() => server.stop());

  it('lets its key in and knows its host key', async () => {
    assert.equal(await ssh(server, server.alias, 'echo $((40 + 2))'), '42\n');
  });

  it('refuses a client that does not know its host key', async () => {
    server.addHost('stranger', { lines: ['UserKnownHostsFile /dev/null'] });
    await assert.rejects(ssh(server, 'stranger', 'true'), /Host key verification failed/);
  });

  it('takes its sessions along when it stops', async () => {
    const other = await startSshd({ alias: 'other' });
    const sleeper = spawn('ssh', ['-F', other.configFile, 'other', 'exec sleep 1000']);
    const ended = once(sleeper, 'exit');
    while (!other.sessions().some((pid) => isSleep(pid))) await delay(20);
    const refs = other.sessions().map((pid) => processRef(pid));
    await other.stop();
    await ended;
    assert.ok(refs.length > 0 && !refs.some((ref) => ref && isAlive(ref)));
    assert.ok(!fs.existsSync(other.directory));
  });
});

function isSleep(pid: number): boolean {
  return commandLine(pid)[0] === 'sleep';
}

describe('a cgroup of the tests', () => {
  it('is removed with what is below and inside', async () => {
    const group = makeCgroup();
    const below = group.child('below');
    const sleeper = spawn('sleep', ['1000']);
    const ended = once(sleeper, 'exit');
    fs.writeFileSync(`${below}/cgroup.procs`, String(sleeper.pid));
    assert.deepEqual(group.pids(), [sleeper.pid]);
    await group.remove();
    await ended;
    assert.ok(!fs.existsSync(group.path));
  });

  it('of a run that was killed goes with the next one; that of a live one stays', async () => {
    const own = makeCgroup('live');
    const module = path.join(import.meta.dirname, 'cgroup.ts');
    const script = `const { makeCgroup } = await import(${JSON.stringify(module)});
const group = makeCgroup('killed');
group.child('below');
console.log(group.path);
process.kill(process.pid, 'SIGKILL');`;
    const runs = [1, 2].map(() => async () => {
      const argv = ['--import', 'tsx', '--input-type=module', '-e', script];
      return (await run('sh', ['-c', '"$@"; :', 'sh', process.execPath, ...argv])).trim();
    });
    const paths: string[] = [];
    for (const each of runs) paths.push(await each());
    assert.deepEqual(
      paths.map((each) => fs.existsSync(each)),
      [false, true],
    );
    for (const left of [path.join(paths[1] ?? '', 'below'), paths[1] ?? '']) fs.rmdirSync(left);
    assert.ok(fs.existsSync(own.path));
    await own.remove();
  });
});

describe('what is undone at the end', () => {
  it('is so one after the other, the newest first, also when it is asked for twice', async () => {
    const module = path.join(import.meta.dirname, 'cleanup.ts');
    const script = `const { atEnd, endAll } = await import(${JSON.stringify(module)});
for (const [name, ms] of [['old', 0], ['new', 200]]) {
  atEnd(async () => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    console.log(name);
  });
}
await Promise.all([endAll(), endAll()]);
console.log('all');`;
    const argv = ['--import', 'tsx', '--input-type=module', '-e', script];
    assert.equal(await run(process.execPath, argv), 'new\nold\nall\n');
  });
});

describe('a run of several suites', () => {
  it('that is interrupted begins no other', async () => {
    const cleanup = path.join(import.meta.dirname, 'cleanup.ts');
    const command = path.resolve(import.meta.dirname, '../../scripts/test/command.ts');
    const script = `const { atEnd, runToEnd } = await import(${JSON.stringify(cleanup)});
const { runCommand } = await import(${JSON.stringify(command)});
await runToEnd(async () => {
  atEnd(() => new Promise((resolve) => setTimeout(resolve, 500)));
  for (const name of ['first', 'second'])
    await runCommand(['sh', '-c', 'echo ' + name + '; exec sleep 100'], { cwd: '/' });
});`;
    const argv = ['--import', 'tsx', '--input-type=module', '-e', script];
    const runner = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    runner.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    // Its output ends with the last of those that write to it.
    const closed = once(runner, 'close');
    await once(runner.stdout, 'data');
    runner.kill('SIGTERM');
    await closed;
    assert.equal(said, 'first\n');
  });
});

describe('a throw-away account', () => {
  let account: TestAccount;
  let server: TestSshd;
  before(async () => {
    account = await makeAccount('none');
    server = await startSshd({ user: account.name });
  });
  after(async () => {
    await server.stop();
    await account.remove();
  });

  it('logs in and has no privilege at first', async () => {
    assert.equal(await ssh(server, server.alias, 'id -un'), `${account.name}\n`);
    await assert.rejects(ssh(server, server.alias, 'sudo -n true'));
  });

  it('may use sudo with its password', async () => {
    await account.setSudo('password');
    const asRoot = "sudo -S -p '' id -u";
    await assert.rejects(ssh(server, server.alias, 'sudo -n true'), /password is required/);
    await assert.rejects(
      ssh(server, server.alias, asRoot, 'wrong\n'),
      /incorrect password|try again/,
    );
    assert.equal(await ssh(server, server.alias, asRoot, `${account.password}\n`), '0\n');
  });

  it('may use sudo without a password', async () => {
    await account.setSudo('nopasswd');
    assert.equal(await ssh(server, server.alias, 'sudo -n id -u'), '0\n');
  });

  it('leaves nothing behind', async () => {
    const gone = await makeAccount('nopasswd');
    await gone.remove();
    await assert.rejects(run('id', [gone.name]), /no such user/);
    assert.ok(!fs.existsSync(gone.home) && !fs.existsSync(`/etc/sudoers.d/${gone.name}`));
  });
});
