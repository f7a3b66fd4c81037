// A text coming out of its masks: live while it is written, then step by step with a slider (arrow keys; play and pause).
const shades = 8;

customElements.define('denoise-canvas', class extends HTMLElement {
  connectedCallback() {
    if (this.text) return;
    this.setAttribute('aria-busy', 'true');
    this.text = Object.assign(document.createElement('p'), { className: 'tokens' });
    this.facts = Object.assign(document.createElement('p'), { className: 'small muted facts-line' });
    this.slider = Object.assign(document.createElement('input'), { type: 'range', min: 0, max: 0, value: 0 });
    this.slider.setAttribute('aria-label', 'Step');
    this.slider.addEventListener('input', () => { this.pause(); this.draw(+this.slider.value); });
    this.play = Object.assign(document.createElement('button'), { type: 'button', className: 'btn quiet small', textContent: 'Play' });
    this.play.addEventListener('click', () => this.timer ? this.pause() : this.replay());
    this.bar = Object.assign(document.createElement('div'), { className: 'scrub', hidden: true });
    this.place = document.createElement('output');
    this.bar.append(this.play, this.slider, this.place);
    this.append(this.text, this.bar, this.facts);
    this.cells = [];
    this.tokens = [];
  }

  disconnectedCallback() { this.pause(); }

  // Takes what the engine tells of a step.
  take(frame) {
    if (this.cells.length !== frame.texts.length) {
      this.tokens = frame.texts.map(text => ({ text, given: text !== null }));
      this.cells = frame.texts.map(() => Object.assign(document.createElement('span'), { className: 'token' }));
      this.text.replaceChildren(...this.cells);
      this.total = frame.total;
      this.slider.max = frame.total;
    }
    frame.texts.forEach((text, at) => this.tokens[at].text = text);
    for (const { at, step, probability, special } of frame.written) Object.assign(this.tokens[at], { step, probability, special });
    this.last = frame;
    this.draw(frame.step);
    const speed = frame.seconds > 0 ? (this.tokens.filter(token => token.step).length / frame.seconds).toFixed(0) : '–';
    this.facts.textContent = `Step ${frame.step} of ${frame.total} · ${frame.masks_left} masks left · ${frame.seconds.toFixed(1)} s · ${speed} tokens/s`;
  }

  // Takes an answer that was kept, as it stood when it ended.
  restore(answer) {
    if (answer.canvas.length) {
      this.take({ step: answer.steps, total: answer.total_steps, masks_left: 0, seconds: answer.seconds, texts: answer.canvas.map(({ text }) => text ?? null), written: [] });
      answer.canvas.forEach(({ step, probability, special, text }, at) => Object.assign(this.tokens[at], { step, probability, special, given: text != null && !step }));
    }
    this.end(answer);
  }

  // The writing ended: by itself, or because it was stopped (null, or an answer that says so).
  end(result) {
    this.removeAttribute('aria-busy');
    this.bar.hidden = !this.last || this.last.step === 0;
    if (!this.last) return;
    this.slider.max = this.slider.value = this.last.step;
    if (result?.end === 'done') this.facts.textContent = `${result.new_tokens} tokens in ${result.steps} steps · ${result.seconds.toFixed(1)} s · ${(result.new_tokens / Math.max(result.seconds, .001)).toFixed(0)} tokens/s · seed ${result.seed}`;
    else this.facts.textContent = `Stopped at step ${this.last.step} of ${this.last.total}.`;
    this.draw(this.last.step);
  }

  draw(step) {
    this.shown = step;
    const room = this.closest('chat-room');
    const color = room?.dataset.color ?? 'step';
    const hide = room?.dataset.hide !== 'no';
    this.tokens.forEach((token, at) => {
      const cell = this.cells[at];
      const there = token.given || (token.step && token.step <= step);
      cell.toggleAttribute('data-gone', Boolean(there && token.special && hide));
      if (!there) { cell.textContent = ' '; cell.dataset.role = 'mask'; delete cell.dataset.shade; cell.removeAttribute('title'); cell.removeAttribute('data-fresh'); return; }
      delete cell.dataset.role;
      cell.textContent = token.text ?? '';
      cell.toggleAttribute('data-fresh', this.hasAttribute('aria-busy') && token.step === step && step > 0);
      const share = token.given || color === 'none' ? null : color === 'step' ? (this.total > 1 ? (token.step - 1) / (this.total - 1) : 1) : 1 - token.probability;
      if (share === null) delete cell.dataset.shade; else cell.dataset.shade = Math.min(shades - 1, Math.floor(share * shades));
      if (token.step) cell.title = `step ${token.step}, ${(100 * token.probability).toFixed(1)}%`;
    });
    this.place.textContent = `step ${step} of ${this.total}`;
    this.slider.setAttribute('aria-valuetext', this.place.textContent);
  }

  redraw() { if (this.last) this.draw(this.shown); }

  replay() {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) { this.slider.focus(); return; }
    if (+this.slider.value >= +this.slider.max) this.slider.value = 0;
    this.play.textContent = 'Pause';
    this.timer = setInterval(() => {
      this.slider.value = +this.slider.value + 1;
      this.draw(+this.slider.value);
      if (+this.slider.value >= +this.slider.max) this.pause();
    }, Math.min(160, Math.max(30, 4000 / +this.slider.max)));
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
    if (this.play) this.play.textContent = 'Play';
  }
});
