// npm run machine -- bookworm trixie: virtual machines of the kernels suite, as hosts until Ctrl-C.
//
// Each is a whole Debian with its own kernel, new with each start; the first time it takes a minute or two to make.
// Its processors are emulated: what it accepts and refuses is right, its times are not.
import fs from 'node:fs';
import path from 'node:path';
import { atEnd, runToEnd } from '../test/harness/cleanup.ts';
import { run } from '../test/harness/run.ts';
import { temporaryDirectory } from '../test/harness/temporary.ts';
import { bootMachine } from '../test/kernels/machine.ts';
import { RELEASES } from '../test/kernels/releases.ts';

const isKnown = (name: string): name is keyof typeof RELEASES => Object.hasOwn(RELEASES, name);

await runToEnd(async () => {
  const names = Array.from(new Set(process.argv.slice(2)));
  const known = names.filter(isKnown);
  if (known.length === 0 || known.length < names.length) {
    throw new Error(`Name some of: ${Object.keys(RELEASES).join(', ')}.`);
  }
  const { path: directory } = temporaryDirectory();
  const config = path.join(directory, 'ssh_config');
  // A person's own hosts stay hosts.
  fs.writeFileSync(config, 'Match all\nInclude ~/.ssh/config\n');
  const aliases: string[] = [];
  for (const name of known) {
    console.log(`Starting ${name}…`);
    const { alias, configFile } = await bootMachine(RELEASES[name]);
    const stanza = fs.readFileSync(configFile, 'utf8');
    fs.writeFileSync(config, `${stanza}${fs.readFileSync(config, 'utf8')}`);
    const kernel = await run('ssh', ['-F', config, alias, 'uname', '-r']);
    console.log(`  ${alias}: Linux ${kernel.trim()}`);
    aliases.push(alias);
  }
  const [first = '', ...others] = aliases;
  const further = others.map((alias) => ` --host ${alias}`).join('');
  console.log(`
In VS Code, set sockmapBypass.ssh.configFile to ${config}, and choose ${aliases.join(', ')} as hosts.
On the command line:

  sockmap-bypass verify ${first} FILE.bpf.c${further} --ssh-config ${config}

Ctrl-C switches ${aliases.length === 1 ? 'it' : 'them'} off.`);
  // Nothing else keeps this process.
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => undefined, 60_000);
    atEnd(() => {
      clearInterval(timer);
      resolve();
    });
  });
});
