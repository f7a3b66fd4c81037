// The charts of a page share smoothing, axis, pointer and the marks of checkpoints.
import { listen } from '../stream.js';

customElements.define('chart-board', class extends HTMLElement {
  connectedCallback() {
    const keep = JSON.parse(localStorage.getItem('charts') ?? '{}');
    const [smooth, log, clip] = [this.querySelector('#smooth'), this.querySelector('[data-log]'), this.querySelector('[data-clip]')];
    if (keep.smooth !== undefined) smooth.value = keep.smooth;
    log.checked = !!keep.log;
    clip.checked = !!keep.clip;
    const tell = () => {
      this.settings = { smooth: +smooth.value, log: log.checked, clip: clip.checked };
      localStorage.setItem('charts', JSON.stringify(this.settings));
      this.dispatchEvent(new CustomEvent('settings'));
    };
    for (const input of [smooth, log, clip]) input.addEventListener('input', tell);
    tell();
    listen('run', news => { if (news.checkpoints) this.dataset.checkpoints = news.checkpoints.join(); });
  }
});
