// Keeps the table of downloads and pushes true while one goes on, and stops one.
import { toast, sentences } from '../toast.js';

const size = bytes => bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
const time = seconds => seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${Math.ceil(seconds)} s`;

customElements.define('hub-transfers', class extends HTMLElement {
  connectedCallback() {
    this.addEventListener('click', event => {
      if (event.target.closest('[data-cancel]')) this.cancel(event.target.closest('[data-job]').dataset.job);
    });
    if (this.running.length) this.look();
  }

  get running() { return [...this.querySelectorAll('[data-job][data-state=running]')]; }

  async cancel(id) {
    const response = await fetch(`/api/hub/transfers/${id}`, { method: 'DELETE' });
    if (!response.ok) toast(await sentences(response));
  }

  async look() {
    const response = await fetch('/api/hub/transfers').catch(() => null);
    const jobs = response?.ok ? await response.json() : [];
    for (const row of this.running) {
      const job = jobs.find(one => one.id === row.dataset.job);
      if (!job) continue;
      if (job.state !== 'running') { location.reload(); return; }
      const { bytes, total_bytes: total, bytes_per_second: rate } = job.progress ?? {};
      if (total) { row.querySelector('progress').max = total; row.querySelector('progress').value = bytes; }
      row.querySelector('[data-word]').textContent = job.sentence ?? (total ? `${size(bytes)} of ${size(total)}${rate ? `, ${size(rate)}/s` : ''}${job.seconds_left ? `, ${time(job.seconds_left)} left` : ''}` : 'waiting for the Hub…');
    }
    setTimeout(() => this.look(), document.hidden ? 5000 : 700);
  }
});
