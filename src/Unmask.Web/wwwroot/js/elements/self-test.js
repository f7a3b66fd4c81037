// Runs the self-test of a method and shows its steps while they are done.
import { post } from '../sse.js';

customElements.define('self-test', class extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector('button');
    this.list = this.querySelector('ol');
    this.sentence = this.querySelector('[data-sentence]');
    this.button.addEventListener('click', () => this.run());
  }

  async run() {
    this.button.disabled = true;
    this.list.replaceChildren();
    this.sentence.textContent = '';
    this.querySelector('[data-when]')?.remove();
    this.pill('running', 'testing');
    try {
      await post(`/api/methods/${this.dataset.method}/self-test`, {}, (kind, news) => {
        if (kind === 'progress' && !this.list.children.length) this.sentence.textContent = `${news.phase} ${news.detail ?? ''}…`;
        if (kind === 'frame') this.step(news);
        if (kind === 'result') this.end(news.ready, [news.sentence, news.way_out].filter(Boolean).join(' '));
        if (kind === 'error') this.end(false, news.problems.join(' '));
      });
    } catch (failure) {
      this.end(false, failure instanceof TypeError ? 'The workbench does not respond. Check that `unmask serve` is running.' : failure.message);
    }
  }

  step({ number, title, state, seconds, detail }) {
    this.sentence.textContent = '';
    while (this.list.children.length < number) this.list.append(document.createElement('li'));
    const item = this.list.children[number - 1];
    item.dataset.state = state;
    item.replaceChildren(Object.assign(document.createElement('span'), { textContent: title }),
      Object.assign(document.createElement('span'), { className: 'faint small', textContent: state === 'running' ? ' …' : ` ${(seconds ?? 0).toFixed(1)} s${detail ? `, ${detail}` : ''}` }));
  }

  end(ready, text) {
    this.button.disabled = false;
    this.button.textContent = 'Repeat self-test';
    this.pill(ready ? 'ready' : 'broken', ready ? 'ready' : 'broken');
    this.sentence.textContent = text;
  }

  pill(state, text) {
    const pill = Object.assign(document.createElement('span'), { className: 'pill', textContent: text });
    pill.dataset.state = state;
    this.querySelector('[data-outcome]').replaceChildren(pill);
  }
});
