/**
 * A copy of apt's sources that offers only one further component of the distribution. Empty when the file
 * is about something else.
 */
export function withComponent(text, kind, { component, codename }) {
  const isOurs = (suites, components) =>
    components.includes('main') &&
    suites.some((suite) => suite === codename || suite.startsWith(`${codename}-`));
  return kind === 'deb822'
    ? text
        .split(/\n\s*\n/)
        .map((stanza) => fromStanza(stanza, isOurs, component))
        .filter(Boolean)
        .join('\n')
    : text
        .split('\n')
        .map((line) => fromLine(line, isOurs, component))
        .filter(Boolean)
        .join('');
}

function fromStanza(stanza, isOurs, component) {
  const lines = stanza.split('\n').filter((line) => !line.startsWith('#'));
  const words = (name) => {
    const line = lines.find((each) => each.toLowerCase().startsWith(`${name}:`));
    return (
      line
        ?.slice(name.length + 1)
        .trim()
        .split(/\s+/) ?? []
    );
  };
  const isOff = words('enabled')[0] === 'no';
  if (isOff || !words('types').includes('deb')) return '';
  if (!isOurs(words('suites'), words('components'))) return '';
  return lines
    .map((line) => {
      if (/^components:/i.test(line)) return `Components: ${component}\n`;
      return /^types:/i.test(line) ? 'Types: deb\n' : `${line}\n`;
    })
    .join('');
}

function fromLine(line, isOurs, component) {
  const match = /^deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line.trim());
  if (match === null) return '';
  const [, options = '', address, suite, components] = match;
  if (!isOurs([suite], components.trim().split(/\s+/))) return '';
  return `deb ${options}${address} ${suite} ${component}\n`;
}
