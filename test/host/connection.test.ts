import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { Host } from '../../src/host/host.ts';
import { run } from '../harness/run.ts';
import { endProcesses, isAlive, processRef } from '../harness/processes.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { assertAllEnd, clients, newMark, untilSleeping } from '../harness/host/marks.ts';
import { connections, masters, sshClients } from '../harness/host/masters.ts';
import { problemOf } from '../harness/host/problems.ts';
import { eventually } from '../harness/host/wait.ts';

const tried = 'try';

describe('the connection to a host', () => {
  let server: TestSshd;
  let host: Host;
  beforeEach(async () => {
    server = await startSshd();
    host = new Host(server.alias, { ssh: { configFile: server.configFile } });
  });
  afterEach(async () => {
    await host.dispose();
    await server.stop();
  });

  const echo = async (word: string): Promise<void> => {
    assert.equal((await host.run(['echo', word], { tried })).stdout, `${word}\n`);
  };
  /** Kills what holds the connection, as a crash would. */
  const killMaster = async (): Promise<void> => {
    const [master, ...others] = masters(server);
    assert.ok(master !== undefined && others.length === 0);
    await endProcesses([master], { first: 'SIGKILL' });
  };

  it('is one for all commands', async () => {
    await Promise.all(['a', 'b', 'c'].map(echo));
    for (const word of ['d', 'e']) await echo(word);
    assert.equal(connections(server), 1);
    assert.equal(masters(server).length, 1);
  });

  it('is opened anew after its master was killed, and shared again', async () => {
    await echo('before');
    await killMaster();
    await eventually('commands run again', () =>
      echo('after').then(
        () => true,
        () => false,
      ),
    );
    // A command that met the dying master may have connected by itself; the next shares a new one.
    await echo('settled');
    const opened = connections(server);
    assert.ok(opened === 2 || opened === 3, String(opened));
    for (const word of ['one', 'two', 'three']) await echo(word);
    await Promise.all(['four', 'five'].map(echo));
    assert.equal(connections(server), opened);
  });

  it('lost while a transaction runs is an error, and the transaction ends by itself', async () => {
    const directory = temporaryDirectory();
    const at = (name: string) => path.join(directory.path, name);
    const [begun, go, done] = [at('begun'), at('go'), at('done')];
    const script = 'touch "$1"; until [ -e "$2" ]; do sleep 0.05; done; touch "$3"';
    const argv = ['sh', '-c', script, 'sh', begun, go, done];
    const failed = problemOf(host.transact(argv, { tried: 'change it' }), 'connection-lost');
    await eventually('it runs', () => fs.existsSync(begun));
    await killMaster();
    assert.match((await failed).next, /^It ends by itself on the host/);
    fs.writeFileSync(go, '');
    await eventually('it is done', () => fs.existsSync(done));
    await directory.remove();
  });

  it('lost while a command runs is an error, and the command ends on the host', async () => {
    for (const lose of ['master', 'client', 'server'] as const) {
      const mark = newMark();
      const failed = problemOf(
        host.run(['sh', '-c', `sleep ${mark} & sleep ${mark}`], { tried: 'sleep' }),
        'connection-lost',
      );
      await untilSleeping(mark, 2);
      if (lose === 'master') await killMaster();
      else if (lose === 'client') await endProcesses(clients(mark), { first: 'SIGKILL' });
      else {
        // The process of sshd that serves the connection; the commands are below it.
        const refs = server.sessions().map((pid) => processRef(pid));
        const [serving] = refs;
        assert.ok(serving !== undefined);
        await endProcesses([serving], { first: 'SIGKILL' });
      }
      const problem = await failed;
      assert.deepEqual([problem.tried, problem.where], ['sleep', server.alias]);
      assert.notEqual(problem.next, '');
      await assertAllEnd(mark);
      await eventually('commands run again', () =>
        echo(lose).then(
          () => true,
          () => false,
        ),
      );
    }
  });

  it('is closed by dispose, which leaves no process and no file', async () => {
    await echo('x');
    const [master] = masters(server);
    assert.ok(master !== undefined);
    const words = fs.readFileSync(`/proc/${master.pid}/cmdline`, 'utf8').split('\0');
    const socket = words[words.indexOf('-S') + 1] ?? '';
    assert.ok(fs.statSync(socket).isSocket());
    assert.equal(fs.statSync(path.dirname(socket)).mode & 0o777, 0o700);
    await host.dispose();
    assert.deepEqual(sshClients(server), []);
    assert.ok(!fs.existsSync(socket));
    await eventually('sshd serves nobody', () => server.sessions().length === 0);
    await echo('a host can be used again');
  });

  it('goes with the program that opened it, however that ends', async () => {
    const script = path.join(import.meta.dirname, '../harness/host/client.ts');
    const job = { alias: server.alias, configFile: server.configFile, action: 'connect' };
    const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(job)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    assert.equal(masters(server).length, 1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await eventually('its ssh has ended', () => sshClients(server).length === 0);
    await eventually('sshd serves nobody', () => server.sessions().length === 0);
  });

  it('waited for by two is not cancelled for both', async () => {
    // The way there takes until one of them is cancelled.
    const directory = temporaryDirectory();
    const [begun, go] = [path.join(directory.path, 'begun'), path.join(directory.path, 'go')];
    const slow = `touch ${begun}; until [ -e ${go} ]; do sleep 0.05; done; exec ssh -F ${server.configFile} -W 127.0.0.1:${server.port} ${server.alias}`;
    server.addHost('slow', { lines: [`ProxyCommand sh -c "${slow}"`] });
    const other = new Host('slow', { ssh: { configFile: server.configFile } });
    const controller = new AbortController();
    const one = other.run(['echo', 'one'], { tried, signal: controller.signal });
    const two = other.run(['echo', 'two'], { tried });
    const failed = problemOf(one, 'cancelled');
    await eventually('it is on its way', () => fs.existsSync(begun));
    controller.abort();
    await failed;
    fs.writeFileSync(go, '');
    assert.equal((await two).stdout, 'two\n');
    await other.dispose();
    await directory.remove();
  });

  it('a login shell that greets does not disturb', async () => {
    const other = await startSshd({
      // Output of an account's shell start-up file.
      serverLines: [`ForceCommand echo Welcome; eval "$SSH_ORIGINAL_COMMAND"`],
    });
    const greeted = new Host(other.alias, { ssh: { configFile: other.configFile } });
    await greeted.connect();
    assert.equal(connections(other), 1);
    await greeted.dispose();
    await other.stop();
  });
});

describe('a connection that a terminal opened', () => {
  let server: TestSshd;
  let host: Host;
  let files: TemporaryDirectory;
  let terminal: ChildProcess | undefined;
  beforeEach(async () => {
    server = await startSshd();
    files = temporaryDirectory({ ask: '#!/bin/sh\necho secret\n' });
    fs.chmodSync(path.join(files.path, 'ask'), 0o755);
    // A key that ssh has to ask about, as it does about a password.
    const args = ['-q', '-p', '-P', '', '-N', 'secret', '-f', server.identityFile];
    await run('ssh-keygen', args);
    host = new Host(server.alias, { ssh: { configFile: server.configFile } });
  });
  afterEach(async () => {
    const ref = terminal?.pid === undefined ? undefined : processRef(terminal.pid);
    if (ref !== undefined && isAlive(ref)) await endProcesses([ref]);
    await host.dispose();
    await server.stop();
    await files.remove();
  });

  /** The person's terminal, in which ssh asks. */
  async function open(command?: string): Promise<ChildProcess> {
    const [file = '', ...args] = await host.terminal(command);
    terminal = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        SSH_ASKPASS: path.join(files.path, 'ask'),
        SSH_ASKPASS_REQUIRE: 'force',
      },
    });
    return terminal;
  }

  const echo = () => host.run(['echo', 'x'], { tried }).then(({ stdout }) => stdout);

  it('serves the commands as long as it is open', async () => {
    const problem = await problemOf(echo(), 'authentication');
    assert.match(problem.next, /terminal/);
    const child = await open();
    await eventually('commands share it', () => echo().catch(() => undefined));
    for (let count = 0; count < 3; count++) assert.equal(await echo(), 'x\n');
    assert.equal(connections(server), 1);

    child.stdin?.end('exit\n');
    await once(child, 'exit');
    await problemOf(echo(), 'authentication');
    assert.equal(connections(server), 1);
  });

  it('survives the host being disposed of: it is the person’s', async () => {
    const child = await open();
    await eventually('commands share it', () => echo().catch(() => undefined));
    await host.dispose();
    assert.equal(child.exitCode, null);
    child.stdin?.end('echo still here; exit 4\n');
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 4);
    assert.match(said, /still here/);
  });

  it('shows a command, runs it, and stays a shell', async () => {
    const child = await open(`printf '<%s>\\n' "it's" '$HOME'`);
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stdin?.end('echo then; exit 5\n');
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 5);
    assert.match(said, /\$ printf '<%s>\\n' "it's" '\$HOME'/);
    assert.match(said, /<it's>\r?\n<\$HOME>\r?\nthen/);
  });
});

describe('a terminal on this machine', () => {
  it('shows a command, runs it, and stays a shell', async () => {
    const host = new Host('local');
    const [file = '', ...args] = await host.terminal('echo "$((40 + 2))"; false');
    const env = { ...process.env, SHELL: '/bin/sh' };
    const said = await run(file, args, { input: 'echo then\n', env });
    assert.match(said, /\$ echo "\$\(\(40 \+ 2\)\)"; false.*\n42\nthen\n/);
    assert.match(
      await run('sh', ['-c', '"$@"', 'sh', ...(await host.terminal())], { env, input: 'echo x\n' }),
      /x/,
    );
  });
});
