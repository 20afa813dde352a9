import type { Attachment, BypassStatus } from '../bypass/status.ts';

const STATES: Readonly<Record<Attachment['state'], string>> = {
  attached: 'on',
  unpinned: 'on, but its pins were removed: unload it',
  detached: 'off: left behind, unload it',
};

/** The status as text, aligned for a fixed-width font. */
export function statusReport({ host, attachments }: BypassStatus): string {
  if (attachments.length === 0) return `No sockmap bypass is loaded on ${host}.\n`;
  const rank = Object.keys(STATES);
  return attachments
    .toSorted((a, b) => rank.indexOf(a.state) - rank.indexOf(b.state))
    .map(attachmentReport)
    .join('\n');
}

function attachmentReport(attachment: Attachment): string {
  const { cgroup, state, policy, sockops, redirect, sockets, maxSockets, counters } = attachment;
  const program = (one: Attachment['sockops']) =>
    one === undefined ? 'missing' : `id ${one.id}, tag ${one.tag === '' ? 'unknown' : one.tag}`;
  const rows: [string, string][] = [
    ['state', STATES[state]],
    ['policy', policy],
    ['sockmap_sockops', program(sockops)],
    ['sockmap_redirect', program(redirect)],
    ['sockets in the map', `${sockets.toLocaleString('en')} of ${maxSockets.toLocaleString('en')}`],
    ...Object.entries(counters).map(([name, count]): [string, string] => [
      name.replaceAll('_', ' '),
      count.toLocaleString('en'),
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  return [cgroup ?? '(the cgroup is gone)', ...lines, ''].join('\n');
}
