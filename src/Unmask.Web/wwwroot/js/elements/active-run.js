// The run that works now, in the top bar of every page.
import { listen, notifies, pill } from '../stream.js';

customElements.define('active-run', class extends HTMLElement {
  connectedCallback() {
    this.live = new Map();
    for (const link of this.querySelectorAll('a')) this.live.set(link.dataset.run, link);
    listen('runs', news => {
      if (news.all) for (const [id, link] of this.live) if (!news.runs.some(run => run.id === id)) { link.remove(); this.live.delete(id); }
      for (const run of news.runs) {
        if (!run.live) { if (this.live.has(run.id) && notifies()) import('../notify.js').then(notify => notify.tell(run)); this.live.get(run.id)?.remove(); this.live.delete(run.id); continue; }
        let link = this.live.get(run.id);
        if (!link) {
          link = Object.assign(document.createElement('a'), { className: 'active', href: `/runs/${run.id}` });
          link.dataset.run = run.id;
          this.live.set(run.id, link);
          this.append(link);
        }
        const far = run.total ? ` ${Math.floor(100 * (run.step ?? 0) / run.total)}%` : '';
        const left = run.numbers.left === '–' ? '' : `, ${run.numbers.left} left`;
        link.replaceChildren(pill(run.status), `${run.name}${far}${left}`);
      }
    });
  }
});
