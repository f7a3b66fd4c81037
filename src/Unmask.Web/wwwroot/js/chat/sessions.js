// The models that answer: sessions of the server, opened for what the page's pickers say, closed when the page goes.
import { post } from '../sse.js';
import { sentences } from '../toast.js';

const mib = bytes => (bytes / 1048576).toFixed(0);

// Posts, hears the events of the answer, and throws what an event 'error' says.
export async function ask(address, body, hear, signal) {
  let problem;
  await post(address, body, (kind, news) => { if (kind === 'error') problem = news.problems.join(' '); else hear(kind, news); }, signal);
  if (problem) throw new Error(problem);
}

export class Sessions {
  // say(text) tells how the models stand; changed() is called when there are other ones.
  constructor(root, say, changed) {
    Object.assign(this, { say, changed, open: [], find: selector => root.querySelector(selector) });
    this.idle();
    for (const picker of root.querySelectorAll('[data-picker] :is(select, input)')) picker.addEventListener('change', () => { this.close(); });
    this.find('[data-unload]').addEventListener('click', () => this.close());
    this.find('[data-loading]')?.addEventListener('toggle', () => this.devices(), { once: true });
    addEventListener('pagehide', () => { for (const { id } of this.open) fetch(`/api/chat/${id}`, { method: 'DELETE', keepalive: true }); });
    addEventListener('pageshow', () => this.check());
    document.addEventListener('visibilitychange', () => this.check());
    setInterval(() => this.check(), 20_000);
  }

  get ids() { return this.open.map(({ id }) => id); }

  // Opens and loads what is chosen, unless it is open.
  async load() {
    await this.check();
    if (this.open.length) return;
    const [button, bar] = [this.find('[data-load]'), this.find('.loading')];
    [button.disabled, bar.hidden] = [true, false];
    this.say('Loading…');
    try {
      const adapter = this.find('#adapter')?.value || null;
      this.open.push(await this.begin(this.find('#model').value, adapter));
      if (this.find('#beside').value) this.open.push(await this.begin(this.find('#beside').value, null));
      await Promise.all(this.open.map(side => this.loadSide(side)));
      // Another choice was made meanwhile.
      if (this.open.length === 0) throw new DOMException('closed', 'AbortError');
      button.hidden = true;
      this.find('[data-unload]').hidden = false;
      this.say(this.open.map(({ name, loaded }) => `${name}: ${loaded.architecture}, ${loaded.parameters.toLocaleString('en')} parameters, ${mib(loaded.process_bytes)} MiB of memory on ${loaded.device}, loaded in ${loaded.seconds.toFixed(1)} s`).join('. ') + '.');
      this.changed(this.open[0].loaded);
    } catch (failure) {
      this.close();
      throw failure;
    } finally {
      [button.disabled, bar.hidden] = [false, true];
    }
  }

  async begin(model, adapter) {
    const choice = { model, adapter, in4_bit: this.find('#in4bit').checked, device: this.find('#device').value || null };
    const response = await fetch('/api/chat', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(choice) });
    if (!response.ok) throw new Error(await sentences(response));
    const { session, model: { name } } = await response.json();
    return { id: session, name };
  }

  loadSide(side) {
    return ask(`/api/chat/${side.id}/load`, {}, (kind, news) => {
      if (kind === 'progress') this.progress(news);
      if (kind === 'result') side.loaded = news.loaded;
    });
  }

  progress({ phase, detail, done, total, unit }) {
    const bar = this.find('.loading progress');
    if (total) { bar.max = total; bar.value = done ?? 0; } else bar.removeAttribute('value');
    this.say(phase === 'waiting' ? 'Waiting for another task…' : `Loading${detail ? ` ${detail}` : ''}${total && unit === 'values' ? `, ${(100 * (done ?? 0) / total).toFixed(0)}%` : ''}…`);
  }

  // Asks whether the sessions are open still; the server puts a model away that nobody asked for long.
  async check() {
    if (document.hidden || this.open.length === 0 || this.open.some(({ loaded }) => !loaded)) return;
    const answers = await Promise.all(this.ids.map(id => fetch(`/api/chat/${id}`).catch(() => null)));
    const gone = answers.find(answer => answer?.status === 404);
    if (!gone) return;
    const why = await sentences(gone);
    this.close();
    this.say(why);
  }

  close() {
    const sides = this.open;
    this.open = [];
    this.idle();
    return Promise.all(sides.map(({ id }) => fetch(`/api/chat/${id}`, { method: 'DELETE' }).catch(() => {})));
  }

  idle() {
    this.find('[data-load]').hidden = false;
    this.find('[data-unload]').hidden = true;
    this.say('Not loaded. Sending a message loads the model.');
  }

  // Devices are offered where there is more than one.
  async devices() {
    const response = await fetch('/api/chat/devices').catch(() => null);
    if (!response?.ok) return;
    const all = await response.json();
    const select = this.find('#device');
    for (const { id, name } of all) select.append(new Option(`${name} (${id})`, id));
    select.closest('.field').hidden = all.length < 2;
  }
}
