import assert from 'node:assert/strict';
import { HostError, isCancelled, type ProblemKind } from '../../../src/host/errors.ts';
import { SshTransport } from '../../../src/host/ssh.ts';
import { classify } from '../../../src/host/sshWords.ts';
import { recorded } from '../recorded.ts';

const words = (name: string): string => recorded(`ssh/${name}.txt`);

describe("ssh's own words", () => {
  const WHILE_CONNECTING: [name: string, kind: ProblemKind, next: RegExp][] = [
    ['unknown-host-key', 'host-key', /not in known_hosts/],
    ['unknown-host-key-ask', 'host-key', /not in known_hosts/],
    ['changed-host-key', 'host-key', /another key than before/],
    ['permission-denied', 'authentication', /agent|terminal/],
    ['too-many-failures', 'authentication', /agent|terminal/],
    ['refused', 'unreachable', /sshd listens/],
    ['timed-out', 'unreachable', /sshd listens/],
    ['no-route', 'unreachable', /host is up/],
    ['not-ssh', 'unreachable', /sshd listens/],
    ['proxy-failed', 'unreachable', /host is up/],
    ['unresolvable', 'unreachable', /Check the name/],
    ['bad-configuration', 'input', /Fix the ssh configuration/],
    ['missing-configuration', 'input', /Fix the ssh configuration/],
  ];
  for (const [name, kind, next] of WHILE_CONNECTING) {
    it(`${name}: ${kind}`, () => {
      const problem = classify(words(name), 'web1', 'connect');
      assert.equal(problem.kind, kind);
      assert.match(problem.next, next);
      assert.equal(problem.words, words(name).trim());
      assert.equal(problem.where, 'web1');
    });
  }

  // Without multiplexing each command connects, so its failure may be one of connecting.
  for (const name of ['refused', 'timed-out', 'no-route', 'not-ssh']) {
    it(`${name}: unreachable also while running a command`, () => {
      assert.equal(classify(words(name), 'web1', 'run a command').kind, 'unreachable');
    });
  }

  for (const [name, text] of [
    ['the host closed it', words('connection-closed')],
    ['the client says nothing', ''],
    ['nothing came any more', 'client_loop: send disconnect: Broken pipe'],
    ['keep-alives went unanswered', 'Timeout, server 192.0.2.7 not responding.'],
  ] as const) {
    it(`a connection that ended: ${name}`, () => {
      const problem = classify(text, 'web1', 'run a command');
      assert.equal(problem.kind, 'connection-lost');
      assert.match(problem.next, /undone on the host/);
    });
  }

  it('distinguishes a key that is new and one that has changed', () => {
    const next = (name: string) => classify(words(name), 'web1', 'connect').next;
    assert.notEqual(next('unknown-host-key'), next('changed-host-key'));
    assert.doesNotMatch(next('changed-host-key'), /StrictHostKeyChecking/);
  });
});

describe('a host string', () => {
  for (const destination of ['', '-oProxyCommand=id', '-F/x', 'a b', 'a\tb', 'a\nb', 'a\0b']) {
    it(`${JSON.stringify(destination)} is refused`, () => {
      assert.throws(
        () => new SshTransport(destination),
        (error) => error instanceof HostError && error.problem.kind === 'input',
      );
    });
  }

  it('is one word after --, whatever it holds', () => {
    for (const destination of ['web1', 'ann@web1', 'ssh://ann@web1:2222', 'ann@[fe80::1%eth0]']) {
      const { file, args } = new SshTransport(destination).command(['true']);
      assert.equal(file, 'ssh');
      assert.deepEqual(args.slice(-3, -1), ['--', destination]);
    }
  });

  it('never weakens the checking of host keys', () => {
    const { args } = new SshTransport('web1', { configFile: '/x/config' }).command(['true']);
    assert.doesNotMatch(args.join(' '), /StrictHostKeyChecking|KnownHosts|CheckHostIP/i);
    assert.deepEqual(args.slice(0, 2), ['-F', '/x/config']);
  });

  it('runs the client a person names', () => {
    assert.equal(
      new SshTransport('web1', { program: '/opt/ssh' }).command(['true']).file,
      '/opt/ssh',
    );
  });
});

describe('an error', () => {
  const problem = (words: string) =>
    new HostError({ kind: 'command', tried: 'load', where: 'web1', words, next: 'Look.' });

  it('is reported in one sentence with the line that names the fault', () => {
    assert.equal(
      problem('In file included from a.c:1:\na.c:3:5: error: no such thing\n1 error').message,
      'Could not load on web1: a.c:3:5: error: no such thing. Look.',
    );
    assert.equal(problem('').message, 'Could not load on web1. Look.');
    assert.equal(problem('It is so!').message, 'Could not load on web1: It is so! Look.');
  });

  it('keeps every word', () => {
    const long = Array.from({ length: 5000 }, (_, i) => `line ${i}`).join('\n');
    assert.equal(problem(long).problem.words, long);
  });

  it('is not a cancellation unless it says so', () => {
    assert.ok(!isCancelled(problem('cancelled')) && !isCancelled(new Error('cancelled')));
  });
});
