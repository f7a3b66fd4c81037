// Posts, and hears the events that the answer streams: for each event hear(kind, news). Aborting the signal closes the connection, and the server stops working.
import { sentences } from './toast.js';

export async function post(address, body, hear, signal) {
  const response = await fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body ?? {}), signal });
  if (!response.ok) throw Object.assign(new Error(await sentences(response)), { status: response.status });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const events = rest.split('\n\n');
    rest = events.pop();
    for (const event of events) {
      const kind = /^event: (.*)$/m.exec(event)?.[1];
      const data = [...event.matchAll(/^data: (.*)$/gm)].map(line => line[1]).join('\n');
      if (kind) hear(kind, JSON.parse(data));
    }
  }
}
