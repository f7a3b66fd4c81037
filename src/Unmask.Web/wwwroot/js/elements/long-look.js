// Waits for a look through a large dataset: shows how far it is, and loads the page again when it is done. Leaving the page stops the look.
import { post } from '../sse.js';

const time = seconds => seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${Math.ceil(seconds)} s`;

customElements.define('long-look', class extends HTMLElement {
  async connectedCallback() {
    this.bar = this.querySelector('progress');
    this.words = this.querySelector('[role=status]');
    this.stop = new AbortController();
    addEventListener('pagehide', () => this.stop.abort());
    // A page that the back button brings again begins anew.
    addEventListener('pageshow', event => { if (event.persisted) location.reload(); });
    let done = false;
    try {
      await post(this.dataset.address, undefined, (kind, news) => {
        if (kind === 'progress') this.tell(news);
        if (kind === 'error') this.fail(news.problems.join(' '));
        if (kind === 'result') done = true;
      }, this.stop.signal);
    } catch (failure) {
      if (failure.name !== 'AbortError') this.fail(failure instanceof TypeError ? 'The workbench does not respond. Check that `unmask serve` is running.' : failure.message);
    }
    if (done) location.reload();
  }

  tell({ phase, done, total }) {
    if (phase !== this.phase) [this.phase, this.began, this.first] = [phase, performance.now(), done ?? 0];
    if (total) { this.bar.max = total; this.bar.value = done ?? 0; } else this.bar.removeAttribute('value');
    const spent = (performance.now() - this.began) / 1000;
    const left = total && spent > 2 && done > this.first ? `, about ${time(spent * (total - done) / (done - this.first))} left` : '';
    const words = phase === 'waiting' ? 'Waiting for another task' : phase.replaceAll('_', ' ').replace(/^./, letter => letter.toUpperCase());
    this.words.textContent = `${words}${total ? `, ${Math.floor(100 * (done ?? 0) / total)}%` : '…'}${left}`;
  }

  fail(text) {
    this.bar.hidden = true;
    this.words.textContent = '';
    this.querySelector('.problem').textContent = text;
  }
});
