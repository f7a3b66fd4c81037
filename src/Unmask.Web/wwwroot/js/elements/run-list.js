// Keeps the rows of the table of runs true. When runs come or go the page is asked for anew.
import { listen, bind, pill } from '../stream.js';

customElements.define('run-list', class extends HTMLElement {
  connectedCallback() {
    listen('runs', news => {
      for (const run of news.runs) {
        const row = this.querySelector(`[data-run="${CSS.escape(run.id)}"]`);
        if (!row) continue;
        bind(row, run.numbers);
        const state = row.querySelector('[data-live=state]');
        if (state.textContent.trim() !== run.status) state.replaceChildren(pill(run.status));
        const bar = row.querySelector('progress');
        if (bar && run.total) { bar.max = run.total; bar.value = run.step ?? 0; }
      }
      if (news.changed && !this.querySelector(':checked') && !document.querySelector('dialog[open], details.menu[open]')) this.later();
    });
  }

  // Several changes at once bring one new page; what was written into the search field stays.
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const text = await (await fetch(location.href, { headers: { accept: 'text/html' } })).text();
      const fresh = new DOMParser().parseFromString(text, 'text/html');
      const [mine, theirs] = [this.querySelector('tbody'), fresh.querySelector('run-list tbody')];
      if (theirs) mine.replaceWith(theirs);
      const [queue, newQueue] = [document.querySelector('[aria-labelledby=queue]'), fresh.querySelector('[aria-labelledby=queue]')];
      if (queue && !newQueue) queue.remove();
      else if (queue) queue.replaceWith(newQueue);
    }, 400);
  }
});
