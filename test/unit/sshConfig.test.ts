import assert from 'node:assert/strict';
import { sshAliases } from '../../src/host/sshConfig.ts';

const aliases = (files: Readonly<Record<string, string>>): Promise<string[]> =>
  sshAliases('/home/ann/.ssh/config', (file) => {
    const text = files[file];
    return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
  });
const MAIN = '/home/ann/.ssh/config';

describe('the aliases of an ssh configuration', () => {
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
    assert.deepEqual(await aliases({ [MAIN]: text }), ['web1', 'web2', 'db', 'quoted']);
  });

  it('come through includes, which may be missing or circular', async () => {
    const files = {
      [MAIN]: 'Include work /etc/gone\nHost home\n',
      '/home/ann/.ssh/work': 'Include config\nHost office\n',
    };
    assert.deepEqual((await aliases(files)).toSorted(), ['home', 'office']);
  });

  it('are none where there is no file, or none that can be read', async () => {
    assert.deepEqual(await aliases({}), []);
    assert.deepEqual(await aliases({ [MAIN]: '' }), []);
    assert.deepEqual(await aliases({ [MAIN]: '"\0\n===\nHost' }), []);
  });
});
