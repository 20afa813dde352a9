import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import * as z from 'zod';
import { inventoryOf } from '../../src/bypass/inventory.ts';
import { findAnsible } from '../../src/host/ansible.ts';
import { HostError } from '../../src/host/errors.ts';
import { documentFileName } from '../../src/bench/store.ts';
import { RollOutFolder } from '../../src/workspace/rollOutFolder.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { resultDocument } from '../unit/results/documents.ts';

const COLLECTION = path.resolve(import.meta.dirname, '../../deploy/ansible');
const listed = z.object({
  _meta: z.object({ hostvars: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});

describe('the folder of a roll-out', function () {
  // Ansible takes seconds to start.
  this.timeout('2m');
  let place: TemporaryDirectory;
  before(() => {
    place = temporaryDirectory();
  });
  after(() => place.remove());

  const inventory = inventoryOf({
    hosts: ['no', 'web[1:3]', 'ssh://ann@db.example:2222', '10.0.0.1', 'local'],
    cgroups: ['on', 'a.slice/user@1000.service'],
    reach: 'host',
    profile: 'quick',
    source: "/ext/it's: #1",
    results: '- yes',
    plan: '!unsafe |',
    cli: ['/usr/bin/node', '~'],
    ssh: { configFile: '/home/ann e/config', program: '/opt/ssh' },
  });

  it('has an inventory that Ansible reads as it is meant', async () => {
    const folder = await RollOutFolder.make(place.path, new Date());
    await folder.fill(inventory, COLLECTION);
    const env = { ...process.env, LC_ALL: 'C.UTF-8', ANSIBLE_HOME: path.join(place.path, 'home') };
    const argv = ['-i', folder.inventory, '--list'];
    const { stdout, stderr } = await execa('ansible-inventory', argv, { env, extendEnv: false });
    const { hostvars } = listed.parse(JSON.parse(stdout))._meta;
    assert.deepEqual(Object.keys(hostvars).sort(), [
      '10.0.0.1',
      'db.example',
      'local',
      'no',
      'web_1_3_',
    ]);
    const db = hostvars['db.example'];
    assert.ok(db, stderr);
    assert.deepEqual(
      [db['ansible_host'], db['ansible_user'], db['ansible_port'], db['bypass_ssh_host']],
      ['db.example', 'ann', 2222, 'ssh://ann@db.example:2222'],
    );
    assert.deepEqual(db['bypass_cgroups'], ['on', 'a.slice/user@1000.service']);
    assert.deepEqual(
      [db['bypass_source'], db['bypass_results'], db['bypass_plan'], db['bypass_cli']],
      ["/ext/it's: #1", '- yes', '!unsafe |', ['/usr/bin/node', '~']],
    );
    assert.equal(db['ansible_ssh_common_args'], "-F '/home/ann e/config'");
  });

  it('has the collection, from which Ansible knows the playbooks', async () => {
    const folder = await RollOutFolder.make(place.path, new Date());
    await folder.fill(inventory, COLLECTION);
    const env = {
      ...process.env,
      LC_ALL: 'C.UTF-8',
      ANSIBLE_HOME: path.join(place.path, 'home'),
      ANSIBLE_COLLECTIONS_PATH: folder.collections,
    };
    for (const playbook of ['rollout', 'load', 'keep']) {
      const argv = ['-i', folder.inventory, `sockmap.bypass.${playbook}`, '--list-hosts'];
      const { stdout } = await execa('ansible-playbook', argv, { env, extendEnv: false });
      assert.match(stdout, /hosts \(5\)/, playbook);
    }
  });

  it('hands result documents over, and nothing else, and overwrites none', async () => {
    const folder = await RollOutFolder.make(place.path, new Date());
    await folder.fill(inventory, COLLECTION);
    const document = resultDocument();
    const results = path.join(place.path, 'own');
    const name = documentFileName(document);
    const put = (as: string, text: string) => {
      fs.writeFileSync(path.join(folder.results, as), text);
    };
    put('web1.sockmap-bench.json', JSON.stringify(document));
    put('web2.sockmap-bench.json', '{}');
    put('web1.status.json', '{}');
    assert.deepEqual(await folder.handOver(results), [path.join(results, name)]);
    fs.writeFileSync(path.join(results, name), 'of mine');
    assert.deepEqual(await folder.handOver(results), []);
    assert.equal(fs.readFileSync(path.join(results, name), 'utf8'), 'of mine');
  });

  it('is made for itself: where it is there already, none is', async () => {
    const now = new Date();
    await RollOutFolder.make(place.path, now);
    await assert.rejects(RollOutFolder.make(place.path, now));
  });

  it('finds Ansible on the PATH, of absolute folders alone', async () => {
    const found = await findAnsible(process.env);
    assert.equal(path.basename(found), 'ansible-playbook');
    const relative = path.relative(process.cwd(), path.dirname(found));
    await assert.rejects(findAnsible({ PATH: relative }), HostError);
  });
});
