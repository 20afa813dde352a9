import * as l10n from '@vscode/l10n';
import type { Problem } from './errors.ts';

/**
 * Reads ssh's own words (OpenSSH 7 to 10). Every failure of its own is exit status 255, and its words, in
 * English whatever the locale, are all that distinguishes a changed host key from a cable: the one place where an
 * outcome is known by how it is worded.
 */
export function classify(stderr: string, where: string, tried: string): Problem {
  const words = stderr.trim() === '' ? l10n.t('ssh ended without a message') : stderr.trim();
  const problem = (kind: Problem['kind'], next: string): Problem => ({
    kind,
    tried,
    where,
    words,
    next,
  });
  if (words.includes('REMOTE HOST IDENTIFICATION HAS CHANGED')) {
    return problem(
      'host-key',
      l10n.t(
        'The host shows another key than before. Find out why; only then remove the old one with ssh-keygen -R.',
      ),
    );
  }
  if (/Host key verification failed|No .{1,40} host key is known/i.test(words)) {
    return problem(
      'host-key',
      l10n.t(
        'The host is not in known_hosts. Connect in a terminal once and compare its fingerprint.',
      ),
    );
  }
  if (
    /password change required|required to change your password|password has expired/i.test(words)
  ) {
    return problem(
      'authentication',
      l10n.t(
        'The password of the account has expired. Connect in a terminal, where the host asks for a new one.',
      ),
    );
  }
  // The host refused a further command on the connection, so the client connected anew.
  if (words.includes('session request failed') && tried !== 'connect') {
    return problem(
      'authentication',
      l10n.t(
        'The host lets a connection run too few commands at a time. Have MaxSessions raised to 10 in its sshd_config, or load a key that needs no answer into the agent.',
      ),
    );
  }
  if (/Permission denied|Too many authentication failures|no mutual signature/i.test(words)) {
    return problem(
      'authentication',
      l10n.t(
        'Load your key into the agent with ssh-add, or begin in a terminal, where ssh can ask.',
      ),
    );
  }
  if (/Could not resolve hostname/i.test(words)) {
    return {
      ...problem('unreachable', l10n.t('Check the name, or add it to your ssh configuration.')),
      headline: reasonOf(words),
    };
  }
  if (
    /Bad configuration option|Can't open user config|keyword .{1,200} extra arguments|terminating, \d+ bad/i.test(
      words,
    )
  ) {
    return problem('input', l10n.t('Fix the ssh configuration.'));
  }
  // Where there is no multiplexing, each command connects.
  const connecting =
    tried === 'connect' ||
    /^ssh: connect to host|banner exchange|kex_exchange_identification/m.test(words);
  if (
    connecting &&
    /refused|timed out|No route|unreachable|(closed|reset) by|port \d+: /i.test(words)
  ) {
    return {
      ...problem('unreachable', l10n.t('Check that the host is up and sshd listens on that port.')),
      headline: reasonOf(words),
      ...(/timed out/i.test(words) && {
        hint: connectLimit(),
      }),
    };
  }
  if (tried === 'connect') {
    const next = l10n.t('Connect in a terminal to see the reason.');
    const told = words === '' ? l10n.t('the ssh client ended and said nothing') : words;
    return { ...problem('unreachable', next), words: told };
  }
  return problem(
    'connection-lost',
    l10n.t('The connection ended. Try again: unfinished changes are undone on the host.'),
  );
}

/** Where the time to connect is set. */
export const connectLimit = (): string =>
  l10n.t('The limit is the connect timeout (sockmapBypass.ssh.connectTimeout, --connect-timeout).');

/** The reason alone, where ssh says it after the address that is named already. */
const reasonOf = (words: string): string | undefined =>
  /^ssh: (?:connect to host \S+ port \d+|Could not resolve hostname \S+): (.+)$/m.exec(words)?.[1];
