import * as l10n from '@vscode/l10n';
import * as z from 'zod';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { hostScript, scriptArgv } from '../host/hostScript.ts';
import { guard, scratchDirectory } from '../host/guard.ts';
import type { BpfSource } from './build.ts';
import { FIONREAD_READERS, SPLICE_READERS } from './faults.ts';
import { loadBypass } from './load.ts';
import { isAttached } from './attachment.ts';
import { readStatus } from './status.ts';
import { buildTool } from './tool.ts';
import { parseJson } from '../host/json.ts';

/** By TCP's own counters of the bytes sent: none of them, all, a part; or none were sent. */
type DataPath = 'bypass' | 'tcp' | 'mixed' | 'none';

/** One line of what `semantics.c` prints. */
export interface Observation {
  readonly semantic: string;
  /** Stable words: they differ exactly when the behaviour does. */
  readonly result: string;
  readonly path: DataPath;
  readonly detail: string;
}

export interface SemanticRow {
  /** An id that stays. */
  readonly semantic: string;
  /** The name that people use. */
  readonly title: string;
  /** The outcome over plain TCP, and over the bypass. */
  readonly tcp: string;
  readonly bypass: string;
  readonly differs: boolean;
  /** Whether both outcomes are those of the sockets: a probe that failed says nothing about the kernel. */
  readonly told: boolean;
  /** The outcome over the bypass, as a sentence; where there is none, why. */
  readonly detail: string;
  /** Which way the data of the bypass run went. */
  readonly path: DataPath;
  /** Kinds of programs known to rely on it; not a complete list. */
  readonly affected: readonly string[];
}

export type SemanticsStep = 'connect' | 'compile' | 'tcp' | 'load' | 'bypass';

export interface SemanticsOptions {
  /** The bypass to examine. */
  readonly source: BpfSource;
  /** `bpf/tools/semantics.c`. */
  readonly probe: Uint8Array;
  /** Ids of the semantics to look at; all when left out. */
  readonly only?: readonly string[];
  /** False: without the verdict program, as of a load. */
  readonly verdict?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (step: SemanticsStep) => void;
}

/** Enough to ask `fionreadFault` of the rows. */
export const FIONREAD_PROBES: readonly string[] = [
  'fionread',
  'fionread-early',
  'fionread-outside',
  'fionread-connecting',
];

/** A hanging probe takes 10 s, all probes run at once, and a busy host is slow to start them. */
const RUN_TIMEOUT_MS = 40_000;

/**
 * Finds out on the host what the bypass changes for programs: runs each semantic over plain TCP and
 * over the bypass, in two scratch cgroups. Nothing else on the host sees the bypass, and nothing of
 * it stays. Takes a few seconds; a semantic that hangs adds ten.
 * @throws HostError
 */
export async function checkSemantics(
  host: Host,
  options: SemanticsOptions,
): Promise<SemanticRow[]> {
  const { source, probe, only = [], verdict = true, signal, onStep } = options;
  onStep?.('connect');
  const { mount } = await host.ready('load', signal);
  await refuseBypassedRoot(host, mount, signal);

  onStep?.('compile');
  await using directory = await scratchDirectory(host, { executable: true, signal });
  await compileProbe(host, directory.line, probe, signal);

  const name = `sockmap-bypass-semantics-${crypto.randomUUID().slice(0, 8)}`;
  await using cgroups = await guard(
    host,
    { setup: hostScript('semantics-cgroups.sh'), args: [mount, name] },
    { tried: l10n.t('make two cgroups'), root: true, signal },
  );
  const plain = `${cgroups.line}/plain`;
  const bypassed = `${cgroups.line}/bypass`;
  const run = async (cgroup: string): Promise<Observation[]> => {
    const argv = scriptArgv('semantics-run.sh', cgroup, plain, directory.line, ...only);
    const text = await host.check(argv, {
      tried: l10n.t('run the socket probes'),
      root: true,
      signal,
      timeoutMs: RUN_TIMEOUT_MS,
    });
    return parseSemantics(text);
  };

  onStep?.('tcp');
  const tcp = await run(plain);
  onStep?.('load');
  await loadBypass(host, { cgroup: bypassed, source, verdict, signal });
  onStep?.('bypass');
  return pairSemantics(tcp, await run(bypassed));
}

/** Below a bypass on the root cgroup there is no plain TCP to compare with. */
async function refuseBypassedRoot(host: Host, mount: string, signal?: AbortSignal): Promise<void> {
  const { attachments } = await readStatus(host, signal);
  if (!attachments.some((one) => one.cgroups.includes(mount) && isAttached(one))) return;
  throw new HostError({
    kind: 'occupied',
    tried: l10n.t('check the socket semantics'),
    where: host.name,
    words: l10n.t('a bypass is on the root cgroup, so nothing on this host is outside of it'),
    next: l10n.t('Load it on another cgroup, then check again.'),
  });
}

const compileProbe = (
  host: Host,
  directory: string,
  source: Uint8Array,
  signal?: AbortSignal,
): Promise<string> =>
  buildTool(
    host,
    directory,
    { name: 'semantics', source, flags: ['-O2', '-Wall', '-Wextra', '-pthread'] },
    {
      tried: l10n.t('compile semantics.c'),
      next: l10n.t(
        "Install the C library's and the kernel's headers (libc6-dev, glibc-devel or musl-dev).",
      ),
      signal,
    },
  );

const observationSchema = z.object({
  semantic: z.string().min(1),
  result: z.string(),
  path: z.enum(['bypass', 'tcp', 'mixed', 'none']),
  detail: z.string(),
});

/** @param text output of the probe program: one JSON object a line; other lines are passed over. */
export function parseSemantics(text: string): Observation[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{') || !line.endsWith('}')) return [];
    try {
      return [observationSchema.parse(parseJson(line))];
    } catch {
      return [];
    }
  });
}

/** A case that hangs over the bypass alone is reported; any other without an outcome is a fault of the probe. */
const isTold = (tcp: string, bypass: string): boolean =>
  !['failed', 'hangs', 'skipped'].includes(tcp) && !['failed', 'skipped'].includes(bypass);

/** One row for each semantic both runs have, in the order of the first. */
export function pairSemantics(
  tcp: readonly Observation[],
  bypass: readonly Observation[],
): SemanticRow[] {
  const over = new Map(bypass.map((one) => [one.semantic, one]));
  return tcp.flatMap(({ semantic, result, detail }) => {
    const other = over.get(semantic);
    if (other === undefined) return [];
    const told = isTold(result, other.result);
    const { title, affected = [] } = KNOWN_SEMANTICS[semantic] ?? {};
    return [
      {
        semantic,
        title: title === undefined ? semantic : l10n.t(title),
        tcp: result,
        bypass: other.result,
        differs: told && result !== other.result,
        told,
        detail: isTold(result, result) ? other.detail : detail,
        path: other.path,
        affected: affected.map((one) => l10n.t(one)),
      },
    ];
  });
}

/**
 * Whether FIONREAD reads 0 though data waits on a socket whose peer is not on the bypass, as on kernels
 * 6.6.128+, 6.12.75+ and 6.18.14+ until "Account for receive queue in FIONREAD without a verdict
 * program". Loading the bypass then stalls programs that have nothing to do with it.
 */
export const fionreadFault = (rows: readonly SemanticRow[]): boolean =>
  rows.some(
    ({ semantic, tcp, bypass }) =>
      semantic.startsWith('fionread-') && tcp === 'counted' && bypass === 'zero',
  );

interface Known {
  readonly title: string;
  readonly affected?: readonly string[];
}

/*
 * Who relies on it: only what a source says or a run has shown.
 * - FIONREAD: nginx has sized its reads with it since 1.17.5 (its CHANGES) and stalled on a sockmap
 *   because of it (cilium#19304); nginx, Java NIO and .NET in open-telemetry/
 *   opentelemetry-ebpf-instrumentation#2580 and #2827.
 * - TCP_DEFER_ACCEPT: nginx, "listen … deferred" (ngx_http_core_module).
 * - SO_RCVLOWAT, TCP_INQ, MSG_ZEROCOPY: gRPC, src/core/lib/event_engine/posix_engine/
 *   posix_endpoint.cc (UpdateRcvLowat, inq_capable_, GRPC_ARG_TCP_TX_ZEROCOPY_ENABLED).
 * - MSG_ZEROCOPY: QEMU's zero-copy-send waits for completions (commit 62c494326628).
 * - splice: Go's io.Copy between TCP connections (net/splice_linux.go); HAProxy, "option
 *   splice-response" (its configuration manual).
 * - Urgent data: Telnet's Synch (RFC 854), which FTP's ABOR sends too (RFC 959).
 * - Blocking sockets: CPython retries EINTR (PEP 475), but on the bypass both a signal and a reset end
 *   its blocking recv() with BlockingIOError: seen with Python 3.11.
 * - kTLS: OpenSSL's Options KTLS, used by nginx (SSL_sendfile) and lighttpd (mod_openssl).
 * - SO_PEEK_OFF: made for CRIU (socket(7)).
 * - TCP_INFO: ss(8), -i.
 */
const FIONREAD = FIONREAD_READERS;
const DEFERRED = ['servers with TCP_DEFER_ACCEPT, as nginx with "listen … deferred"'];
const LOWAT = ['gRPC'];
const WAITALL = ['programs that read a whole record with one recv()'];
const BLOCKING = ['Python and other programs with blocking sockets'];
const KTLS = ['OpenSSL with kTLS: nginx, lighttpd'];

/** Their words are translated where they are read. */
export const KNOWN_SEMANTICS: Readonly<Record<string, Known>> = {
  waitall: { title: 'MSG_WAITALL', affected: WAITALL },
  'waitall-early': {
    title: 'MSG_WAITALL after data that was sent before accept()',
    affected: WAITALL,
  },
  'early-order': { title: 'Order of data sent before and after accept()', affected: DEFERRED },
  peek: { title: 'MSG_PEEK' },
  'peek-messages': { title: 'MSG_PEEK over two messages' },
  'peek-off': { title: 'SO_PEEK_OFF', affected: ['CRIU'] },
  trunc: { title: 'MSG_TRUNC, to discard data' },
  fionread: { title: 'FIONREAD, data that took the bypass', affected: FIONREAD },
  'fionread-early': { title: 'FIONREAD, data from before the bypass', affected: FIONREAD },
  'fionread-outside': { title: 'FIONREAD, peer not on the bypass', affected: FIONREAD },
  'fionread-connecting': {
    title: 'FIONREAD, connected to a peer not on the bypass that speaks first',
    affected: FIONREAD,
  },
  inq: { title: 'TCP_INQ', affected: ['gRPC'] },
  'lowat-poll': { title: 'SO_RCVLOWAT with poll()', affected: LOWAT },
  'lowat-epoll': { title: 'SO_RCVLOWAT with epoll, level-triggered', affected: LOWAT },
  'lowat-epoll-edge': { title: 'SO_RCVLOWAT with epoll, edge-triggered', affected: LOWAT },
  edges: { title: 'Wake-ups of an edge-triggered epoll' },
  'edges-outside': { title: 'Wake-ups of an edge-triggered epoll, peer not on the bypass' },
  'edges-connecting': {
    title: 'Wake-ups of an edge-triggered epoll, connected to a peer not on the bypass',
  },
  'edges-switched': {
    title: 'Wake-ups of an edge-triggered epoll whose sender goes to TCP',
    affected: ['Go, Node.js'],
  },
  rdhup: { title: 'POLLRDHUP and the last data, after close()' },
  oob: { title: 'MSG_OOB', affected: ['Telnet and FTP (Synch, ABOR)'] },
  'half-close': { title: 'Half close' },
  'close-unread': { title: 'close() with unread data' },
  linger: { title: 'close() with SO_LINGER 0' },
  'linger-waiting': { title: 'close() with SO_LINGER 0, data waiting at the peer' },
  'reset-error': { title: 'SO_ERROR after a reset' },
  'blocked-end': { title: 'Sleeping recv(), the peer closes' },
  'blocked-reset': { title: 'Sleeping recv(), the peer resets', affected: BLOCKING },
  'blocked-shutdown': { title: 'Sleeping recv(), another thread calls shutdown()' },
  threads: { title: 'Two threads in recv(), one message comes', affected: BLOCKING },
  rcvtimeo: { title: 'SO_RCVTIMEO' },
  signal: { title: 'Sleeping recv(), a signal comes', affected: BLOCKING },
  'signal-restart': {
    title: 'Sleeping recv(), a signal with SA_RESTART comes',
    affected: BLOCKING,
  },
  sendfile: { title: 'sendfile()' },
  'splice-send': { title: 'splice() from a pipe to the socket' },
  'splice-receive': {
    title: 'splice() from the socket to a pipe',
    affected: SPLICE_READERS,
  },
  zerocopy: {
    title: 'MSG_ZEROCOPY, completion',
    affected: ['QEMU (zero-copy-send)', 'gRPC (where enabled)'],
  },
  'zerocopy-early': {
    title: 'MSG_ZEROCOPY, completions of what goes over TCP',
    affected: ['QEMU (zero-copy-send)', 'gRPC (where enabled)'],
  },
  mmsg: { title: 'sendmmsg() and recvmmsg()' },
  iovecs: { title: 'sendmsg() with 1024 iovecs' },
  'tcp-info': { title: 'TCP_INFO byte counters', affected: ['monitoring, as with ss -i'] },
  stalled: { title: 'A reader that stops reading stops its sender' },
  tls: { title: 'TLS in the kernel at both ends', affected: KTLS },
  'tls-send': { title: 'TLS in the kernel at the sender', affected: KTLS },
};
