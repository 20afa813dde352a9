import assert from 'node:assert/strict';
import fs from 'node:fs';
import { text } from 'node:stream/consumers';
import { collectFacts } from '../../src/host/facts.ts';
import { Host, type HostOptions } from '../../src/host/host.ts';
import { guard } from '../../src/host/guard.ts';
import { makeAccount, type TestAccount } from '../harness/accounts.ts';
import { commandLine } from '../harness/processes.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { assertAllEnd, newMark, sleepers, untilSleeping } from '../harness/host/marks.ts';
import { problemOf } from '../harness/host/problems.ts';
import { eventually } from '../harness/host/wait.ts';

const tried = 'try';

describe('the privileges of an account', () => {
  let account: TestAccount;
  let server: TestSshd;
  let log: string[];
  let host: Host;
  before(async () => {
    account = await makeAccount('none');
    server = await startSshd({ user: account.name });
  });
  after(async () => {
    await server.stop();
    await account.remove();
  });
  beforeEach(() => {
    log = [];
  });
  afterEach(() => host.dispose());

  function connect(askPassword?: HostOptions['askPassword']): Host {
    host = new Host(server.alias, {
      ssh: { configFile: server.configFile },
      log: (line) => log.push(line),
      ...(askPassword && { askPassword }),
    });
    return host;
  }
  /** Gives these answers one after the other, and says which questions were asked. */
  function answering(...answers: (string | undefined)[]) {
    const asked: [host: string, retry: boolean][] = [];
    const connected = connect((name, retry) => {
      asked.push([name, retry]);
      return Promise.resolve(answers.shift());
    });
    return { host: connected, asked };
  }
  const whoAmI = async (): Promise<string> =>
    (await host.run(['id', '-un'], { tried, root: true })).stdout.trim();

  it('without root are those of the account', async () => {
    connect();
    const { stdout } = await host.run(['id', '-un'], { tried });
    assert.equal(stdout.trim(), account.name);
    assert.throws(() => host.spawn(['true'], { tried, root: true }), /Call becomeRoot first/);
  });

  it('without any right to use sudo: a clear no', async () => {
    await account.setSudo('none');
    const { host, asked } = answering(account.password);
    const problem = await problemOf(host.becomeRoot(), 'privilege');
    assert.match(problem.words, /not in the sudoers file|not allowed/);
    assert.match(problem.next, /administrator/);
    assert.equal(asked.length, 1);
    await problemOf(host.run(['true'], { tried, root: true }), 'privilege');
  });

  describe('sudo without a password', () => {
    before(() => account.setSudo('nopasswd'));

    it('asks nobody', async () => {
      const { host, asked } = answering();
      assert.equal(await host.privilege(), 'sudo');
      await host.becomeRoot();
      assert.equal(await whoAmI(), 'root');
      assert.deepEqual(asked, []);
    });

    it('ends a command of root’s that is cancelled, with its children', async () => {
      const mark = newMark();
      connect();
      await host.becomeRoot();
      const controller = new AbortController();
      const script = `sleep ${mark} & sleep ${mark}`;
      const options = { tried, root: true, signal: controller.signal };
      const failed = problemOf(host.run(['sh', '-c', script], options), 'cancelled');
      await untilSleeping(mark, 2);
      for (const { pid } of sleepers(mark)) assert.equal(fs.statSync(`/proc/${pid}`).uid, 0);
      controller.abort();
      await failed;
      await assertAllEnd(mark);
    });

    it('feeds a command of root’s', async () => {
      connect();
      await host.becomeRoot();
      const fed = await host.run(['cat'], { tried, root: true, input: 'a\nb' });
      assert.equal(fed.stdout, 'a\nb');
    });
  });

  describe('sudo with a password', () => {
    before(() => account.setSudo('password'));

    it('asks once, for all commands', async () => {
      const { host, asked } = answering(account.password);
      assert.equal(await host.privilege(), 'sudo-password');
      await host.becomeRoot();
      await host.becomeRoot();
      for (let count = 0; count < 3; count++) assert.equal(await whoAmI(), 'root');
      assert.deepEqual(asked, [[server.alias, false]]);
    });

    it('asks once for two that want it together', async () => {
      const { host, asked } = answering(account.password, account.password);
      await Promise.all([host.becomeRoot(), host.becomeRoot()]);
      assert.equal(asked.length, 1);
    });

    it('asks again after a wrong one', async () => {
      const { host, asked } = answering('wrong', account.password);
      await host.becomeRoot();
      assert.equal(await whoAmI(), 'root');
      assert.deepEqual(asked, [
        [server.alias, false],
        [server.alias, true],
      ]);
    });

    it('asks again when the password changes meanwhile, and runs the command then', async () => {
      const { host, asked } = answering(account.password, 'another');
      await host.becomeRoot();
      try {
        await account.setPassword('another');
        assert.equal(await whoAmI(), 'root');
        assert.equal(await whoAmI(), 'root');
        assert.equal(asked.length, 2);
      } finally {
        await account.setPassword(account.password);
      }
    });

    it('that changes meanwhile is an error where nobody answers', async () => {
      const { host } = answering(account.password, undefined);
      await host.becomeRoot();
      try {
        await account.setPassword('another');
        await problemOf(whoAmI(), 'privilege');
      } finally {
        await account.setPassword(account.password);
      }
    });

    it('gives up after three', async () => {
      const { host, asked } = answering('wrong', '', "it's $(id)", account.password);
      const problem = await problemOf(host.becomeRoot(), 'privilege');
      assert.equal(problem.words, '3 incorrect passwords');
      assert.equal(asked.length, 3);
      await problemOf(host.run(['true'], { tried, root: true }), 'privilege');
    });

    it('takes no for an answer', async () => {
      const { host, asked } = answering(undefined, account.password);
      await problemOf(host.becomeRoot(), 'privilege');
      assert.equal(asked.length, 1);
      // A later command may ask again.
      await host.becomeRoot();
      assert.equal(asked.length, 2);
    });

    it('cannot ask where nobody can be asked', async () => {
      connect();
      await problemOf(host.becomeRoot(), 'privilege');
    });

    it('gives the command its input without the password', async () => {
      const { host } = answering(account.password);
      await host.becomeRoot();
      const fed = await host.run(['cat'], { tried, root: true, input: 'a\n\0b' });
      assert.equal(fed.stdout, 'a\n\0b');
      assert.equal((await host.run(['cat'], { tried, root: true })).stdout, '');
      assert.equal((await host.transact(['cat'], { tried, root: true })).stdout, '');
      const child = host.spawn(['cat'], { tried, root: true });
      child.stdin.end('spoken');
      assert.equal(await text(child.stdout), 'spoken');
    });

    it('gives the command its input without the password also where sudo remembers it', async () => {
      await account.setSudo('password');
      const { host } = answering(account.password);
      await host.becomeRoot();
      const remember = ['sudo', '-S', '-p', '', '-v'];
      await host.run(remember, { tried, input: `${account.password}\n` });
      const fed = await host.run(['cat'], { tried, root: true, input: 'only this' });
      assert.equal(fed.stdout, 'only this');
    });

    it('never shows the password: not to other users of the host, not in the log', async () => {
      const { host } = answering(account.password);
      await host.becomeRoot();
      const mark = newMark();
      const controller = new AbortController();
      const options = { tried, root: true, signal: controller.signal };
      const failed = problemOf(host.run(['sleep', mark], options), 'cancelled');
      await using guarded = await guard(
        host,
        { setup: 'echo up', undo: ':', args: [mark] },
        { tried, root: true },
      );
      assert.equal(guarded.line, 'up');
      await untilSleeping(mark);
      const seen = fs
        .readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .flatMap((pid) => [commandLine(Number(pid)).join(' '), environmentOf(pid)]);
      assert.ok(seen.some((text) => text.includes(mark)));
      assert.ok(!seen.some((text) => text.includes(account.password)));
      controller.abort();
      await failed;
      await assertAllEndBut(mark, 'a guard is still up');
      await guarded[Symbol.asyncDispose]();
      await assertAllEnd(mark);
      assert.ok(log.length > 0);
      assert.ok(!log.some((text) => text.includes(account.password)));
    });

    it('is forgotten with the host', async () => {
      const { host, asked } = answering(account.password, account.password);
      await host.becomeRoot();
      await host.dispose();
      await host.becomeRoot();
      assert.equal(asked.length, 2);
    });

    it('can be cancelled', async () => {
      const controller = new AbortController();
      connect(() => {
        controller.abort();
        return Promise.resolve(account.password);
      });
      await problemOf(host.becomeRoot(controller.signal), 'cancelled');
      await problemOf(host.run(['true'], { tried, root: true }), 'privilege');
    });
  });

  describe('sudo that changes meanwhile', () => {
    it('and wants a password now: it is asked for, and the command runs once', async () => {
      await account.setSudo('nopasswd');
      const { host, asked } = answering(account.password);
      await host.becomeRoot();
      await account.setSudo('password');
      const count = `${account.home}/count`;
      await host.transact(['sh', '-c', `echo x >>${count}`], { tried, root: true });
      assert.equal(asked.length, 1);
      assert.equal(fs.readFileSync(count, 'utf8'), 'x\n');
      fs.rmSync(count);
    });

    it('and wants a password now for what is held on the host', async () => {
      await account.setSudo('nopasswd');
      const { host, asked } = answering(account.password);
      await host.becomeRoot();
      await account.setSudo('password');
      await using held = await guard(
        host,
        { setup: 'echo "$(id -u)"', undo: ':' },
        { tried, root: true },
      );
      assert.equal(held.line, '0');
      assert.equal(asked.length, 1);
    });

    it('because its ticket expires', async () => {
      await account.setSudo(['Defaults:NAME timestamp_type=global', 'NAME ALL=(ALL:ALL) ALL']);
      const { host, asked } = answering(account.password);
      const remember = ['sudo', '-S', '-p', '', '-v'];
      await host.run(remember, { tried, input: `${account.password}\n` });
      await host.becomeRoot();
      assert.equal(await whoAmI(), 'root');
      assert.deepEqual(asked, []);
      await host.run(['sudo', '-K'], { tried });
      assert.equal(await whoAmI(), 'root');
      assert.equal(asked.length, 1);
    });

    it('and wants none any more: the command gets its input without the password', async () => {
      await account.setSudo('password');
      const { host, asked } = answering(account.password);
      await host.becomeRoot();
      await account.setSudo('nopasswd');
      const fed = await host.run(['cat'], { tried, root: true, input: 'only this' });
      assert.equal(fed.stdout, 'only this');
      assert.equal(asked.length, 1);
    });

    it('and is taken away: sudo’s words', async () => {
      for (const before of ['nopasswd', 'password'] as const) {
        await account.setSudo(before);
        const { host } = answering(account.password, account.password);
        await host.becomeRoot();
        await account.setSudo('none');
        const problem = await problemOf(whoAmI(), 'privilege');
        assert.match(problem.words, /not in the sudoers file|not allowed/);
        await host.dispose();
      }
    });
  });

  /** Set-ups in which sudo works, but not for what we run, with what it says of it. */
  const LESS: readonly [name: string, rules: readonly string[], words: RegExp, asks: number][] = [
    ['all but sh', ['NAME ALL=(ALL:ALL) NOPASSWD: ALL, !/bin/sh, !/usr/bin/sh'], /not allowed/, 0],
    [
      'all but sh, with a password',
      ['NAME ALL=(ALL:ALL) ALL, !/bin/sh, !/usr/bin/sh'],
      /not allowed to execute/,
      1,
    ],
    ['a list of commands', ['NAME ALL=(root) NOPASSWD: /usr/bin/true, /usr/sbin/bpftool'], /./, 0],
    ['no programs of a program', ['NAME ALL=(ALL:ALL) NOPASSWD: NOEXEC: ALL'], /may start no/, 0],
    [
      'only with a terminal',
      ['Defaults:NAME requiretty', 'NAME ALL=(ALL:ALL) NOPASSWD: ALL'],
      /must have a tty/,
      1,
    ],
    ['another user’s commands', ['NAME ALL=(nobody) NOPASSWD: ALL'], /\(nobody\) NOPASSWD: ALL/, 0],
  ];
  for (const [name, rules, words, asks] of LESS) {
    it(`sudo that allows ${name} is refused, in its words`, async () => {
      await account.setSudo(rules);
      const { host, asked } = answering(account.password, account.password);
      const problem = await problemOf(host.becomeRoot(), 'privilege');
      assert.match(problem.words, words);
      assert.match(problem.next, /administrator of the host let you run sh as root/);
      assert.ok(asked.length <= asks, `${asked.length} questions`);
    });
  }

  it('sudo whose commands run as somebody else by default runs ours as root', async () => {
    await account.setSudo([
      'Defaults:NAME runas_default=nobody',
      'NAME ALL=(ALL:ALL) NOPASSWD: ALL',
    ]);
    const { host } = answering();
    await host.becomeRoot();
    assert.equal(await whoAmI(), 'root');
  });

  it('sudo that lectures, and asks in words of its own, is answered', async () => {
    await account.setSudo([
      'Defaults:NAME lecture=always',
      'Defaults:NAME passprompt="Wachtwoord: "',
      'Defaults:NAME !passprompt_override',
      'NAME ALL=(ALL:ALL) ALL',
    ]);
    const { host, asked } = answering('wrong', account.password);
    await host.becomeRoot();
    const { stdout, stderr } = await host.run(['sh', '-c', 'echo out; echo err >&2'], {
      tried,
      root: true,
    });
    assert.deepEqual([stdout, stderr, asked.length], ['out\n', 'err\n', 2]);
  });

  it('sudo that wants the password of somebody else says whose', async () => {
    const other = await makeAccount('none');
    try {
      await account.setSudo([
        'Defaults:NAME runaspw',
        `Defaults:NAME runas_default=${other.name}`,
        'NAME ALL=(ALL:ALL) ALL',
      ]);
      const asked: (string | undefined)[] = [];
      connect((_host, _retry, whose) => {
        asked.push(whose);
        return Promise.resolve('wrong');
      });
      await problemOf(host.becomeRoot(), 'privilege');
      assert.deepEqual(asked, [undefined, other.name, other.name]);
    } finally {
      await other.remove();
    }
  });

  it('a command’s own exit code 1 is no refusal of sudo', async () => {
    await account.setSudo('nopasswd');
    const { host, asked } = answering();
    await host.becomeRoot();
    const { exitCode, stderr } = await host.run(
      ['sh', '-c', 'echo "sudo: a password is required" >&2; exit 1'],
      { tried, root: true },
    );
    assert.deepEqual([exitCode, stderr], [1, 'sudo: a password is required\n']);
    assert.deepEqual(asked, []);
  });

  it('facts that end early are an error, not facts', async () => {
    connect();
    // As where the memory runs out.
    const bin = `${account.home}/bin`;
    fs.mkdirSync(bin);
    fs.writeFileSync(`${bin}/uname`, '#!/bin/sh\nkill -9 $PPID\n', { mode: 0o755 });
    const hostile = new Host('local');
    const path = process.env['PATH'];
    try {
      process.env['PATH'] = `${bin}:${path ?? ''}`;
      const problem = await problemOf(collectFacts(hostile, { root: false }), 'command');
      assert.match(problem.words, /ended early/);
    } finally {
      process.env['PATH'] = path;
      fs.rmSync(bin, { recursive: true });
    }
  });
});

function environmentOf(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

async function assertAllEndBut(mark: string, what: string): Promise<void> {
  await eventually(what, () => sleepers(mark).length === 0);
}
