import fs from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { run } from '../run.ts';
import { temporaryDirectory } from '../temporary.ts';
import type { Fleet, FleetHost } from './fleet.ts';

const COLLECTION = path.resolve(import.meta.dirname, '../../../deploy/ansible');

interface Recap {
  readonly changed: number;
  readonly failed: number;
  readonly rescued: number;
}

interface Played {
  readonly exitCode: number | undefined;
  /** The outcome on each host that it was played on. */
  readonly hosts: ReadonlyMap<string, Recap>;
  readonly output: string;
  /** User and system time of Ansible and its ssh clients. */
  readonly cpuSeconds: number;
}

/** A machine that plays playbooks on a fleet. */
export interface Control {
  /** A file in its working folder; documents of the hosts come into its folder `results`. */
  file(name: string): string;
  /** The environment in which Ansible's commands run. */
  readonly env: NodeJS.ProcessEnv;
  play(playbook: string, ...args: readonly string[]): Promise<Played>;
  remove(): Promise<void>;
}

/** Installs the collection as a person does, with an inventory of those hosts. @param vars for all hosts. */
export async function openControl(
  fleet: Pick<Fleet, 'configFile'> & { readonly hosts: readonly Pick<FleetHost, 'name'>[] },
  vars: Readonly<Record<string, unknown>>,
): Promise<Control> {
  const place = temporaryDirectory();
  const file = (name: string): string => path.join(place.path, name);
  const env = {
    ...process.env,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_HOME: file('ansible'),
    ANSIBLE_COLLECTIONS_PATH: file('collections'),
    ANSIBLE_REMOTE_TEMP: file('remote'),
    ANSIBLE_PIPELINING: '1',
    ANSIBLE_FORKS: String(Math.min(fleet.hosts.length, 10)),
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_SSH_ARGS: `-F ${fleet.configFile} -o ControlMaster=auto -o ControlPersist=60`,
    ANSIBLE_SSH_CONTROL_PATH_DIR: file('masters'),
  };
  const inventory = {
    all: {
      hosts: Object.fromEntries(fleet.hosts.map(({ name }) => [name, {}])),
      vars: {
        ansible_python_interpreter: '/usr/bin/python3',
        bypass_ssh_options: ['--ssh-config', fleet.configFile],
        bypass_results: file('results'),
        ...vars,
      },
    },
  };
  fs.writeFileSync(file('inventory.yml'), JSON.stringify(inventory));
  const galaxy = (...args: string[]) => run('ansible-galaxy', ['collection', ...args], { env });
  await galaxy('build', COLLECTION, '--output-path', place.path);
  const archive = fs.readdirSync(place.path).find((name) => name.endsWith('.tar.gz')) ?? '';
  await galaxy('install', file(archive), '-p', file('collections'), '--offline');
  return {
    file,
    env,
    play: async (playbook, ...args) => {
      const argv = ['-i', file('inventory.yml'), `sockmap.bypass.${playbook}`, ...args];
      // The shell's times are those of its children.
      const timed = ['-c', '"$@"; code=$?; times >&2; exit $code', 'sh', 'ansible-playbook'];
      const { exitCode, stdout, stderr } = await execa('bash', [...timed, ...argv], {
        env,
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
      });
      const seconds = [...(stderr.split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
      const recaps = stdout.matchAll(
        /^(\S+) +: ok=.*changed=(\d+) .*failed=(\d+) .*rescued=(\d+)/gm,
      );
      return {
        exitCode,
        hosts: new Map(
          [...recaps].map(([, host = '', ...counts]) => {
            const [changed = NaN, failed = NaN, rescued = NaN] = counts.map(Number);
            return [host, { changed, failed, rescued }];
          }),
        ),
        output: `${stdout}\n${stderr}`,
        cpuSeconds: seconds.reduce((sum, [, m, s]) => sum + 60 * Number(m) + Number(s), 0),
      };
    },
    remove: () => place.remove(),
  };
}
