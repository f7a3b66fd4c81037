// Keeps the head of a run's page true, and asks for the page anew when the run gets another state.
import { listen, bind, pill } from '../stream.js';

customElements.define('live-run', class extends HTMLElement {
  connectedCallback() {
    listen('run', news => this.take(news));
    listen('reset', () => location.reload());
  }

  take(news) {
    bind(this, { ...news.numbers, count_log: news.log_lines?.toLocaleString('en') });
    const bar = this.querySelector('[data-live=progress]');
    if (bar && news.total) { bar.max = news.total; bar.value = news.step ?? 0; }
    const phase = this.querySelector('[data-live=phase]');
    if (phase) [phase.max, phase.value] = news.phase_total ? [news.phase_total, news.phase_done ?? 0] : [1, 0];
    document.title = news.live && news.total ? `${Math.floor(100 * (news.step ?? 0) / news.total)}% ${news.name} · Unmask` : `${news.name} · Unmask`;
    if (news.status !== this.dataset.status) {
      this.dataset.status = news.status;
      this.querySelector('[data-live=state]').replaceChildren(pill(news.status));
      // Other buttons, tabs and banners belong to another state; a dialog that is open is not taken away.
      if (!document.querySelector('dialog[open]')) setTimeout(() => location.reload(), 300);
    }
  }
});
