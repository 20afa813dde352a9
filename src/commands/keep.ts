import * as vscode from 'vscode';
import type { App } from '../app.ts';
import type { Attachment, BypassStatus, Kept } from '../bypass/attachment.ts';
import { keepBypass, stopKeeping } from '../bypass/keep.ts';
import { isPlaceOf, keeperOf, keptPlaces, keptState } from '../bypass/keptWords.ts';
import { socketIssues } from '../bypass/socketUnits.ts';
import { readCommand, readProbe } from '../bypass/source.ts';
import { HostError } from '../host/errors.ts';
import { listed } from '../text.ts';
import { form } from '../ui/form.ts';
import { pickBypass, readBypasses } from '../ui/pickBypass.ts';
import { pickHost } from '../ui/pickers.ts';
import { Pointed } from '../ui/pointed.ts';
import { withProgress } from '../ui/progress.ts';
import { pickOrType } from '../ui/quickPick.ts';
import { confirm, showInformation, showWarning } from '../ui/window.ts';
import { readLimits } from '../workspace/checkedSettings.ts';
import { readPrograms } from '../workspace/copy.ts';
import { cgroupArgument, keptArgument, readHostArgument } from './arguments.ts';

const KEEP = vscode.l10n.t('Keep bypass loaded after reboot');
const STOP = vscode.l10n.t('Stop keeping bypass');

interface Place {
  readonly host: string;
  readonly cgroup: string;
}

/**
 * Keep bypass loaded after reboot: systemd of the host loads it from then on.
 * @param argument `cgroup` is one of a bypass that is on.
 */
export async function keep(app: App, argument: unknown): Promise<BypassStatus | undefined> {
  const wanted: Place | undefined =
    (await readHostArgument(app, cgroupArgument, argument)) ??
    (await form(() => askToKeep(app, argument)));
  if (wanted === undefined) return undefined;
  const { host, cgroup } = wanted;
  const status = await withProgress(
    vscode.l10n.t('Keeping the sockmap bypass on {0}', host),
    async (report, signal) => {
      report(vscode.l10n.t('It is compiled, verified and tried there.'));
      const [command, probe] = await Promise.all([
        readCommand(app.bpfDirectory),
        readProbe(app.bpfDirectory),
      ]);
      return keepBypass(await app.host(host), {
        cgroup,
        readSource: async (policy) => (await readPrograms(app, policy)).source,
        tools: { command, probe },
        limits: readLimits(),
        signal,
      });
    },
  );
  app.statusBar.show(status);
  const kept = keeperOf(status.kept, { cgroups: [cgroup], gone: [] });
  if (kept === undefined || kept.state === 'on')
    void showInformation(
      vscode.l10n.t(
        'The sockmap bypass of {0} on {1} is kept: it is loaded after each boot, and with each start of its services.',
        cgroup,
        host,
      ),
    );
  else
    void showWarning(
      vscode.l10n.t(
        'The sockmap bypass of {0} on {1} is kept, but not on: {2}.',
        cgroup,
        host,
        keptState(kept),
      ),
    );
  return status;
}

async function askToKeep(app: App, pointed: unknown): Promise<Place | undefined> {
  const host = await pickHost(app, KEEP, pointed);
  if (host === undefined) return undefined;
  const chosen = await pickBypass(app, host, KEEP, { remains: false, pointed });
  if (chosen === undefined) return undefined;
  const { bypass, cgroup } = chosen;
  const listeners = await socketIssues(await app.host(host), bypass.cgroups);
  const goesOn = await confirm(
    vscode.l10n.t('Keep the bypass of {0} on {1}?', listed(bypass.cgroups), host),
    {
      detail: [
        vscode.l10n.t(
          'systemd loads it from then on: after each boot, and with each start of its services. For a new kernel it is compiled and verified again, and not loaded where that fails; services start anyway.',
        ),
        vscode.l10n.t(
          'A systemd unit is installed, and what it runs, as root: in /usr/local/lib/sockmap-bypass, /etc/sockmap-bypass and /etc/systemd/system. “Stop keeping bypass” removes all of it.',
        ),
        ...changes(bypass),
        ...listeners.map(({ wrong, next }) => `${wrong} ${next}`),
      ].join('\n\n'),
      go: vscode.l10n.t('Keep Loaded'),
      stay: vscode.l10n.t('Do Not Keep'),
    },
  );
  return goesOn ? { host, cgroup } : undefined;
}

/** How what is kept differs from what is loaded. */
function changes({ config }: Attachment): string[] {
  if (config === undefined) return [];
  const { mode, share } = config;
  return [
    ...(mode === 'guarded' ? [] : [vscode.l10n.t('It is guarded from then on.')]),
    ...(share === undefined || share === 100
      ? []
      : [vscode.l10n.t('It takes all new connections from then on.')]),
  ];
}

/**
 * Stop keeping bypass: unloads it, and removes all that was installed for it.
 * @param argument `name` is what it is kept as, `cgroup` one that it is for.
 */
export async function stopKeepingCommand(
  app: App,
  argument: unknown,
): Promise<BypassStatus | undefined> {
  const given = await readHostArgument(app, keptArgument, argument);
  const wanted =
    given === undefined
      ? await form(() => askToStop(app, argument))
      : { host: given.host, named: given.name ?? given.cgroup ?? '' };
  if (wanted === undefined) return undefined;
  const { host, named } = wanted;
  const status = await withProgress(
    vscode.l10n.t('Removing the kept sockmap bypass from {0}', host),
    async (report, signal) => {
      report(named);
      return stopKeeping(await app.host(host), named, signal);
    },
  );
  app.statusBar.show(status);
  void showInformation(
    vscode.l10n.t(
      '{0} is no longer kept on {1}, and what was installed for it is removed. New connections use TCP/IP.',
      named,
      host,
    ),
  );
  return status;
}

async function askToStop(
  app: App,
  pointed: unknown,
): Promise<{ host: string; named: string } | undefined> {
  const host = await pickHost(app, STOP, pointed);
  if (host === undefined) return undefined;
  const { kept } = await readBypasses(app, host);
  const chosen = await pickKept(host, kept, pointed);
  if (chosen === undefined) return undefined;
  const { name } = chosen;
  const goesOn = await confirm(vscode.l10n.t('Stop keeping the bypass {0} on {1}?', name, host), {
    detail: vscode.l10n.t(
      'It is unloaded from {0} now, and not loaded again; open connections go on over TCP. All that was installed for it is removed.',
      listed(keptPlaces(chosen)),
    ),
    go: vscode.l10n.t('Stop Keeping'),
    stay: vscode.l10n.t('Keep It'),
  });
  return goesOn ? { host, named: name } : undefined;
}

async function pickKept(
  host: string,
  kept: readonly Kept[],
  pointed: unknown,
): Promise<Kept | undefined> {
  const cgroup = pointed instanceof Pointed ? pointed.cgroup : undefined;
  const [only, ...more] =
    cgroup === undefined ? kept : kept.filter((one) => isPlaceOf(one, cgroup));
  if (only === undefined)
    throw new HostError({
      kind: 'not-found',
      tried: vscode.l10n.t('find what is kept'),
      where: host,
      words: vscode.l10n.t('no sockmap bypass is kept'),
      next: vscode.l10n.t('Unload what is loaded, where that is what you want.'),
    });
  if (more.length === 0) return only;
  return pickOrType(
    kept.map((value) => ({
      label: value.name,
      description: keptState(value),
      detail: keptPlaces(value).join(', '),
      value,
    })),
    { title: STOP, placeholder: vscode.l10n.t('Choose what to stop keeping') },
  );
}
