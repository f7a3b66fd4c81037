// The processes of a run, kept up to date; it shows itself at the first report of a run that has several.
import { listen, pill } from '../stream.js';

const cell = (kind, className, ...content) => {
  const made = Object.assign(document.createElement(kind), { className });
  made.append(...content);
  return made;
};

customElements.define('rank-table', class extends HTMLElement {
  connectedCallback() {
    this.body = this.querySelector('tbody');
    listen('run', news => { if (news.ranks) this.take(news.ranks); });
  }

  take({ rows, efficiency }) {
    this.querySelector('[data-live=efficiency]').textContent = efficiency;
    this.body.replaceChildren(...rows.map(rank => {
      const number = cell('th', '', `${rank.rank}`);
      number.scope = 'row';
      const bar = Object.assign(document.createElement('progress'), { max: 1, value: rank.waiting_share, ariaLabel: `Waiting share of rank ${rank.rank}` });
      const remark = cell('td', '');
      if (rank.remark) { const mark = pill('warning'); mark.textContent = rank.remark; remark.append(mark); }
      return cell('tr', '', number, cell('td', 'num', rank.speed), cell('td', '', cell('span', 'waiting', bar, cell('span', '', rank.waiting))), cell('td', 'num', rank.memory), remark);
    }));
    this.hidden = false;
  }
});
