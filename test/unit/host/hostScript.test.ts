import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execaSync } from 'execa';
import { hostScript, link, scriptArgv } from '../../../src/host/hostScript.ts';
import { loginShellLine } from '../../../src/host/quote.ts';

const TOOLS = path.join(import.meta.dirname, '../../../bpf/tools');

/** The limit of the Windows client, less the words around a command of root's, and long arguments. */
const LONGEST = 32_767 - 4096;

const SCRIPTS = [
  'ctl_load_object',
  'ctl_unload',
  'ctl_attach_only',
  'ctl_tell',
  'ctl_detach',
  'ctl_configure',
  'status_json',
  'ctl_attached',
  ...fs.readdirSync(TOOLS).filter((name) => name.endsWith('.sh')),
];

describe('a script for a host', () => {
  const library = new Map([
    ['one', 'one() { two; }'],
    ['two', 'two() {\necho 2\n}'],
    ['other', 'other() { one; }'],
  ]);

  it('brings the functions that it names, and that these name, in their order', () => {
    assert.equal(link('one', library), 'one() { two; }\ntwo() {\necho 2\n}\none');
    assert.equal(link('echo "$x"', library), 'echo "$x"');
  });

  it('keeps functions of its own', () => {
    const own = 'two() { :; }\none';
    assert.equal(link(own, library), `one() { two; }\n${own}`);
  });

  for (const name of SCRIPTS) {
    it(`${name} is whole, and no longer than a command line may be`, () => {
      execaSync('sh', ['-n', '-c', hostScript(name)]);
      const { length } = loginShellLine(scriptArgv(name));
      assert.ok(length < LONGEST, `${length} characters`);
    });
  }
});
