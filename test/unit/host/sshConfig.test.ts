import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import fs from 'node:fs';
import path from 'node:path';
import { sshAliases } from '../../../src/host/sshConfig.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';

describe('the aliases of an ssh configuration', () => {
  let home: TemporaryDirectory;
  beforeEach(() => {
    home = temporaryDirectory();
  });
  afterEach(() => home.remove());

  /** @param files by their path below the home directory. */
  function aliases(files: Readonly<Record<string, string>>): Promise<string[]> {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(home.path, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
    const main = path.join(home.path, '.ssh/config');
    return sshAliases(main, (file) => readFile(file, 'utf8'), home.path);
  }

  it('are the names without patterns, each once', async () => {
    const text = `Host web1 web2
  HostName 10.0.0.1
# Host commented
Host *.internal !bastion
Host db web1
  User ann
HOST "quoted"
Match host x
  User bob
Host *
`;
    assert.deepEqual(await aliases({ '.ssh/config': text }), ['web1', 'web2', 'db', 'quoted']);
  });

  it('come through includes, which may be missing or circular', async () => {
    const files = {
      '.ssh/config': 'Include work /etc/gone\nHost home\n',
      '.ssh/work': 'Include config\nHost office\n',
    };
    assert.deepEqual(await aliases(files), ['office', 'home']);
  });

  it('come through includes with patterns, in the order of their names, but not from hidden files', async () => {
    const files = {
      '.ssh/config': 'Include conf.d/*.conf ~/more/[ab]\nMatch all\n  Include late/?\n',
      '.ssh/conf.d/20.conf': 'Host second\n',
      '.ssh/conf.d/10.conf': 'Host first\n',
      '.ssh/conf.d/.hidden.conf': 'Host hidden\n',
      '.ssh/conf.d/readme': 'Host readme\n',
      'more/a': 'Host third\n',
      'more/c': 'Host not\n',
      '.ssh/late/x': 'Host late\n',
    };
    assert.deepEqual(await aliases(files), ['first', 'second', 'third', 'late']);
  });

  it('come through includes of includes, which are relative to ~/.ssh as well', async () => {
    const files = {
      '.ssh/config': 'Include conf.d/work\n',
      '.ssh/conf.d/work': 'Include teams/*\nHost work\n',
      '.ssh/teams/a': 'Include %d/last\nHost team\n',
      '.ssh/conf.d/teams/a': 'Host wrong\n',
      last: 'Host last\n',
    };
    assert.deepEqual(await aliases(files), ['last', 'team', 'work']);
  });

  it('are none where there is no file, or none that can be read', async () => {
    assert.deepEqual(await aliases({}), []);
    assert.deepEqual(await aliases({ '.ssh/config': '' }), []);
    assert.deepEqual(await aliases({ '.ssh/config': '"\0\n===\nHost' }), []);
  });
});
