// The page's stream of events, shared with the other pages of this browser. Elements listen to what they need; a bar says when the server is away, and the stream goes on by itself.
const listeners = new Map();
const shown = document.querySelector('[data-stream-run]')?.dataset;
let hub;
let leave;
let knowsAll = false;
let bar;

export function listen(kind, hear) {
  if (!listeners.has(kind)) listeners.set(kind, []);
  listeners.get(kind).push(hear);
  join();
}

async function join() {
  if (leave || document.hidden) return;
  const place = { run: shown?.streamRun, from: shown?.streamFrom };
  if (window.SharedWorker) {
    hub ??= connect();
    hub.postMessage(place);
    leave = () => hub.postMessage(null);
  } else {
    // Such browsers, on phones, show one page at a time.
    leave = () => {};
    const close = (await import('./feed.js')).feed([{ ...place, hear }]);
    if (leave) leave = close; else close();
  }
}

// Whether the person wants to be told on the desktop when a run ends.
export const notifies = () => localStorage.notify === 'yes' && window.Notification?.permission === 'granted';

function connect() {
  const { port } = new SharedWorker(new URL('./stream-worker.js', import.meta.url), { type: 'module', name: 'stream' });
  port.onmessage = ({ data: { kind, news, from } }) => hear(kind, news, from);
  return port;
}

function hear(kind, news, from) {
  if (kind === 'away' || kind === 'back') { lost(kind === 'away'); return; }
  if (from) shown.streamFrom = from;
  // The first list of all that lives is of the time when the page was made; a later one comes after a pause in which anything may have happened.
  if (news.all) { news.changed = knowsAll; knowsAll = true; }
  for (const one of listeners.get(kind) ?? []) one(news);
}

// A page out of sight hears nothing, unless it is to notify when a run ends; when it comes back it is told what it missed.
function turn() {
  if (!document.hidden) { if (listeners.size) join(); return; }
  leave?.();
  leave = undefined;
  if (hub && notifies()) hub.postMessage({});
}

document.addEventListener('visibilitychange', turn);
addEventListener('pageshow', event => { if (event.persisted) turn(); });
addEventListener('pagehide', () => { leave?.(); leave = undefined; });

function lost(away) {
  document.body.toggleAttribute('data-away', away);
  if (!away) { bar?.remove(); bar = undefined; return; }
  if (bar) return;
  bar = Object.assign(document.createElement('div'), { className: 'connection', textContent: 'The workbench does not respond. Runs continue; this page updates when the connection is back.' });
  bar.setAttribute('role', 'status');
  document.body.append(bar);
}

// Puts texts where data-bind names them, below an element.
export function bind(root, numbers) {
  for (const place of root.querySelectorAll('[data-bind]')) {
    const text = numbers[place.dataset.bind];
    if (text !== undefined && place.textContent !== text) place.textContent = text;
  }
}

export function pill(state) {
  const made = Object.assign(document.createElement('span'), { className: 'pill', textContent: state });
  made.dataset.state = state;
  return made;
}
