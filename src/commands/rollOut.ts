import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { App } from '../app.ts';
import { REACHES } from '../bypass/config.ts';
import { inventoryOf } from '../bypass/inventory.ts';
import { REACH_CHOICES, reachDetail } from '../bypass/reachWords.ts';
import { findAnsible } from '../host/ansible.ts';
import { PROFILES } from '../results/plan.ts';
import { listed } from '../text.ts';
import { form } from '../ui/form.ts';
import { pickCgroups } from '../ui/pickCgroups.ts';
import { pickHosts } from '../ui/pickers.ts';
import { runInTerminal } from '../ui/processTask.ts';
import { pickOne } from '../ui/quickPick.ts';
import { confirm, showInformation, showWarning } from '../ui/window.ts';
import { readReach } from '../workspace/checkedSettings.ts';
import { rememberUse } from '../workspace/knownHosts.ts';
import { newResultsFolder } from '../workspace/resultsFolder.ts';
import { RollOutFolder } from '../workspace/rollOutFolder.ts';
import { setting } from '../workspace/settings.ts';
import { cgroupsOf, namesCgroups, ONE_OF_CGROUPS, readHostArgument, text } from './arguments.ts';

const TITLE = vscode.l10n.t('Roll out bypass to hosts');
const PLAYBOOKS = ['rollout', 'load', 'keep'] as const;

const absolute = text.refine((file) => path.isAbsolute(file), { error: 'is no absolute path' });
const rollOutArgument = z
  .strictObject({
    hosts: z.array(text).min(1).max(10_000),
    cgroup: text.optional(),
    cgroups: z.array(text).min(1).max(1000).optional(),
    playbook: z.enum(PLAYBOOKS).default('rollout'),
    /** Says what would change, and changes nothing. */
    check: z.boolean().default(false),
    reach: z.enum(REACHES).default('namespace'),
    profile: z.enum(Object.keys(PROFILES) as [keyof typeof PROFILES]).default('quick'),
    /** A plan file for the canary hosts, in place of the profile. */
    plan: absolute.optional(),
    /** Where the folder of the roll-out is made; the extension's storage by default. */
    folder: absolute.optional(),
  })
  .refine(namesCgroups, ONE_OF_CGROUPS);
type Wanted = z.infer<typeof rollOutArgument>;

/** How a roll-out ended, in what Ansible says. */
interface RolledOut {
  /** 0: on all hosts; 2: a host failed, and was rolled back; 4: one was not reached; undefined: it was ended. */
  readonly exitCode: number | undefined;
  /** With the inventory, and what came. */
  readonly folder: string;
  /** Result documents, where results are. */
  readonly documents: readonly string[];
}

/** Roll out bypass to hosts: plays a playbook in a terminal, and shows the fleet afterwards. */
export async function rollOut(app: App, argument: unknown): Promise<RolledOut | undefined> {
  const ansible = await findAnsible(process.env);
  const wanted =
    (await readHostArgument(app, rollOutArgument, argument)) ?? (await form(() => ask(app)));
  if (wanted === undefined) return undefined;
  for (const host of wanted.hosts) await rememberUse(app, host);
  const folder = await prepare(app, wanted);
  const { playbook, check, hosts } = wanted;
  const exitCode = await runInTerminal(
    check ? vscode.l10n.t('Dry run of a roll-out') : vscode.l10n.t('Roll-out'),
    [
      ansible,
      '-i',
      folder.inventory,
      `sockmap.bypass.${playbook}`,
      ...(check ? ['--check', '--diff'] : []),
    ],
    { cwd: folder.path, env: environment(folder) },
  );
  const results = newResultsFolder(app).fsPath;
  const documents = await folder.handOver(results);
  app.results.refresh();
  app.hosts.relist();
  await app.fleetPages.open({ again: true });
  void announce(exitCode, { check, hosts, folder });
  return { exitCode, folder: folder.path, documents };
}

/** Writes the inventory and the collection into a folder of its own. */
async function prepare(app: App, wanted: Wanted): Promise<RollOutFolder> {
  const { hosts, reach, profile, plan } = wanted;
  const { extensionUri, globalStorageUri } = app.extension;
  const inside = (...parts: string[]) => vscode.Uri.joinPath(extensionUri, ...parts).fsPath;
  const [program, configFile] = [setting('ssh.program'), setting('ssh.configFile')];
  const parent = wanted.folder ?? vscode.Uri.joinPath(globalStorageUri, 'roll-outs').fsPath;
  const inventory = (results: string) =>
    inventoryOf({
      hosts,
      reach,
      profile,
      plan,
      results,
      cgroups: cgroupsOf(wanted),
      source: app.bpfDirectory,
      cli: [process.execPath, inside('dist', 'cli.cjs')],
      ssh: {
        ...(program !== '' && { program }),
        ...(configFile !== '' && { configFile: path.resolve(configFile) }),
      },
    });
  // Refused before a folder is made.
  inventory(parent);
  const folder = await RollOutFolder.make(parent, new Date());
  await folder.fill(inventory(folder.results), inside('deploy', 'ansible'));
  return folder;
}

const environment = ({ collections }: RollOutFolder): Record<string, string> => ({
  ANSIBLE_COLLECTIONS_PATH: collections,
  // The runtime of this extension runs the command line, too, where that is no window.
  ELECTRON_RUN_AS_NODE: '1',
  // Ansible asks for UTF-8, which a window that was started without a locale has not.
  ...(process.platform === 'linux' && { LC_ALL: 'C.UTF-8' }),
});

async function announce(
  exitCode: number | undefined,
  of: { check: boolean; hosts: readonly string[]; folder: RollOutFolder },
): Promise<void> {
  const { check, hosts, folder } = of;
  const open = vscode.l10n.t('Open Inventory');
  const chosen = await (exitCode === 0
    ? showInformation(
        check
          ? vscode.l10n.t('The dry run went well on {0}: nothing was changed.', listed(hosts))
          : vscode.l10n.t('Rolled out to {0}.', listed(hosts)),
        open,
      )
    : showWarning(failureWords(exitCode), open));
  if (chosen === open)
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(folder.inventory));
}

function failureWords(exitCode: number | undefined): string {
  switch (exitCode) {
    case undefined:
      return vscode.l10n.t('The roll-out was ended. The fleet page shows what is loaded where.');
    case 2:
      return vscode.l10n.t(
        'The roll-out stopped at a host that failed; later hosts are untouched. Its terminal says why.',
      );
    case 4:
      return vscode.l10n.t('A host could not be reached. The terminal of the roll-out says why.');
    default:
      return vscode.l10n.t(
        'Ansible failed with exit code {0}. The terminal of the roll-out says why.',
        exitCode,
      );
  }
}

async function ask(app: App): Promise<Wanted | undefined> {
  const hosts = await pickHosts(app, TITLE);
  const [first] = hosts ?? [];
  if (hosts === undefined || first === undefined) return undefined;
  const how = await pickOne(ways(), {
    title: TITLE,
    placeHolder: vscode.l10n.t('Choose how to roll out'),
  });
  if (how === undefined) return undefined;
  const cgroups = await pickCgroups(app, first, TITLE);
  if (cgroups === undefined) return undefined;
  const reach = readReach() ?? (await askReach());
  if (reach === undefined) return undefined;
  const folder = await askFolder();
  if (folder === undefined) return undefined;
  const { playbook, check, detail } = how;
  const go = check ? vscode.l10n.t('Dry Run') : vscode.l10n.t('Roll Out');
  const goesOn = await confirm(
    check
      ? vscode.l10n.t('Try a roll-out to {0}?', listed(hosts))
      : vscode.l10n.t('Roll out to {0}?', listed(hosts)),
    {
      detail: [
        detail,
        vscode.l10n.t('Cgroups: {0}. Reach: {1}.', listed(cgroups), REACH_CHOICES[reach]),
        vscode.l10n.t(
          'Ansible runs in a terminal, as root: sudo there must not ask for a password.',
        ),
      ].join('\n\n'),
      go,
      stay: vscode.l10n.t('Do Not Roll Out'),
    },
  );
  if (!goesOn) return undefined;
  return {
    hosts,
    cgroups,
    playbook,
    check,
    reach,
    profile: 'quick',
    ...(folder !== '' && { folder }),
  };
}

interface Way {
  readonly label: string;
  readonly detail: string;
  readonly playbook: Wanted['playbook'];
  readonly check: boolean;
}

const ways = (): Way[] => [
  {
    label: vscode.l10n.t('Canary first'),
    detail: vscode.l10n.t(
      'The first host is measured. If good, the others follow; if not, it is rolled back.',
    ),
    playbook: 'rollout',
    check: false,
  },
  {
    label: vscode.l10n.t('On all at once'),
    detail: vscode.l10n.t('Loads, and measures nothing.'),
    playbook: 'load',
    check: false,
  },
  {
    label: vscode.l10n.t('Keep across reboots'),
    detail: vscode.l10n.t(
      'The systemd of each host loads it after each boot, and with each start of its service.',
    ),
    playbook: 'keep',
    check: false,
  },
  {
    label: vscode.l10n.t('Dry run'),
    detail: vscode.l10n.t('Says what a roll-out with a canary would change, and changes nothing.'),
    playbook: 'rollout',
    check: true,
  },
];

async function askReach(): Promise<Wanted['reach'] | undefined> {
  const items = REACHES.map((reach) => ({
    label: REACH_CHOICES[reach],
    ...(reach === 'host' && { detail: reachDetail(reach) }),
    reach,
  }));
  const placeHolder = vscode.l10n.t('Choose which connections are bypassed');
  return (await pickOne(items, { title: TITLE, placeHolder }))?.reach;
}

/** @returns empty for the extension's own storage. */
async function askFolder(): Promise<string | undefined> {
  const items = [
    {
      label: vscode.l10n.t('In the storage of the extension'),
      detail: vscode.l10n.t('The inventory is there to be opened afterwards.'),
      isOwn: true,
    },
    {
      label: vscode.l10n.t('In a folder…'),
      detail: vscode.l10n.t('To keep it with your own playbooks, or in a repository.'),
      isOwn: false,
    },
  ];
  const placeHolder = vscode.l10n.t('Choose where the inventory is written');
  const chosen = await pickOne(items, { title: TITLE, placeHolder });
  if (chosen === undefined || chosen.isOwn) return chosen && '';
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: TITLE,
      openLabel: vscode.l10n.t('Choose'),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return folder?.fsPath;
}
