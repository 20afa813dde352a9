import { isIPv4, isIPv6 } from 'node:net';

/** Names that are to be masked wherever they stand as a word of their own. */
export interface KnownNames {
  readonly hosts: readonly string[];
  readonly users: readonly string[];
}

type Kind = 'host' | 'user' | 'addr' | 'key' | 'secret';

/** Text that is still as it was, or a mask, which no later rule reads. */
type Piece = string | { readonly mask: string };

/** They tell nothing of anybody, and much about a fault. */
const PLAIN: Readonly<Record<Kind, ReadonlySet<string>>> = {
  host: new Set(['local', 'localhost', 'github.com']),
  user: new Set(['root', 'git']),
  addr: new Set(['127.0.0.1', '0.0.0.0', '::1', '::']),
  key: new Set(),
  secret: new Set(),
};

/** The same name has the same mask, in the order in which they are met. */
class Masks {
  readonly #names = new Map<string, Map<string, string>>();

  of(kind: Kind, name: string): Piece {
    const key = kind === 'secret' || kind === 'key' ? name : name.toLowerCase();
    if (PLAIN[kind].has(key)) return name;
    const names = this.#names.get(kind) ?? new Map<string, string>();
    this.#names.set(kind, names);
    const mask = names.get(key) ?? `${kind}-${names.size + 1}`;
    names.set(key, mask);
    return { mask };
  }

  named(kind: Kind): string[] {
    return Array.from(this.#names.get(kind)?.keys() ?? []);
  }
}

/**
 * Text without secrets, users, hosts, addresses and files of keys, of which each has one mask throughout (`user-1`,
 * `host-1`, `addr-1`, `key-1`, `secret-1`). Names that were met in an address, a home directory or the words of ssh
 * and sudo are masked everywhere.
 */
export function masked(text: string, known: KnownNames): string {
  const masks = new Masks();
  const rules = [secrets, values, places, spoken, hardware, addresses, homes, keyFiles];
  let pieces = rules.reduce<Piece[]>((all, rule) => each(all, (one) => rule(one, masks)), [text]);
  pieces = each(pieces, (one) =>
    words(one, 'host', [...known.hosts, ...masks.named('host')], masks),
  );
  pieces = each(pieces, (one) =>
    words(one, 'user', [...known.users, ...masks.named('user')], masks),
  );
  return pieces.map((one) => (typeof one === 'string' ? one : one.mask)).join('');
}

const each = (pieces: readonly Piece[], rule: (text: string) => Piece[]): Piece[] =>
  pieces.flatMap((one) => (typeof one === 'string' ? rule(one) : [one]));

/** Splits a text at matches, each of which becomes pieces. */
function split(
  text: string,
  pattern: RegExp,
  pieces: (match: RegExpExecArray) => Piece[],
): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    found.push(text.slice(from, match.index), ...pieces(match));
    from = match.index + match[0].length;
  }
  return [...found, text.slice(from)].filter((one) => one !== '');
}

/** Secrets by their form: keys, their fingerprints, tokens. */
const SECRETS =
  /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$)|\bSHA256:[A-Za-z0-9+/]{43}=?|\bMD5:[0-9a-f]{2}(?::[0-9a-f]{2}){15}|\bAAAA[A-Za-z0-9+/]{28,}={0,2}|\b(?:gh[opsru]_|github_pat_|glpat-|xox[a-z]-|AKIA)[\w-]{12,}|\beyJ[\w-]{8,}\.[\w.-]+|(?<=\bbearer )[\w.~+/-]{8,}=*/gi;

const secrets = (text: string, masks: Masks): Piece[] =>
  split(text, SECRETS, ([secret]) => [masks.of('secret', secret)]);

/** Values behind a word for a secret: a variable, a header, an option; and the password of `-u user:password`. */
const VALUES = new RegExp(
  [
    String.raw`((?:\bpass|\bpassphrase|\bauthorization|\bcookie|(?<![\w-])[\w-]{0,40}(?:passw(?:or)?d|_pwd|secret|token|api[-_]?key)(?:s|[_-][\w-]{0,40})?)["']?(?: ?(?:=>|[:=]) ?)(?:(?:bearer|basic) )?`,
    String.raw`--(?:password|passphrase|secret|token|api-key) `,
    String.raw`(?:\s-u|--user)[ =][^\s:/]{1,255}:)("[^"\n]*"|'[^'\n]*'|(?!(?:bearer|basic) )[^\s"',;]+)`,
  ].join('|'),
  'gi',
);

const values = (text: string, masks: Masks): Piece[] =>
  split(text, VALUES, ([, before = '', value = '']) => {
    const [, option = before, user] = /^(\s-u.|--user.)(.+):$/.exec(before) ?? [];
    const [, quote = '', inner = value] = /^(["'])(.*)\1$/.exec(value) ?? [];
    return [
      option,
      ...(user === undefined ? [] : [masks.of('user', user), ':']),
      quote,
      ...(inner === '' ? [] : [masks.of('secret', inner)]),
      quote,
    ];
  });

const NAME = String.raw`[\p{L}\p{N}_.+-]{1,255}`;
/** user@host, an e-mail address, and the host of an address with a scheme, perhaps with user and password. */
const PLACES = new RegExp(
  String.raw`([a-z][a-z0-9+.-]{1,30}://)(?:(${NAME})?(?::([^\s"'<>]{1,255}))?@)?(\[[^\]\s]{1,100}\]|${NAME})?|(?<![\p{L}\p{N}_.+-])(${NAME})@(\[[^\]\s]{1,100}\]|${NAME})`,
  'giu',
);

function places(text: string, masks: Masks): Piece[] {
  return split(text, PLACES, (match) => {
    const [, scheme = '', urlUser = '', password = '', urlHost = '', user = '', host = ''] = match;
    const [name, at] = scheme === '' ? [user, host] : [urlUser, urlHost];
    const [, bare = '', dots = ''] = /^(.*?)(\.*)$/u.exec(at) ?? [];
    return [
      scheme,
      ...(name === '' ? [] : [masks.of('user', name)]),
      ...(password === '' ? [] : [':', masks.of('secret', password)]),
      ...(name === '' && password === '' ? [] : ['@']),
      ...place(bare, masks),
      dots,
    ];
  });
}

/** A host by its name or its address. */
function place(text: string, masks: Masks): Piece[] {
  const inner = /^\[(.*)\]$/.exec(text)?.[1];
  if (inner !== undefined) return ['[', masks.of('addr', inner), ']'];
  return text === '' ? [] : [masks.of(isIPv4(text) ? 'addr' : 'host', text)];
}

/** Names in what ssh and sudo say. */
const SPOKEN = new RegExp(
  [
    String.raw`((?:connect to host|resolve hostname|host key for|authenticity of host|permanently added|sudo on|ProxyJump|HostName) '?)(${NAME}(?<!\.))`,
    String.raw`((?:\bpassword for|\bsorry, user) )(${NAME}(?<!\.))|(\buser )(${NAME})(?= (?:is not in|may not)\b)`,
  ].join('|'),
  'giu',
);

const spoken = (text: string, masks: Masks): Piece[] =>
  split(text, SPOKEN, ([, of = '', host, by = '', first, as = '', second]) =>
    host === undefined
      ? [`${by}${as}`, masks.of('user', first ?? second ?? '')]
      : [of, ...place(host, masks)],
  );

/** Files of keys by their names and places, and what ssh calls one. */
const KEY_FILES =
  /((?:identity file|public key:|IdentityFile) )([^\s'"]+)|(?<![~\w.\\/-])((?:[~\w.-]{0,255}[\\/]){0,64})(\bid_(?:rsa|dsa|ecdsa|ed25519)[\w.-]*|(?<=[\\/])[\w.-]+\.(?:pem|key|ppk)\b|(?<=[\\/]\.ssh[\\/])(?!config\b|known_hosts\b|authorized_keys\b)[\w.-]+)/gi;

const keyFiles = (text: string, masks: Masks): Piece[] =>
  split(text, KEY_FILES, ([, before = '', spokenOf = '', folder = '', name = '']) => {
    const slash = /^[\\/]/.exec(`${spokenOf}${folder}`)?.[0] ?? '';
    return [before, slash, masks.of('key', `${spokenOf}${folder}${name}`)];
  });

const hardware = (text: string, masks: Masks): Piece[] =>
  split(
    text,
    /(?<![\w:-])(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![\w:-])/gi,
    ([one]) => [masks.of('addr', one)],
  );

/** Whatever may be an address, which is tried; punctuation at its end is none of it. */
const CANDIDATES =
  /(?<![\w.:])(?:[0-9a-f]{0,4}:){2,8}[0-9a-f.:]{0,45}(?![\w:])|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)/gi;

const addresses = (text: string, masks: Masks): Piece[] =>
  split(text, CANDIDATES, ([all]) => {
    for (let end = all.length; end > 1; end--) {
      const one = all.slice(0, end);
      if (isIPv6(one) || isIPv4(one)) return [masks.of('addr', one), all.slice(end)];
      if (!/[.:]$/.test(one)) return [all];
    }
    return [all];
  });

const homes = (text: string, masks: Masks): Piece[] =>
  split(
    text,
    /(\/home\/|\/Users\/|\b[A-Z]:\\Users\\)([^\s/\\:;,'"()]+)((?<=\\Users\\[^\s\\]+)(?: [^\s\\:;,'"()]+){1,3}(?=\\))?/gi,
    ([, above = '', user = '', rest = '']) => [above, masks.of('user', `${user}${rest}`)],
  );

/** Names as words of their own, the longest first. */
function words(text: string, kind: Kind, names: readonly string[], masks: Masks): Piece[] {
  const all = Array.from(new Set(names))
    .filter((name) => name !== '' && !PLAIN[kind].has(name.toLowerCase()))
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  if (all.length === 0) return [text];
  const pattern = new RegExp(
    String.raw`(?<![\p{L}\p{N}_])(?:${all.join('|')})(?![\p{L}\p{N}_])`,
    'giu',
  );
  return split(text, pattern, ([name]) => [masks.of(kind, name)]);
}
