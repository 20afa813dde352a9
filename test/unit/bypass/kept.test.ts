import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execaSync } from 'execa';
import { FAULTS } from '../../../src/bypass/faults.ts';
import { withFunctions } from '../../../src/host/hostScript.ts';

const PACKAGE = path.join(import.meta.dirname, '../../../package.json');

const say = (name: string): string => execaSync('sh', ['-c', withFunctions(name)]).stdout;

describe('what a host keeps loaded', () => {
  it('is of the version that this is', () => {
    const { version } = JSON.parse(fs.readFileSync(PACKAGE, 'utf8')) as { version: string };
    assert.equal(say('ctl_version'), version);
  });

  it('is probed for the faults by which programs stall', () => {
    const grave = FAULTS.filter(({ grave }) => grave);
    const probes = grave.flatMap(({ shown }) => shown.map(({ probe }) => probe));
    assert.deepEqual(say('kept_probes').split(' ').sort(), probes.sort());
  });
});
