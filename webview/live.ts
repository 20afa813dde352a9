import './words.ts';
import * as l10n from '@vscode/l10n';
import { Chart } from 'chart.js';
import type { CanaryView, ToCanary } from '../src/results/canary/view.ts';
import type {
  FromLivePage,
  LivePageState,
  LiveView,
  ShownBypass,
  ToLivePage,
} from '../src/bypass/live/protocol.ts';
import { button } from './chooser.ts';
import { el } from './dom.ts';
import { LiveCanary } from './liveCanary.ts';
import type { Quantity } from './liveChart.ts';
import { LiveControls } from './liveControls.ts';
import { LiveHeader } from './liveHeader.ts';
import { LiveCounters, LiveSockets } from './liveTables.ts';
import { LiveTraffic } from './liveTraffic.ts';
import { Redraws } from './redraws.ts';
import { onThemeChange, readTheme } from './theme.ts';

/** VS Code keeps it while the page is hidden, and over a reload of the window. */
type State = LivePageState & { readonly quantity: Quantity };

declare function acquireVsCodeApi(): {
  postMessage(message: FromLivePage): void;
  getState(): unknown;
  setState(state: State): void;
};

const vscode = acquireVsCodeApi();
const send = (message: FromLivePage): void => {
  vscode.postMessage(message);
};
let quantity = restoreQuantity(vscode.getState());
let view: LiveView | undefined;
let canaryView: CanaryView | undefined;
const redraws = new Redraws(render);

const header = new LiveHeader(send);
const traffic = new LiveTraffic((chosen) => {
  quantity = chosen;
  keep();
  redraws.now();
});
const canary = new LiveCanary(send);
const controls = new LiveControls(send);
const counters = new LiveCounters();
const sockets = new LiveSockets();
const loading = el('p', { id: 'loading', role: 'status' }, l10n.t('Reading the host…'));
const emptyText = el('p');
const empty = el(
  'div',
  { id: 'empty', hidden: true },
  emptyText,
  button(
    l10n.t('Load a bypass…'),
    () => {
      send({ type: 'load' });
    },
    { class: 'primary' },
  ),
);
const unread = el('p', { id: 'unread', role: 'status', hidden: true });
const body = el(
  'div',
  { id: 'bypass', hidden: true },
  unread,
  canary.element,
  el('div', { class: 'columns' }, traffic.element, controls.element),
  counters.element,
  sockets.element,
);
document.querySelector('main')?.append(header.notices, header.element, loading, empty, body);

// The chart by its canvas, for tests and for whoever looks into the page: `Chart.getChart('chart')`.
Object.assign(window, { Chart });
window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (!isToLivePage(data)) return;
  if (data.type === 'canary') {
    canaryView = data.view;
    redraws.now();
    return;
  }
  view = data.view;
  header.received(view);
  keep();
  redraws.now();
});
document.addEventListener('visibilitychange', () => {
  send({ type: 'seen', seen: document.visibilityState === 'visible' });
});
onThemeChange(() => {
  redraws.now();
});
send({ type: 'ready' });

function render(): void {
  if (!view) return;
  const { bypass, bypasses, host, ageMs, problem, busy } = view;
  header.draw(view);
  loading.hidden = ageMs !== undefined || problem !== undefined;
  empty.hidden = bypasses.length > 0 || ageMs === undefined;
  emptyText.textContent = l10n.t('No sockmap bypass is loaded on {0}.', host);
  body.hidden = !bypass;
  if (bypass) renderBypass(bypass, busy);
}

function renderBypass(bypass: ShownBypass, busy: boolean): void {
  unread.hidden = bypass.unread === undefined;
  unread.textContent = bypass.unread ?? '';
  traffic.element.hidden = bypass.unread !== undefined;
  if (bypass.unread === undefined) traffic.draw(bypass, quantity, readTheme());
  canary.draw(canaryView, bypass.controls?.mode, readTheme());
  controls.draw(bypass.controls, busy);
  counters.draw(bypass);
  sockets.element.hidden = bypass.socketsNote === '';
  sockets.draw(bypass);
}

function keep(): void {
  if (view) vscode.setState({ ...view.kept, quantity });
}

/** Kept by an earlier version, or by none. */
function restoreQuantity(state: unknown): Quantity {
  const known = (state ?? {}) as { quantity?: unknown };
  return known.quantity === 'messages' ? 'messages' : 'bytes';
}

/** The frame also gets messages of the editor's own; the extension has made what is inside ours. */
function isToLivePage(message: unknown): message is ToLivePage | ToCanary {
  const { type } = (message ?? {}) as { type?: unknown };
  return type === 'live' || type === 'canary';
}
