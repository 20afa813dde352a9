import { spawn } from 'node:child_process';
import { atEnd } from '../cleanup.ts';
import { descendants, endProcesses, processRef } from '../processes.ts';
import { entering, inside, type Arm } from './arms.ts';

/** Programs that run in cgroups and network namespaces for as long as the tests, clients mostly. */
export class Residents {
  readonly #ends: (() => Promise<void>)[] = [];

  run({ cgroup }: Pick<Arm, 'cgroup'>, netns: string, argv: readonly string[]): void {
    const [command = '', ...args] = inside({ cgroup }, entering(netns, argv));
    const { pid } = spawn(command, args, { stdio: 'ignore' });
    const end = atEnd(async () => {
      if (pid === undefined) return;
      const below = descendants(pid);
      await endProcesses([processRef(pid), ...below].filter((one) => one !== undefined));
    });
    this.#ends.push(end);
  }

  async end(): Promise<void> {
    for (const end of this.#ends) await end();
  }
}
