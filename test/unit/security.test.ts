import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

describe('docs/security.md', () => {
  const rows = read('docs/security.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('.test.ts`'));

  it('has threats from everywhere, each with what protects and a test that exists', () => {
    assert.ok(rows.length >= 18, `${rows.length} threats`);
    for (const row of rows) {
      const [, file = '', title = ''] = /`(test\/[^`]+\.test\.ts)`: (.+?) +\|$/.exec(row) ?? [];
      assert.notEqual(file, '', row);
      const declared = [`it('${title}'`, `'${title}',`].some((words) => read(file).includes(words));
      assert.ok(declared, `${file} has no test of the title: ${title}`);
    }
  });
});

describe('the supply chain', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { integrity?: string; resolved?: string; hasInstallScript?: boolean }>;
  };

  it('the lock file has a checksum for every package, and the address of no registry', () => {
    for (const [name, { integrity, resolved }] of Object.entries(packages)) {
      if (name === '') continue;
      assert.match(integrity ?? '', /^sha512-/, name);
      assert.equal(resolved, undefined, name);
    }
  });

  it('says of every package with an install script whether it may run it', () => {
    const { allowScripts } = JSON.parse(read('package.json')) as {
      allowScripts: Record<string, boolean>;
    };
    const scripted = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([name]) => name.replace(/^.*node_modules\//, ''));
    const optional = ['fsevents'];
    assert.deepEqual(
      scripted.filter((name) => !(name in allowScripts) && !optional.includes(name)),
      [],
    );
  });
});
