import { unloadBypass } from '../bypass/load.ts';
import type { BypassStatus } from '../bypass/status.ts';
import type { Context } from '../context.ts';
import { pickAttachment, pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { showInformation } from '../ui/window.ts';
import { cgroupArgument, readHostArgument } from './arguments.ts';

/** Unload sockmap bypass. */
export async function unload(
  context: Context,
  argument: unknown,
): Promise<BypassStatus | undefined> {
  const wanted =
    (await readHostArgument(context, cgroupArgument, argument)) ?? (await ask(context));
  if (wanted === undefined) return undefined;
  const { host, cgroup } = wanted;
  const status = await withProgress(
    `Unloading the sockmap bypass on ${host}`,
    async (report, signal) => {
      report(cgroup);
      return unloadBypass(await context.host(host), cgroup, signal);
    },
  );
  context.statusBar.show(status);
  void showInformation(
    `The sockmap bypass is off: ${cgroup} on ${host}. New connections use TCP/IP.`,
  );
  return status;
}

async function ask(context: Context): Promise<{ host: string; cgroup: string } | undefined> {
  const host = await pickHost(context, 'Unload sockmap bypass');
  if (host === undefined) return undefined;
  const cgroup = await pickAttachment(context, host, 'Unload sockmap bypass', { remains: true });
  return cgroup === undefined ? undefined : { host, cgroup };
}
