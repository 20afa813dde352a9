import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { atEnd } from './cleanup.ts';
import { endProcesses, processesOfUser } from './processes.ts';
import { run } from './run.ts';

/**
 * How far sudo lets the account go: not at all, freely, with its password, or by lines of sudoers(5) in
 * which NAME stands for the account.
 */
export type SudoMode = 'none' | 'nopasswd' | 'password' | readonly string[];

export interface TestAccount {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  readonly password: string;
  setPassword(password: string): Promise<void>;
  setSudo(mode: SudoMode): Promise<void>;
  /** Ends its processes and removes the account with its home and its sudo rights. */
  remove(): Promise<void>;
}

/** Makes a throw-away Unix account; only root can. */
export async function makeAccount(sudo: SudoMode, shell = '/bin/bash'): Promise<TestAccount> {
  const name = `sockmap-${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'sockmap-home-'));
  fs.chmodSync(parent, 0o711);
  const home = path.join(parent, name);
  // sudo passes over files with a dot in their names; ours has none.
  const rules = `/etc/sudoers.d/${name}`;
  const remove = atEnd(async () => {
    fs.rmSync(rules, { force: true });
    const uid = await uidOf(name);
    if (uid !== undefined) {
      await endProcesses(processesOfUser(uid));
      await run('userdel', [name]);
    }
    // sudo remembers who gave a password; a later account may get the same number.
    for (const place of ['/run/sudo/ts', '/var/lib/sudo/ts']) {
      fs.rmSync(path.join(place, name), { force: true });
      if (uid !== undefined) fs.rmSync(path.join(place, String(uid)), { force: true });
    }
    fs.rmSync(parent, { recursive: true, force: true });
  });
  const setSudo = async (mode: SudoMode): Promise<void> => {
    if (mode === 'none') {
      fs.rmSync(rules, { force: true });
      return;
    }
    const rule = `NAME ALL=(ALL:ALL) ${mode === 'nopasswd' ? 'NOPASSWD: ' : ''}ALL`;
    const lines = typeof mode === 'string' ? [rule] : mode;
    // A mistake in this directory would lock everyone out of sudo: check before it goes there.
    const draft = path.join(parent, 'sudoers');
    const text = lines.map((line) => `${line.replaceAll('NAME', name)}\n`).join('');
    fs.writeFileSync(draft, text, { mode: 0o440 });
    await run('visudo', ['-c', '-q', '-f', draft]);
    fs.copyFileSync(draft, `${rules}.new`);
    fs.chmodSync(`${rules}.new`, 0o440);
    fs.renameSync(`${rules}.new`, rules);
    fs.rmSync(draft);
  };
  const setPassword = async (given: string): Promise<void> => {
    await run('chpasswd', [], { input: `${name}:${given}\n` });
  };
  try {
    await run('useradd', ['--home-dir', home, '--create-home', '--shell', shell, name]);
    await setPassword(password);
    await setSudo(sudo);
    const uid = await uidOf(name);
    if (uid === undefined) throw new Error(`The account ${name} did not come into being.`);
    return { name, uid, home, password, setPassword, setSudo, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function uidOf(name: string): Promise<number | undefined> {
  try {
    return Number(await run('id', ['-u', name]));
  } catch {
    return undefined;
  }
}
