// The box that turns notifications on and off in this browser.
import { ask } from '../notify.js';
import { notifies } from '../stream.js';

customElements.define('notify-switch', class extends HTMLElement {
  connectedCallback() {
    const box = this.querySelector('input');
    const word = this.querySelector('[data-word]');
    box.checked = notifies();
    box.addEventListener('change', async () => {
      const wanted = box.checked;
      box.checked = await ask(wanted);
      word.textContent = wanted && !box.checked ? 'Notifications are blocked. Allow them for this address in the settings of the browser.' : '';
    });
  }
});
