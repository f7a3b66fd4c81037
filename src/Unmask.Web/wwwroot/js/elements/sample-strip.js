// What the model wrote for the same prompts: one slider goes through the steps of training, one through the steps of denoising.
import { listen } from '../stream.js';

customElements.define('sample-strip', class extends HTMLElement {
  async connectedCallback() {
    this.draws = await (await fetch(this.dataset.src)).json();
    if (this.draws.length === 0) return;
    this.training = this.slider('Training step', this.draws.length - 1);
    this.denoising = this.slider('Denoising step', 1);
    this.rows = document.createElement('div');
    this.rows.className = 'samples stack';
    this.append(this.training.label, this.denoising.label, this.rows);
    this.training.input.addEventListener('input', () => this.choose());
    this.denoising.input.addEventListener('input', () => this.draw());
    this.choose();
    listen('run', async news => {
      if (!news.drew) return;
      const last = +this.training.input.value === this.draws.length - 1;
      this.draws = await (await fetch(this.dataset.src)).json();
      this.training.input.max = this.draws.length - 1;
      if (last) { this.training.input.value = this.draws.length - 1; this.choose(); }
    });
  }

  slider(name, most) {
    const label = Object.assign(document.createElement('label'), { className: 'scrub' });
    const input = Object.assign(document.createElement('input'), { type: 'range', min: 0, max: most, value: most });
    const words = document.createElement('output');
    label.append(Object.assign(document.createElement('span'), { textContent: name }), input, words);
    return { label, input, words };
  }

  choose() {
    this.drawn = this.draws[+this.training.input.value];
    this.training.words.textContent = this.drawn.step.toLocaleString('en');
    const frames = Math.max(...this.drawn.samples.map(sample => sample.frames?.length ?? 0));
    this.denoising.label.hidden = frames < 2;
    this.denoising.input.max = Math.max(0, frames - 1);
    this.denoising.input.value = this.denoising.input.max;
    this.draw();
  }

  draw() {
    const at = +this.denoising.input.value;
    this.denoising.words.textContent = `${at} of ${this.denoising.input.max}`;
    this.rows.replaceChildren(...this.drawn.samples.map(sample => {
      const row = Object.assign(document.createElement('article'), { className: 'sample' });
      const last = at >= +this.denoising.input.max || !sample.frames?.length;
      const prompt = Object.assign(document.createElement('p'), { className: 'muted', textContent: sample.prompt });
      const output = Object.assign(document.createElement('p'), { className: 'tokens', textContent: last ? sample.output : sample.frames[Math.min(at, sample.frames.length - 1)] });
      if (!output.textContent.trim()) output.replaceChildren(Object.assign(document.createElement('span'), { className: 'faint', textContent: '(empty)' }));
      row.append(prompt, output);
      if (sample.target) row.append(Object.assign(document.createElement('p'), { className: `small ${sample.target === sample.output ? 'right' : 'faint'}`, textContent: sample.target === sample.output ? 'matches the target' : `target: ${sample.target}` }));
      return row;
    }));
  }
});
