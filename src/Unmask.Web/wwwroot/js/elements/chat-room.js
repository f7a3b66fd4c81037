// The chat: questions, and answers that come out of their masks. The server lets the models write and keeps what they wrote.
import { Kept } from '../chat/kept.js';
import { Sampler } from '../chat/sampler.js';
import { Sessions, ask } from '../chat/sessions.js';
import './denoise-canvas.js';

customElements.define('chat-room', class extends HTMLElement {
  connectedCallback() {
    this.find = selector => this.querySelector(selector);
    this.question = this.find('#question');
    this.sampler = new Sampler(this);
    this.sessions = new Sessions(this, text => { this.find('[data-state]').textContent = text; }, loaded => this.sampler.usual(loaded.defaults));
    this.kept = new Kept(this, () => this.restart());
    this.find('form.composer').addEventListener('submit', event => { event.preventDefault(); this.send(); });
    this.question.addEventListener('keydown', event => { if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); } });
    this.find('[data-load]').addEventListener('click', () => this.attempt(() => this.sessions.load()));
    this.find('[data-stop]').addEventListener('click', () => this.stop?.abort());
    this.find('[data-new]').addEventListener('click', () => { this.restart(); this.kept.take(null, ''); this.question.focus(); });
    this.find('[data-system]').addEventListener('click', () => { const field = this.find('.system'); field.hidden = !field.hidden; field.querySelector('input').focus(); });
    for (const choice of this.querySelectorAll('[name=mode]')) choice.addEventListener('change', () => this.setMode(choice.value));
    for (const choice of this.querySelectorAll('[name=color], #hide')) choice.addEventListener('change', () => this.look());
    document.addEventListener('keydown', event => { if (event.key === 'Escape' && this.stop) this.stop.abort(); });
    this.look();
    this.restart();
    if (this.kept.id) this.attempt(async () => this.show(await this.kept.open()));
  }

  get mode() { return this.find('[name=mode]:checked').value; }

  setMode(mode) {
    const gaps = mode === 'infill';
    this.question.placeholder = gaps ? 'The ___ sat on the [MASK:3].' : 'Message';
    this.find('#question-help').textContent = gaps ? '[MASK] is 1 token, [MASK:3] is 3 tokens; ___ is 1 token per underscore.' : 'Enter sends, Shift+Enter inserts a line break.';
    this.find('[data-system]').hidden = gaps;
    this.find('[data-primary]').textContent = gaps ? 'Infill' : 'Send';
  }

  look() {
    const color = this.find('[name=color]:checked').value;
    this.dataset.color = color;
    this.dataset.hide = this.find('#hide').checked ? 'yes' : 'no';
    this.find('.legend').hidden = color === 'none';
    this.find('[data-low]').textContent = color === 'step' ? 'early' : 'confident';
    this.find('[data-high]').textContent = color === 'step' ? 'late' : 'uncertain';
    for (const canvas of this.querySelectorAll('denoise-canvas')) canvas.redraw?.();
  }

  // What an action cannot do is told above the conversation.
  async attempt(action) {
    this.tell('');
    try { await action(); } catch (failure) {
      if (failure.name !== 'AbortError') this.tell(failure instanceof TypeError ? 'The workbench does not respond. Check that `unmask serve` is running.' : failure.message);
    }
  }

  tell(text) {
    const banner = this.find('[data-problem]');
    banner.hidden = !text;
    banner.firstElementChild.textContent = text;
  }

  // Nothing said yet.
  restart() {
    this.stop?.abort();
    this.tell('');
    this.find('.turns').replaceChildren(Object.assign(document.createElement('li'), { className: 'hint muted', textContent: 'No messages yet. The denoising steps of each response appear here.' }));
  }

  // A conversation that was kept.
  show(conversation) {
    this.find('.turns').replaceChildren();
    this.find('#system').value = conversation.system ?? '';
    this.find('.system').hidden = !conversation.system;
    for (const exchange of conversation.exchanges) {
      this.asked(exchange.asked, exchange.gaps);
      const place = this.answers(exchange.answers.length);
      for (const answer of exchange.answers) {
        const canvas = this.part(place, answer.by.name);
        canvas.restore(answer);
        if (answer.problem) this.trouble(canvas, answer.problem);
      }
    }
    const last = conversation.exchanges.at(-1);
    if (last) this.sampler.show(last.sampler);
    this.find('.turns').lastElementChild?.scrollIntoView({ block: 'nearest' });
  }

  send() {
    const text = this.question.value;
    if (this.stop || !text.trim()) return;
    this.attempt(() => this.ask(text));
  }

  async ask(text) {
    const sampler = this.sampler.read();
    const gaps = this.mode === 'infill';
    const first = !this.kept.id;
    this.stop = new AbortController();
    this.busy(true);
    let asked, place;
    try {
      await this.sessions.load();
      this.find('.hint')?.remove();
      asked = this.asked(text, gaps);
      place = this.answers(this.sessions.open.length);
      const canvases = this.sessions.open.map(({ name }) => this.part(place, name));
      place.scrollIntoView({ block: 'nearest' });
      this.question.value = '';
      await this.write({ text, gaps, sampler, sessions: this.sessions.ids, system: this.find('#system').value }, canvases);
    } catch (failure) {
      for (const canvas of place?.querySelectorAll('denoise-canvas[aria-busy]') ?? []) canvas.end(null);
      // What could not be answered at all can be sent again.
      if (place && ![...place.querySelectorAll('denoise-canvas')].some(canvas => canvas.last)) {
        asked.remove();
        place.remove();
        this.question.value ||= text;
        // A conversation of which nothing is kept is none.
        if (first) this.kept.take(null, '');
      }
      throw failure;
    } finally {
      this.stop = undefined;
      this.busy(false);
      this.question.focus();
      // What was stopped is kept a moment later.
      setTimeout(() => this.kept.refresh(), 150);
    }
  }

  async write(question, canvases) {
    await ask(this.kept.id ? `/api/chats/${this.kept.id}/questions` : '/api/chats', question, (kind, news) => {
      if (kind === 'conversation') this.kept.take(news.id, news.name);
      else if (kind === 'progress') this.sessions.progress(news.news);
      else if (kind === 'frame') canvases[news.side].take(news.news);
      else if (kind === 'answer') {
        const canvas = canvases[news.side];
        canvas.end(news.news);
        if (news.news.problem) this.trouble(canvas, news.news.problem);
      }
    }, this.stop.signal);
  }

  asked(text, gaps) {
    const item = this.turn('user', gaps ? 'Infill' : 'You');
    item.append(Object.assign(document.createElement('p'), { textContent: text }));
    return item;
  }

  answers(count) {
    const item = this.turn('assistant');
    item.classList.toggle('two', count > 1);
    return item;
  }

  part(place, name) {
    const part = document.createElement('div');
    const canvas = document.createElement('denoise-canvas');
    part.append(Object.assign(document.createElement('span'), { className: 'who', textContent: name }), canvas);
    place.append(part);
    return canvas;
  }

  trouble(canvas, text) {
    canvas.after(Object.assign(document.createElement('p'), { className: 'problem', textContent: text }));
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
