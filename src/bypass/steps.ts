import * as l10n from '@vscode/l10n';
import type { LoadStep } from './load.ts';
import type { SemanticsStep } from './semantics.ts';

/** Steps of a load, in words for who waits. */
export const LOAD_STEPS: Readonly<Record<LoadStep, string>> = {
  get connect() {
    return l10n.t('connecting');
  },
  get check() {
    return l10n.t('checking the host');
  },
  get upload() {
    return l10n.t('uploading the source');
  },
  get compile() {
    return l10n.t("compiling with the host's clang");
  },
  get verify() {
    return l10n.t('the kernel verifies');
  },
  get configure() {
    return l10n.t('setting its limits');
  },
  get sk_msg() {
    return l10n.t('attaching to the map');
  },
  get replace() {
    return l10n.t('taking the old one away');
  },
  get sock_ops() {
    return l10n.t('attaching to the cgroup');
  },
  get status() {
    return l10n.t('reading the status');
  },
};

export const SEMANTICS_STEPS: Readonly<Record<SemanticsStep, string>> = {
  get connect() {
    return l10n.t('connecting');
  },
  get compile() {
    return l10n.t('compiling the probe');
  },
  get tcp() {
    return l10n.t('over plain TCP');
  },
  get load() {
    return l10n.t('loading the bypass into a cgroup of its own');
  },
  get bypass() {
    return l10n.t('over the bypass');
  },
};
