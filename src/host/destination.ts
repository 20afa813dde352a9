import * as l10n from '@vscode/l10n';
import { HostError } from './errors.ts';

/**
 * Letters and digits of any language, and what names, addresses, ports and zones are written with. All
 * else may mean something to a shell, to which ssh hands a user's ProxyCommand, LocalCommand and
 * Match exec with the host, the user and the port in them.
 */
const PLAIN = /^[\p{L}\p{M}\p{N}._:@[\]+=,-]+$/u;
/** Letters that nobody sees are no letters. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/u;
/** The zone of a link-local IPv6 address, as in `[fe80::1%eth0]`: there alone a percent sign is one. */
const ZONE = /(?<=^\[?[\da-f:.]*:[\da-f:.]*)%(?=[\w.-]+\]?(?::\d+)?$)/i;
const LONGEST = 1000;

/** The fault of a text as a destination for ssh; undefined: none. */
export function destinationFault(text: string): string | undefined {
  if (text.length > LONGEST) return l10n.t('it is longer than any name');
  const isUri = /^ssh:\/\//i.test(text);
  const rest = isUri ? text.slice('ssh://'.length).replace(/\/$/, '') : text;
  const at = rest.lastIndexOf('@');
  const host = rest.slice(at + 1);
  const user = at < 0 ? undefined : isUri ? decoded(rest.slice(0, at)) : rest.slice(0, at);
  if (host === '' || user === '') return l10n.t('a name is missing');
  const odd = Array.from(`${user ?? ''}${host.replace(ZONE, '')}`).find(
    (each) => !PLAIN.test(each) || UNSEEN.test(each),
  );
  if (odd !== undefined) return l10n.t('{0} is not part of a name', JSON.stringify(odd));
  // ssh, and whatever it starts with them, would take these for options.
  if (/^\[?-/.test(host) || user?.startsWith('-') === true)
    return l10n.t('a name begins with a dash');
  return undefined;
}

/** As ssh reads the user of a URI. */
export const decoded = (user: string): string =>
  user.replace(/%([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );

/**
 * The destination, fit to be handed to ssh.
 * @throws HostError of kind `input`.
 */
export function safeDestination(text: string): string {
  const fault = destinationFault(text);
  if (fault === undefined) return text;
  throw new HostError({
    kind: 'input',
    tried: l10n.t('read the host'),
    where: JSON.stringify(text),
    words: l10n.t('not a destination ssh takes: {0}', fault),
    next: l10n.t('Name an alias of your ssh configuration, user@host or ssh://user@host:port.'),
  });
}

/**
 * The step before a connection to a host that something else than the person has named.
 * @param by the file or task of the workspace that names it; undefined: a command's argument.
 * @param isKnown whether the person has used or configured it.
 */
export function stepBefore(named: {
  host: string;
  by: string | undefined;
  isTrusted: boolean;
  isKnown: boolean;
}): 'connect' | 'ask' | 'refuse' {
  const { host, by, isTrusted, isKnown } = named;
  if (by !== undefined && !isTrusted) return 'refuse';
  if (isKnown || (by === undefined && host === 'local')) return 'connect';
  return isTrusted ? 'ask' : 'refuse';
}
