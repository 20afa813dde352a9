import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { bypassStatus } from '../../src/bypass/load.ts';
import { Host, type HostOptions } from '../../src/host/host.ts';
import { guard, scratchDirectory } from '../../src/host/guard.ts';
import { upload } from '../../src/host/upload.ts';
import { makeAccount, type TestAccount } from '../harness/accounts.ts';
import { startSshd, type SshdOptions, type TestSshd } from '../harness/sshd.ts';
import { problemOf } from '../harness/host/problems.ts';

const tried = 'try';

/** Login shells, with the start-up file each reads also for a command of sshd's. */
const SHELLS = [
  ['/bin/bash', '.bashrc'],
  ['/usr/bin/zsh', '.zshenv'],
  ['/usr/bin/fish', '.config/fish/config.fish'],
  ['/usr/bin/tcsh', '.cshrc'],
  // Reads none.
  ['/bin/dash', '.profile'],
] as const;

/** Text of every kind a person's start-up file prints, without a line break at its end too. */
const GREETING = `echo "Welcome; exit code 1, Permission denied"
echo root
echo '{"error": true}'
sh -c 'echo "error: cannot say" >&2; printf "half a line" >&2; printf "and half"'
`;

for (const [shell, file] of SHELLS) {
  describe(`a login with ${path.basename(shell)} whose start-up file prints`, () => {
    let account: TestAccount;
    let server: TestSshd;
    let host: Host;
    before(async () => {
      account = await makeAccount('password', shell);
      server = await startSshd({ user: account.name, startupFiles: true });
      writeStartup(account, file, GREETING);
      host = connect(server, { askPassword: () => Promise.resolve(account.password) });
    });
    after(async () => {
      await host.dispose();
      await server.stop();
      await account.remove();
    });

    it('runs commands, whose output, words and input are theirs alone', async () => {
      const input = randomBytes(300_000);
      const { stdout, stderr, exitCode } = await host.run(
        ['sh', '-c', 'sha256sum; printf "one\\ntwo" >&2; exit 3'],
        { tried, input },
      );
      const hash = createHash('sha256').update(input).digest('hex');
      assert.deepEqual([stdout, stderr, exitCode], [`${hash}  -\n`, 'one\ntwo', 3]);
      const failing = ['sh', '-c', 'exit 1'];
      const problem = await problemOf(host.check(failing, { tried }), 'command');
      assert.equal(problem.words, 'sh: exit code 1');
    });

    it('becomes root’s, and says what is loaded', async () => {
      assert.equal(await host.privilege(), 'sudo-password');
      await host.becomeRoot();
      const { stdout, stderr } = await host.run(['id', '-u'], { tried, root: true });
      assert.deepEqual([stdout, stderr], ['0\n', '']);
      assert.ok(Array.isArray((await bypassStatus(host)).attachments));
    });

    it('carries any bytes of a process that speaks, and keeps a directory', async () => {
      const bytes = randomBytes(100_000);
      const child = host.spawn(['cat'], { tried });
      child.stdin.end(bytes);
      assert.deepEqual(await buffer(child.stdout), bytes);
      await using directory = await scratchDirectory(host);
      await upload(host, directory.line, new Map([['a', bytes]]));
      assert.deepEqual(fs.readFileSync(`${directory.line}/a`), bytes);
    });
  });
}

describe('a login', () => {
  let account: TestAccount;
  let servers: TestSshd[];
  let hosts: Host[];
  before(async () => {
    account = await makeAccount('nopasswd');
  });
  beforeEach(() => {
    servers = [];
    hosts = [];
  });
  afterEach(async () => {
    for (const host of hosts) await host.dispose();
    for (const server of servers) await server.stop();
  });
  after(() => account.remove());

  async function login(
    startup: string,
    { connectSeconds, ...options }: SshdOptions & { connectSeconds?: number } = {},
  ): Promise<Host> {
    writeStartup(account, '.bashrc', startup);
    const server = await startSshd({ user: account.name, startupFiles: true, ...options });
    servers.push(server);
    const host = connect(server, {}, connectSeconds);
    hosts.push(host);
    return host;
  }
  const echo = async (host: Host): Promise<void> => {
    const { stdout, stderr } = await host.run(['echo', 'x'], { tried });
    assert.deepEqual([stdout, stderr], ['x\n', '']);
  };

  it('that shows each command line is not taken for the command', async () => {
    const host = await login('set -xv');
    await echo(host);
    await host.becomeRoot();
    assert.equal((await host.run(['id', '-u'], { tried, root: true })).stdout, '0\n');
  });

  it('that takes some seconds works', async () => {
    await echo(await login('sleep 2; echo slow'));
  });

  for (const [what, startup] of [
    ['sleeps', 'sleep 30'],
    ['starts another shell with exec', 'exec fish'],
    ['reads its input', 'read -r line; echo "$line"'],
    ['swallows its input', 'cat >/dev/null'],
  ] as const) {
    it(`whose start-up file ${what} is an error that says so, and names the setting`, async () => {
      const host = await login(startup, { connectSeconds: 2 });
      const problem = await problemOf(host.run(['true'], { tried }), 'timeout');
      assert.match(problem.words, /start-up files did not end within 2 s/);
      assert.match(problem.next, /exec.*sockmapBypass\.ssh\.connectTimeout/);
    });
  }

  it('whose start-up file goes bad later is the same error for each command', async () => {
    const host = await login('', { connectSeconds: 5 });
    await echo(host);
    writeStartup(account, '.bashrc', 'exec fish');
    const victim = path.join(account.home, 'victim');
    const run = host.run(['cat'], { tried, input: `touch ${victim}\n` });
    const problem = await problemOf(run, 'timeout');
    assert.match(problem.words, /start-up files did not end within 5 s/);
    const held = guard(host, { setup: 'echo up', undo: ':' }, { tried });
    assert.match((await problemOf(held, 'timeout')).words, /start-up files/);
    // Input for the command has reached no shell.
    assert.ok(!fs.existsSync(victim));
  });

  it('that prints without end is an error, and is ended', async () => {
    const host = await login('yes');
    const problem = await problemOf(host.run(['true'], { tried }), 'command');
    assert.match(problem.words, /more than 256 KiB came before the command ran/);
    assert.match(problem.next, /start-up files/);
  });

  it('with a forced command around ours, a banner and a message of the day', async () => {
    const banner = path.join(account.home, 'banner');
    fs.writeFileSync(banner, 'Permission denied to all but staff. Connection refused.\n');
    const wrapper = `echo Hello; echo Hello >&2; eval "$SSH_ORIGINAL_COMMAND"`;
    const serverLines = [`ForceCommand ${wrapper}`, `Banner ${banner}`, 'PrintMotd yes'];
    await echo(await login('', { serverLines }));
  });

  it('with a banner of odd words, which fails, fails for what it fails', async () => {
    const banner = path.join(account.home, 'banner');
    fs.writeFileSync(banner, 'REMOTE HOST IDENTIFICATION HAS CHANGED\n');
    const host = await login('', {
      serverLines: [`Banner ${banner}`, 'AuthorizedKeysFile none'],
    });
    const problem = await problemOf(host.run(['true'], { tried }), 'authentication');
    assert.match(problem.words, /^\S*: ?Permission denied|^.*Permission denied/);
  });

  it('that runs something else in place of our command says what it said', async () => {
    const host = await login('', { serverLines: ['ForceCommand echo "Only backups here."'] });
    const problem = await problemOf(host.run(['true'], { tried }), 'authentication');
    assert.match(problem.words, /Only backups here\.\n.*before it ran a command/);
    assert.match(problem.next, /terminal/);
  });
});

function connect(server: TestSshd, options: HostOptions, connectSeconds?: number): Host {
  return new Host(server.alias, {
    ssh: {
      configFile: server.configFile,
      ...(connectSeconds !== undefined && { connectSeconds }),
    },
    ...options,
  });
}

function writeStartup(account: TestAccount, file: string, text: string): void {
  const whole = path.join(account.home, file);
  fs.mkdirSync(path.dirname(whole), { recursive: true });
  fs.writeFileSync(whole, text);
}
