import type { Reach } from '../bypass/config.ts';
import type { Plan } from '../results/document.ts';

/** The page's own knowledge, beside the host. */
interface Wanted {
  readonly cgroups?: readonly string[];
  readonly reach?: Reach | undefined;
  readonly plan?: Plan;
}

/**
 * The item of a view that a person chose a command on: the command asks for the rest. No keybinding and no other
 * extension can make one, so that the hosts in it need no agreement.
 */
export class Pointed {
  readonly host: string;
  readonly cgroup: string | undefined;
  readonly wanted: Wanted;

  constructor(host: string, cgroup?: string, wanted: Wanted = {}) {
    this.host = host;
    this.cgroup = cgroup;
    this.wanted = wanted;
  }
}
