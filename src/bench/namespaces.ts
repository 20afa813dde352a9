import * as l10n from '@vscode/l10n';
import { guard } from '../host/guard.ts';
import type { Host } from '../host/host.ts';
import { hostScript } from '../host/hostScript.ts';

/** A network namespace, by a process in it: `PID:INODE`. */
export type Netns = string;

/** Two network namespaces, joined by veth pairs and a bridge in a third, as those of containers are. */
export interface Namespaces extends AsyncDisposable {
  readonly client: Netns;
  readonly server: Netns;
  readonly bridge: Netns;
  /** Address of the server's end: IPv4, which any Linux has in a namespace of its own. */
  readonly address: string;
  /** Whether the connection was cut, so that the host has removed them. */
  lost(): boolean;
}

/**
 * Makes them on the host for a run; the host removes them however it ends.
 * @throws HostError
 */
export async function makeNamespaces(host: Host, signal?: AbortSignal): Promise<Namespaces> {
  const made = await guard(
    host,
    { setup: hostScript('bench-namespaces.sh') },
    {
      tried: l10n.t('make two network namespaces'),
      next: l10n.t(
        'It takes iproute2 and util-linux on the host, and a kernel with network namespaces, veth and bridges.',
      ),
      root: true,
      signal,
    },
  );
  const [client = '', server = '', bridge = '', address = ''] = made.line.trim().split(' ');
  return {
    client,
    server,
    bridge,
    address,
    lost: () => made.lost(),
    [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
  };
}
