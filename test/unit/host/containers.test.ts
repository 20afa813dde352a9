import assert from 'node:assert/strict';
import { parseContainers } from '../../../src/host/containers.ts';
import { BOUNDARY } from '../recorded.ts';

const [A, B, C] = ['3f9a1c', 'beef', '77'].map((start) => start.padEnd(64, '0d')) as [
  string,
  string,
  string,
];
const UID = '0a1b2c3d-1111-2222-3333-444455556666';

const parse = (sections: Readonly<Record<string, string>>) => {
  const text = Object.entries(sections)
    .map(([name, told]) => `\n${BOUNDARY} ${name}\n${told}`)
    .join('');
  return parseContainers(text, BOUNDARY);
};
const names = (sections: Readonly<Record<string, string>>) =>
  Object.fromEntries(parse(sections).names);

describe('names of containers', () => {
  it('as docker ps prints them: with names of links, and images without a tag', () => {
    const docker = [
      `${A} web nginx:1.27`,
      `${B} app/database,db registry.example:5000/team/postgres@sha256:${C}`,
      `${C} odd sha256:${A}`,
      '',
    ].join('\n');
    assert.deepEqual(names({ docker }), {
      [A]: 'web · nginx:1.27',
      [B]: 'db · registry.example:5000/team/postgres',
      [C]: 'odd',
    });
    assert.deepEqual(names({ docker: `${A} web <no image>\n` }), { [A]: 'web' });
  });

  it('as podman and nerdctl ps print them, of Kubernetes, too', () => {
    const podman = `${A} pod-infra localhost/podman-pause:5.4.0-1740000000\n`;
    const nerdctl = `${B} k8s://shop/cart-0/app docker.io/library/redis:7\n${C}  busybox:latest\n`;
    assert.deepEqual(names({ podman, nerdctl }), {
      [A]: 'pod-infra · localhost/podman-pause:5.4.0-1740000000',
      [B]: 'shop/cart-0/app · docker.io/library/redis:7',
      [C]: 'busybox:latest',
    });
  });

  it('as ctr lists them, whose ids may be freely chosen', () => {
    const ctr = [
      'CONTAINER    IMAGE                             RUNTIME                  ',
      'cache        docker.io/library/redis:7         io.containerd.runc.v2    ',
      `${A}    -    io.containerd.runc.v2    `,
      `${B}    docker.io/library/nginx:1    io.containerd.runc.v2    `,
    ].join('\n');
    assert.deepEqual(names({ 'ctr default': ctr }), {
      'default/cache': 'cache · docker.io/library/redis:7',
      [B]: 'docker.io/library/nginx:1',
    });
  });

  it('as crictl ps prints them, with their pods and sandboxes', () => {
    const labels = {
      'io.kubernetes.container.name': 'app',
      'io.kubernetes.pod.name': 'cart-0',
      'io.kubernetes.pod.namespace': 'shop',
      'io.kubernetes.pod.uid': UID,
    };
    const one = {
      id: A,
      podSandboxId: C,
      metadata: { name: 'app', attempt: 0 },
      image: { image: `sha256:${B}`, annotations: {}, userSpecifiedImage: 'docker.io/shop/cart:3' },
      imageRef: `sha256:${B}`,
      state: 'CONTAINER_RUNNING',
      createdAt: '1732600000000000000',
      labels,
      annotations: {},
    };
    // Before 1.31, and CRI-O: no image as a person named it.
    const old = { ...one, id: B, metadata: { name: 'log', attempt: 1 }, image: { image: B } };
    const bare = { ...one, id: C, podSandboxId: '', metadata: { name: 'x' }, labels: null };
    const crictl = JSON.stringify({ containers: [one, old, bare, { id: 7 }, null] }, null, 2);
    const found = parse({ crictl });
    assert.deepEqual(Object.fromEntries(found.names), {
      [A]: 'shop/cart-0/app · docker.io/shop/cart:3',
      [B]: 'shop/cart-0/log',
      [C]: 'shop/cart-0, its sandbox',
    });
    assert.deepEqual(Object.fromEntries(found.pods), { [UID]: 'shop/cart-0' });
  });

  it('of the first engine that tells one: containerd has those of docker without names', () => {
    const ctr = `CONTAINER    IMAGE    RUNTIME\n${A}    -    io.containerd.runc.v2\n`;
    const docker = `${A} web nginx\n`;
    assert.deepEqual(names({ docker, 'ctr moby': ctr, end: '' }), { [A]: 'web · nginx' });
  });

  it('of nobody where engines print something else', () => {
    for (const text of [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.',
      `${A} \n${A.slice(1)} short x\n${A.toUpperCase()} upper x`,
      '{"containers":[{"id":"../../x","metadata":{"name":"x"}}]}',
      '{"containers":{}}',
      '[[[[',
      '\0\0\0',
    ]) {
      const found = parse({
        docker: text,
        podman: text,
        nerdctl: text,
        crictl: text,
        'ctr a': text,
      });
      assert.deepEqual([found.names.size, found.pods.size], [0, 0], text);
    }
  });
});
