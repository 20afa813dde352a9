import {
  assess as assessHost,
  DEFAULT_SECONDS,
  readAssessSources,
  SECONDS_RANGE,
  type AssessStep,
} from '../../assess/assess.ts';
import { assessmentMarkdown, assessmentReport } from '../../assess/report.ts';
import { readDocument } from '../../bench/store.ts';
import { existingCgroup } from '../../host/cgroups.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';
import { flag, number, text, texts } from '../options.ts';

export const assess = command({
  name: 'assess',
  summary:
    'Shows which cgroups of a host talk to each other over TCP, what they rely on, and where a bypass would pay off. No service is touched.',
  operands: { HOST },
  options: {
    seconds: number(
      'SECONDS',
      SECONDS_RANGE,
      `How long to watch the traffic; ${DEFAULT_SECONDS} by default.`,
    ),
    cgroup: text('CGROUP', 'Only connections with an end in this cgroup, or below it.'),
    result: texts(
      'FILE',
      'A result document of this host (*.sockmap-bench.json), from which the gain is estimated.',
    ),
    markdown: flag('Print it in Markdown.'),
    ...HOST_OPTIONS,
  },
  examples: ['web1', 'web1 --seconds 60 --cgroup system.slice --markdown'],
  run: async (session, { HOST: name }, options) => {
    const { seconds = DEFAULT_SECONDS, cgroup, result: files, markdown } = options;
    const { signal } = session;
    const host = session.host(name, options);
    const [sources, ...documents] = await Promise.all([
      readAssessSources(session.bpf),
      ...files.map((file) => readDocument(file)),
    ]);
    const { mount } = await host.ready('control', signal);
    const assessment = await assessHost(host, {
      sources,
      seconds,
      documents,
      signal,
      ...(cgroup !== undefined && { cgroup: await existingCgroup(host, mount, cgroup, signal) }),
      onStep: (step) => {
        session.onStep(STEPS[step](name, seconds));
      },
    });
    return {
      data: assessment,
      text: markdown ? assessmentMarkdown(assessment) : assessmentReport(assessment),
    };
  },
});

const STEPS: Readonly<Record<AssessStep, (name: string, seconds: number) => string>> = {
  build: () => 'building the observer',
  look: (name, seconds) => `looking at the sockets of ${name} for ${seconds} s`,
  probe: () => 'probing what this kernel does to what was seen',
  verdict: () => 'working out what would gain',
};
