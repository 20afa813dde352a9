import fs from 'node:fs';
import path from 'node:path';
import type { Plan } from '../../../src/results/document.ts';
import { run } from '../../harness/run.ts';
import { startSshd, type TestSshd } from '../../harness/sshd.ts';
import { temporaryDirectory } from '../../harness/temporary.ts';
import type { Keybinding, Settings } from '../../harness/vscode/code-web/directories.ts';
import { drive } from '../../harness/vscode/drive.ts';
import { packageExtension } from '../../harness/vscode/packageExtension.ts';
import { below, makePlace, type Place } from '../../harness/vscode/place.ts';
import { startSession, type Session } from '../../harness/vscode/session.ts';
import type { Workbench } from '../../harness/vscode/workbench.ts';

type End = () => Promise<void>;

export interface StageOptions {
  readonly label: string;
  readonly settings?: Settings;
  /** Further executables of the host, by their names. */
  readonly tools?: Readonly<Record<string, string>>;
  /** @param host the string for the host, @param cgroup that of the stage. */
  readonly keybindings?: (host: string, cgroup: string) => readonly Keybinding[];
}

/** A window with the installed extension, a host behind ssh and a cgroup to load into. */
export interface Stage {
  readonly session: Session;
  readonly workbench: Workbench;
  readonly steps: ReturnType<typeof drive>;
  readonly sshd: TestSshd;
  readonly host: string;
  readonly folder: string;
  readonly place: Place;
  /** While it is closed, no compilation on the host comes to its end. */
  readonly gate: { readonly close: () => void; readonly open: () => void };
  /** Things left on the host: on the place, and in its directory for temporary files. */
  left(): Promise<string[]>;
  /** The directory of the installed extension. */
  readonly extension: string;
  stop(): Promise<void>;
}

export async function setStage(options: StageOptions): Promise<Stage> {
  const ends: End[] = [];
  const stop = async (): Promise<void> => {
    for (let end = ends.pop(); end; end = ends.pop()) await end();
  };
  try {
    const place = makePlace(options.label);
    ends.push(place.remove);
    const folder = temporaryDirectory();
    ends.push(() => folder.remove());
    const host = temporaryDirectory();
    ends.push(() => host.remove());
    const { gate, lines } = await hostSurroundings(host.path, options.tools);
    const sshd = await startSshd({ serverLines: lines });
    ends.push(() => sshd.stop());
    const session = await startSession({
      extensions: [await packageExtension()],
      folder: folder.path,
      settings: {
        'sockmapBypass.ssh.configFile': sshd.configFile,
        // A terminal's text is read from the page.
        'terminal.integrated.gpuAcceleration': 'off',
        ...options.settings,
      },
      keybindings: options.keybindings?.(sshd.alias, place.cgroup),
    });
    ends.push(() => session.stop());
    const { workbench } = session;
    return {
      session,
      workbench,
      sshd,
      place,
      gate,
      stop,
      steps: drive(workbench),
      host: sshd.alias,
      folder: folder.path,
      left: async () => [...(await place.left()), ...below(path.join(host.path, 'tmp'))],
      extension: installedExtension(session),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A stage with the bypass loaded. @param runs the profile or plan that each key runs a benchmark of. */
export async function benchmarkStage(
  label: string,
  runs: Readonly<Record<string, Plan | string>>,
): Promise<Stage> {
  const stage = await setStage({
    label,
    keybindings: (host, cgroup) =>
      Object.entries(runs).map(([key, profile]) => ({
        key,
        command: 'sockmapBypass.runBenchmark',
        args: { host, cgroup, profile },
      })),
  });
  try {
    await stage.steps.load(stage.host, stage.place.label);
    await stage.workbench.clearNotifications();
    return stage;
  } catch (error) {
    await stage.stop();
    throw error;
  }
}

/** Temporary files of its own on the host, and a clang that can be held up. */
async function hostSurroundings(
  directory: string,
  others: Readonly<Record<string, string>> = {},
): Promise<{ gate: Stage['gate']; lines: string[] }> {
  fs.chmodSync(directory, 0o711);
  const [temporary, tools] = [path.join(directory, 'tmp'), path.join(directory, 'tools')];
  fs.mkdirSync(temporary);
  fs.chmodSync(temporary, 0o1777);
  fs.mkdirSync(tools);
  const closed = path.join(directory, 'closed');
  const clang = (await run('sh', ['-c', 'command -v clang'])).trim();
  const wrapper = `#!/bin/sh
case " $* " in *' -c '*) while [ -e '${closed}' ]; do sleep 0.1; done ;; esac
exec '${clang}' "$@"
`;
  for (const [name, text] of Object.entries({ ...others, clang: wrapper }))
    fs.writeFileSync(path.join(tools, name), text, { mode: 0o755 });
  return {
    gate: {
      close: () => {
        fs.writeFileSync(closed, '');
      },
      open: () => {
        fs.rmSync(closed, { force: true });
      },
    },
    // sshd obeys only the first of these lines.
    lines: [
      `SetEnv TMPDIR=${temporary} PATH=${tools}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    ],
  };
}

function installedExtension({ server }: Session): string {
  const { extensions } = server.directories;
  const name = fs.readdirSync(extensions).find((each) => each.startsWith('sockmap-bypass.'));
  if (name === undefined) throw new Error('The extension is not installed.');
  return path.join(extensions, name);
}
