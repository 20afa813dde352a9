import { amount, number, part } from '../results/format.ts';
import { shortIds } from '../text.ts';
import type { Traffic } from './assess.ts';
import type { Flow, Side } from './flows.ts';

/** Words of an assessment, for a terminal. */
export function trafficReport(traffic: Traffic): string {
  const { host, seconds, sockets, localSockets, namespaces, capped, flows } = traffic;
  const share = sockets === 0 ? '' : `, ${part(localSockets / sockets)} of ${number(sockets)}`;
  return [
    `Local TCP traffic of ${host}, over ${number(Math.round(seconds))} s, in ${number(namespaces)} network namespace${namespaces === 1 ? '' : 's'}${capped ? ' (there are more)' : ''}`,
    `Sockets whose other end is on this host: ${number(localSockets)}${share}`,
    '',
    ...(flows.length === 0 ? ['No connection has both of its ends here.'] : flows.map(flowText)),
    '',
  ].join('\n');
}

function flowText(flow: Flow): string {
  const { server, client, connections, opened, family, sameNamespace, isTranslated } = flow;
  const { bytesToServer, bytesToClient, segmentsToServer, segmentsToClient, shape } = flow;
  const where = [
    sameNamespace ? 'one network namespace' : 'two network namespaces',
    ...(isTranslated ? ['addresses translated'] : []),
    family === 'both' ? 'IPv4 and IPv6' : family,
  ].join(', ');
  return [
    `${sideText(client)} -> ${sideText(server)}, port ${server.port}`,
    `  ${number(connections)} connection${connections === 1 ? '' : 's'} (${number(opened)} new); ${shape}; ${where}`,
    `  to the server ${rate(bytesToServer)} in ${number(Math.round(segmentsToServer))} segments/s, to the client ${rate(bytesToClient)} in ${number(Math.round(segmentsToClient))} segments/s`,
  ].join('\n');
}

const rate = (bytes: number): string => `${amount(bytes)}/s`;

function sideText({ process, label, cgroup }: Side): string {
  const name = process ?? 'a process that is gone';
  const place = label ?? (cgroup === undefined ? undefined : shortIds(cgroup));
  return place === undefined ? name : `${name} (${place})`;
}
