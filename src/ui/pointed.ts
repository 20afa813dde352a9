/**
 * What a person pointed at in a view when they chose a command: it asks for the rest. No keybinding and no other
 * extension can make one, so that the hosts in it need no agreement.
 */
export class Pointed {
  readonly host: string;
  readonly cgroup: string | undefined;

  constructor(host: string, cgroup?: string) {
    this.host = host;
    this.cgroup = cgroup;
  }
}
