import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { Host } from '../../src/host/host.ts';
import { run } from '../harness/run.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { sshClients } from '../harness/host/masters.ts';
import { problemOf } from '../harness/host/problems.ts';
import { eventually } from '../harness/host/wait.ts';

describe('a host that cannot be reached', () => {
  let server: TestSshd;
  before(async () => {
    server = await startSshd();
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other()]);
  });
  after(() => server.stop());

  const other = () => path.join(server.directory, 'other');

  const attempt = async (alias: string, ssh: { configFile?: string; program?: string } = {}) => {
    const host = new Host(alias, { ssh: { configFile: server.configFile, ...ssh } });
    try {
      return await host.run(['true'], { tried: 'say hello' });
    } finally {
      await host.dispose();
      assert.deepEqual(sshClients(server), []);
    }
  };

  it('says that nothing listens', async () => {
    const listener = net.createServer();
    listener.listen(0, '127.0.0.1');
    await eventually('it listens', () => listener.listening);
    const { port } = listener.address() as net.AddressInfo;
    listener.close();
    server.addHost('nobody', { lines: [`Port ${port}`] });
    const problem = await problemOf(attempt('nobody'), 'unreachable');
    assert.match(problem.words, /Connection refused/);
    assert.match(problem.next, /sshd listens on that port/);
    assert.equal(problem.where, 'nobody');
  });

  it('says that what listens is no sshd', async () => {
    const web = net.createServer((socket) => socket.end('HTTP/1.0 400 Bad Request\r\n\r\n'));
    web.listen(0, '127.0.0.1');
    await eventually('it listens', () => web.listening);
    const { port } = web.address() as net.AddressInfo;
    server.addHost('web', { lines: [`Port ${port}`] });
    await problemOf(attempt('web'), 'unreachable');
    web.close();
  });

  it('says that the host key is not known', async () => {
    server.addHost('stranger', { lines: ['UserKnownHostsFile /dev/null'] });
    const problem = await problemOf(attempt('stranger'), 'host-key');
    assert.match(problem.words, /Host key verification failed/);
    assert.match(problem.next, /known_hosts.*fingerprint/);
  });

  it('says that the host key has changed, in ssh’s words', async () => {
    const file = path.join(server.directory, 'changed');
    fs.writeFileSync(
      file,
      `[127.0.0.1]:${server.port} ${fs.readFileSync(`${other()}.pub`, 'utf8')}`,
    );
    server.addHost('changed', { lines: [`UserKnownHostsFile ${file}`] });
    const problem = await problemOf(attempt('changed'), 'host-key');
    assert.match(problem.words, /REMOTE HOST IDENTIFICATION HAS CHANGED[^]*SHA256:/);
    assert.match(problem.next, /Find out why/);
    // Nothing was written into the file: the checking of host keys is never weakened.
    assert.equal(fs.readFileSync(file, 'utf8').trim().split('\n').length, 1);
  });

  it('says that the name is not known', async () => {
    const problem = await problemOf(attempt('no-such-host.invalid'), 'unreachable');
    assert.match(problem.words, /Could not resolve hostname no-such-host\.invalid/);
    assert.match(problem.next, /Check the name/);
  });

  it('says that the key is not accepted', async () => {
    const configFile = path.join(server.directory, 'wrong');
    const config = fs.readFileSync(server.configFile, 'utf8');
    fs.writeFileSync(configFile, config.replaceAll(server.identityFile, other()));
    const problem = await problemOf(attempt(server.alias, { configFile }), 'authentication');
    assert.match(problem.words, /Permission denied \(publickey\)/);
    assert.match(problem.next, /agent|terminal/);
  });

  it('says what is wrong with the configuration', async () => {
    const configFile = path.join(server.directory, 'bad');
    fs.writeFileSync(configFile, 'Host web1\n  NoSuchOption yes\n');
    const problem = await problemOf(attempt('web1', { configFile }), 'input');
    assert.match(problem.words, /line 2: Bad configuration option: nosuchoption/);
    const missing = await problemOf(attempt('web1', { configFile: `${configFile}2` }), 'input');
    assert.match(missing.words, /Can't open user config file/);
  });

  it('says that there is no ssh', async () => {
    const program = path.join(server.directory, 'no-ssh');
    const problem = await problemOf(attempt(server.alias, { program }), 'not-found');
    assert.match(problem.words, /no-ssh/);
    assert.match(problem.next, /Install the OpenSSH client/);
  });

  it('can be cancelled while it does not answer', async () => {
    const sockets = new Set<net.Socket>();
    const silent = net.createServer((socket) => sockets.add(socket));
    silent.listen(0, '127.0.0.1');
    await eventually('it listens', () => silent.listening);
    const { port } = silent.address() as net.AddressInfo;
    server.addHost('silent', { lines: [`Port ${port}`] });
    const host = new Host('silent', { ssh: { configFile: server.configFile } });
    const controller = new AbortController();
    const options = { tried: 'say hello', signal: controller.signal };
    const failed = problemOf(host.run(['true'], options), 'cancelled');
    await eventually('it connects', () => sockets.size > 0);
    controller.abort();
    await failed;
    await host.dispose();
    await eventually('its ssh has ended', () => sshClients(server).length === 0);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('can be reached a moment later', async () => {
    const configFile = path.join(server.directory, 'later');
    const config = fs.readFileSync(server.configFile, 'utf8');
    fs.writeFileSync(configFile, config.replaceAll(server.identityFile, other()));
    const host = new Host(server.alias, { ssh: { configFile } });
    await problemOf(host.run(['true'], { tried: 'try' }), 'authentication');
    fs.writeFileSync(configFile, config);
    assert.equal((await host.run(['true'], { tried: 'try' })).exitCode, 0);
    await host.dispose();
  });
});
