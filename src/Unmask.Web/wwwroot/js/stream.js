// The page's one stream of events. Elements listen to what they need; a bar says when the server is away, and the stream goes on by itself.
const listeners = new Map();
let source;
let bar;

export function listen(kind, hear) {
  if (!listeners.has(kind)) listeners.set(kind, []);
  listeners.get(kind).push(hear);
  connect();
}

function connect() {
  if (source || document.hidden) return;
  const run = document.querySelector('[data-stream-run]')?.dataset;
  source = new EventSource(run ? `/api/stream?run=${encodeURIComponent(run.streamRun)}&from=${run.streamFrom}` : '/api/stream');
  source.addEventListener('open', () => lost(false));
  source.addEventListener('error', () => lost(true));
  for (const kind of ['run', 'reset', 'runs']) {
    source.addEventListener(kind, event => {
      if (run && event.lastEventId) run.streamFrom = event.lastEventId;
      const news = JSON.parse(event.data);
      for (const hear of listeners.get(kind) ?? []) hear(news);
    });
  }
}

// A page in the background holds no connection: browsers have only a few for a server.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) { source?.close(); source = undefined; } else if (listeners.size) connect();
});

function lost(away) {
  document.body.toggleAttribute('data-away', away);
  if (!away) { bar?.remove(); bar = undefined; return; }
  if (bar) return;
  bar = Object.assign(document.createElement('div'), { className: 'connection', textContent: 'The workbench does not answer. Runs go on; this page catches up as soon as it is back.' });
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
