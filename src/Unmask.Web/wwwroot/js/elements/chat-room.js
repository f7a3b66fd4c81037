// The chat: a session of the server for each model that answers, the turns of the conversation, and how answers are written.
import { post } from '../sse.js';
import { sentences } from '../toast.js';
import './denoise-canvas.js';

const whole = ['max_new_tokens', 'steps', 'block_size', 'top_k', 'seed'];
const numbers = [...whole, 'temperature', 'top_p', 'alg_temp', 'cfg_scale'];
const mib = bytes => (bytes / 1048576).toFixed(0);

customElements.define('chat-room', class extends HTMLElement {
  connectedCallback() {
    this.sides = [];
    this.turns = [];
    this.find = selector => this.querySelector(selector);
    this.question = this.find('#question');
    this.find('form').addEventListener('submit', event => { event.preventDefault(); this.send(); });
    this.question.addEventListener('keydown', event => { if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); } });
    this.find('[data-load]').addEventListener('click', () => this.attempt(() => this.load()));
    this.find('[data-unload]').addEventListener('click', () => this.unload());
    this.find('[data-stop]').addEventListener('click', () => this.stop?.abort());
    this.find('[data-new]').addEventListener('click', () => this.restart());
    this.find('[data-system]').addEventListener('click', () => { const field = this.find('.system'); field.hidden = !field.hidden; field.querySelector('input').focus(); });
    for (const picker of this.querySelectorAll('.picker select')) picker.addEventListener('change', () => this.unload());
    for (const choice of this.querySelectorAll('[name=mode]')) choice.addEventListener('change', () => this.setMode(choice.value));
    for (const choice of this.querySelectorAll('[name=preset]')) choice.addEventListener('change', () => this.preset(choice.value));
    this.find('#max_new_tokens').addEventListener('input', () => this.preset(this.find('[name=preset]:checked')?.value));
    this.find('#steps').addEventListener('input', () => { for (const choice of this.querySelectorAll('[name=preset]')) choice.checked = false; });
    for (const choice of this.querySelectorAll('[name=colour], #hide')) choice.addEventListener('change', () => this.look());
    document.addEventListener('keydown', event => { if (event.key === 'Escape' && this.stop) this.stop.abort(); });
    addEventListener('pagehide', () => { for (const side of this.sides) fetch(`/api/chat/${side.session}`, { method: 'DELETE', keepalive: true }); });
    this.look();
    this.restart();
  }

  get mode() { return this.find('[name=mode]:checked').value; }

  setMode(mode) {
    this.question.placeholder = mode === 'infill' ? 'The ___ sat on the [MASK].' : 'Ask something';
    this.find('#question-help').textContent = mode === 'infill' ? '[MASK] is one token; ___ is one token for each underscore.' : 'Enter sends, Shift+Enter makes a new line.';
    this.find('[data-system]').hidden = mode === 'infill';
    this.find('[data-primary]').textContent = mode === 'infill' ? 'Fill' : 'Send';
  }

  look() {
    const colour = this.find('[name=colour]:checked').value;
    this.dataset.colour = colour;
    this.dataset.hide = this.find('#hide').checked ? 'yes' : 'no';
    this.find('.legend').hidden = colour === 'none';
    this.find('[data-low]').textContent = colour === 'step' ? 'early' : 'sure';
    this.find('[data-high]').textContent = colour === 'step' ? 'late' : 'unsure';
    for (const canvas of this.querySelectorAll('denoise-canvas')) canvas.redraw?.();
  }

  // What an action cannot do is told above the conversation.
  async attempt(action) {
    this.tell('');
    try { await action(); } catch (failure) {
      if (failure.name !== 'AbortError') this.tell(failure instanceof TypeError ? 'The workbench does not answer. Is it still running?' : failure.message);
    }
  }

  tell(text) {
    const banner = this.find('[data-problem]');
    banner.hidden = !text;
    banner.firstElementChild.textContent = text;
  }

  async open(model, adaptor) {
    const response = await fetch('/api/chat', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ model, adaptor: adaptor || null }) });
    if (!response.ok) throw new Error(await sentences(response));
    const { session, model: { name } } = await response.json();
    return { session, name, answers: [] };
  }

  async load() {
    if (this.sides.length === 0) {
      this.sides = [await this.open(this.find('#model').value, this.find('#adaptor')?.value)];
      if (this.find('#beside').value) this.sides.push(await this.open(this.find('#beside').value));
    }
    const [button, bar] = [this.find('[data-load]'), this.find('.loading')];
    [button.disabled, bar.hidden] = [true, false];
    this.say('Loading…');
    try { await Promise.all(this.sides.map(side => this.loadSide(side))); } catch (failure) { this.unload(); throw failure; } finally { [button.disabled, bar.hidden] = [false, true]; }
    button.hidden = true;
    this.find('[data-unload]').hidden = false;
    this.say(this.sides.map(({ name, loaded }) => `${name}: ${loaded.architecture}, ${loaded.parameters.toLocaleString('en')} parameters, ${mib(loaded.process_bytes)} MiB of memory, loaded in ${loaded.seconds.toFixed(1)} s`).join('. ') + '.');
    this.defaults(this.sides[0].loaded.defaults);
  }

  async loadSide(side) {
    await this.stream(`/api/chat/${side.session}/load`, {}, (kind, news) => {
      if (kind === 'progress') this.say(`Loading ${news.detail ?? ''}${news.total ? `, ${mib(news.total)} MiB` : ''}…`);
      if (kind === 'result') side.loaded = news.loaded;
    });
  }

  async stream(address, body, hear, signal) {
    let problem;
    await post(address, body, (kind, news) => { if (kind === 'error') problem = news.problems.join(' '); else hear(kind, news); }, signal);
    if (problem) throw new Error(problem);
  }

  say(text) { this.find('[data-state]').textContent = text; }

  defaults(values) {
    this.usual = values;
    for (const name of numbers) this.find(`#${name}`).placeholder = values[name] ?? 'off';
    this.find('#remasking').options[0].textContent = `as usual (${values.remasking})`;
    this.preset(this.find('[name=preset]:checked')?.value);
  }

  preset(name) {
    if (!name) return;
    const longest = +(this.find('#max_new_tokens').value || this.usual?.max_new_tokens || 128);
    this.find('#steps').placeholder = longest === this.usual?.max_new_tokens ? this.usual.steps : longest;
    this.find('#steps').value = name === 'model' ? '' : Math.max(1, Math.ceil(longest / { fast: 4, balanced: 2, best: 1 }[name]));
  }

  sampler() {
    const chosen = {};
    const problems = [];
    for (const name of numbers) {
      const field = this.find(`#${name}`);
      const text = field.value.trim().replace(',', '.');
      const bad = text !== '' && (!Number.isFinite(+text) || (whole.includes(name) && !Number.isInteger(+text)));
      field.toggleAttribute('aria-invalid', bad);
      if (bad) problems.push(`${field.labels[0].textContent} is ${text}; it must be a ${whole.includes(name) ? 'whole ' : ''}number.`);
      else if (text !== '') chosen[name] = +text;
    }
    if (problems.length) throw new Error(problems.join(' '));
    if (this.find('#remasking').value) chosen.remasking = this.find('#remasking').value;
    return chosen;
  }

  async unload() {
    this.stop?.abort();
    const sides = this.sides;
    this.sides = [];
    this.find('[data-load]').hidden = false;
    this.find('[data-unload]').hidden = true;
    this.say('Not loaded. The first question loads it, too.');
    this.restart();
    await Promise.all(sides.map(side => fetch(`/api/chat/${side.session}`, { method: 'DELETE' })));
  }

  restart() {
    this.stop?.abort();
    this.turns = [];
    for (const side of this.sides) side.answers = [];
    const hint = Object.assign(document.createElement('li'), { className: 'hint muted', textContent: 'Nothing said yet. Masks turn into words here, step by step.' });
    this.find('.turns').replaceChildren(hint);
  }

  send() {
    const text = this.question.value;
    if (this.stop || !text.trim()) return;
    this.attempt(() => this.ask(text));
  }

  async ask(text) {
    const sampler = this.sampler();
    const gaps = this.mode === 'infill';
    if (this.sides.length === 0) await this.load();
    this.find('.hint')?.remove();
    this.stop = new AbortController();
    const asked = this.turn('user', gaps ? 'Text with gaps' : 'You');
    asked.append(Object.assign(document.createElement('p'), { textContent: text }));
    const answers = this.turn('assistant', null);
    answers.classList.toggle('two', this.sides.length > 1);
    this.busy(true);
    this.question.value = '';
    try {
      const written = await Promise.all(this.sides.map(side => this.write(side, text, gaps, sampler, answers)));
      if (!gaps && written.every(one => one !== null)) { this.turns.push(text); written.forEach((one, at) => this.sides[at].answers.push(one)); }
    } finally {
      this.stop = undefined;
      this.busy(false);
      this.question.focus();
    }
  }

  // One side's answer; null where it was stopped or failed.
  async write(side, text, gaps, sampler, place) {
    const part = document.createElement('div');
    part.append(Object.assign(document.createElement('span'), { className: 'who', textContent: side.name }));
    const canvas = document.createElement('denoise-canvas');
    part.append(canvas);
    place.append(part);
    place.scrollIntoView({ block: 'nearest' });
    const said = this.turns.flatMap((turn, at) => [{ role: 'user', content: turn }, { role: 'assistant', content: side.answers[at] }]);
    const system = this.find('#system').value.trim();
    const request = gaps ? { gaps: text, sampler } : { turns: [...(system ? [{ role: 'system', content: system }] : []), ...said, { role: 'user', content: text }], sampler };
    let result = null;
    try {
      await this.stream(`/api/chat/${side.session}/generate`, request, (kind, news) => {
        if (kind === 'frame') canvas.take(news);
        else if (kind === 'result') result = news;
      }, this.stop.signal);
      canvas.end(result);
      return result?.text ?? null;
    } catch (failure) {
      canvas.end(null);
      if (failure.name !== 'AbortError') { if (!canvas.last) { part.remove(); } throw failure; }
      return null;
    }
  }

  turn(role, who) {
    const item = document.createElement('li');
    item.dataset.role = role;
    if (who) item.append(Object.assign(document.createElement('span'), { className: 'who', textContent: who }));
    this.find('.turns').append(item);
    return item;
  }

  busy(busy) {
    this.find('[data-stop]').hidden = !busy;
    this.find('[data-primary]').disabled = busy;
  }
});
