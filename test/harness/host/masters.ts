import fs from 'node:fs';
import { commandLine, processRef, type ProcessRef } from '../processes.ts';
import type { TestSshd } from '../sshd.ts';

/** The connections sshd has let in so far: one for all commands of a host. */
export const connections = (server: TestSshd): number =>
  server.log().match(/^Accepted publickey/gm)?.length ?? 0;

/** The clients of this server that run now. */
export const sshClients = (server: TestSshd): ProcessRef[] =>
  fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const words = commandLine(pid);
      return words[0] === 'ssh' && words.includes(server.configFile);
    })
    .map((pid) => processRef(pid))
    .filter((ref) => ref !== undefined);

/** Those among them that hold the shared connection. */
export const masters = (server: TestSshd): ProcessRef[] =>
  sshClients(server).filter(({ pid }) => commandLine(pid).includes('-M'));
