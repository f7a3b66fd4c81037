// Sends the form that it is in as JSON, shows how far the work is, and goes to what was made. Closing the dialog cancels. Without this script the form sends itself.
import { post } from '../sse.js';

customElements.define('work-progress', class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest('form');
    this.bar = this.querySelector('progress');
    this.words = this.querySelector('[role=status]');
    this.problem = this.querySelector('.problem');
    this.form.addEventListener('submit', event => { event.preventDefault(); this.run(); });
    this.closest('dialog').addEventListener('close', () => this.stop?.abort());
  }

  async run() {
    if (this.stop) return;
    this.stop = new AbortController();
    this.show('Starting…');
    try {
      await post(this.dataset.address, this.body(), (kind, news) => {
        if (kind === 'progress') this.tell(news);
        if (kind === 'error') this.fail(news.problems.join(' '));
        if (kind === 'result') location.href = `/models/${news.id}`;
      }, this.stop.signal);
    } catch (failure) {
      this.fail(failure.name === 'AbortError' ? '' : failure instanceof TypeError ? 'The workbench does not respond. Check that `unmask serve` is running.' : failure.message);
    }
    this.stop = undefined;
    this.form.querySelector('.primary').disabled = false;
  }

  // Fields by their names; what is empty is left out.
  body() {
    const body = {};
    for (const field of this.form.elements) {
      if (!field.name || field.type === 'hidden') continue;
      if (field.type === 'checkbox') body[field.name] = field.checked;
      else if (field.value.trim()) body[field.dataset.key ?? field.name] = field.value.trim();
    }
    return body;
  }

  show(text) {
    this.hidden = false;
    this.bar.hidden = false;
    this.bar.removeAttribute('value');
    this.words.textContent = text;
    this.problem.textContent = '';
    this.form.querySelector('.primary').disabled = true;
  }

  tell({ phase, done, total }) {
    if (total) { this.bar.max = total; this.bar.value = done ?? 0; }
    this.words.textContent = phase === 'waiting' ? 'Waiting for another task…' : `${phase[0].toUpperCase()}${phase.slice(1)}${total ? `, ${Math.floor(100 * (done ?? 0) / total)}%` : ''}…`;
  }

  fail(text) {
    this.bar.hidden = true;
    this.words.textContent = '';
    this.problem.textContent = text;
  }
});
