import assert from 'node:assert/strict';
import { distribution } from '../../scripts/setup/distribution.mjs';
import { withComponent } from '../../scripts/setup/sources.mjs';

describe('the set-up', () => {
  const debian = { component: 'non-free', codename: 'bookworm' };
  const ubuntu = { component: 'multiverse', codename: 'noble' };

  it('offers one more component of the sources of Debian', () => {
    const sources = [
      'Types: deb deb-src\n# a comment\nURIs: http://mirror.example/debian',
      'Suites: bookworm bookworm-updates\nComponents: main contrib\nSigned-By: /a/key.gpg\n',
      '\nTypes: deb\nURIs: http://mirror.example/tools\nSuites: nodistro\nComponents: main\n',
    ].join('\n');
    assert.equal(
      withComponent(sources, 'deb822', debian),
      'Types: deb\nURIs: http://mirror.example/debian\n' +
        'Suites: bookworm bookworm-updates\nComponents: non-free\nSigned-By: /a/key.gpg\n',
    );
  });

  it('reads lists of one line a source', () => {
    const sources = [
      '# deb http://mirror.example/ubuntu noble main',
      'deb [arch=amd64 signed-by=/a/key] http://mirror.example/ubuntu noble main restricted # base',
      'deb-src http://mirror.example/ubuntu noble main',
      'deb http://mirror.example/ubuntu noble-security main',
      'deb http://mirror.example/ubuntu noble universe',
      'deb https://mirror.example/chat stable main',
    ].join('\n');
    assert.equal(
      withComponent(sources, 'list', ubuntu),
      'deb [arch=amd64 signed-by=/a/key] http://mirror.example/ubuntu noble multiverse\n' +
        'deb http://mirror.example/ubuntu noble-security multiverse\n',
    );
  });

  it('leaves out a source that is switched off', () => {
    const source = 'Enabled: no\nTypes: deb\nURIs: http://a\nSuites: bookworm\nComponents: main\n';
    assert.equal(withComponent(source, 'deb822', debian), '');
  });

  it('distinguishes distributions', () => {
    const family = (text: string): string | undefined => distribution(text).family;
    assert.equal(family('ID=debian\nVERSION_CODENAME=bookworm'), 'debian');
    assert.equal(family('ID=ubuntu\nID_LIKE=debian'), 'debian');
    assert.equal(family('ID="rocky"\nID_LIKE="rhel centos fedora"'), 'fedora');
    assert.equal(family('ID="opensuse-leap"\nID_LIKE="suse opensuse"'), 'suse');
    assert.equal(family('ID=arch'), 'arch');
    assert.equal(family('ID=alpine'), 'alpine');
    assert.equal(family('ID=nixos'), undefined);
    const mint = distribution('ID=linuxmint\nID_LIKE="ubuntu debian"\nUBUNTU_CODENAME=noble');
    assert.deepEqual([mint.component, mint.codename], ['multiverse', 'noble']);
  });
});
