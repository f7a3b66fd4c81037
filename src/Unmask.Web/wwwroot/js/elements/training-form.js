// Keeps the training form true while it is filled in: what is wrong stands under its field, what has no effect is hidden, the plan is worked out anew.
import { toast, sentences } from '../toast.js';

const inputOf = field => field.querySelector(`[name="${field.dataset.setting}"]`);

customElements.define('training-form', class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest('form');
    this.form.addEventListener('input', () => this.later());
    this.form.addEventListener('change', () => this.later());
    this.addEventListener('click', event => {
      const reset = event.target.closest('.changed');
      if (reset) this.reset(reset);
      const copy = event.target.closest('[data-copy]');
      if (copy) this.copy(copy.dataset.copy);
      const remedy = event.target.closest('[data-apply]');
      if (remedy) this.apply(JSON.parse(remedy.dataset.apply));
      if (event.target.closest('[data-probe]')) this.plan(0, '?probe=true');
    });
    this.advanced(this.querySelector('[data-advanced]'));
    this.check();
  }

  // All folds of advanced settings at once; the choice is remembered.
  advanced(box) {
    const unfold = () => { for (const fold of this.querySelectorAll('[data-section] details')) fold.open = box.checked; };
    box.checked = localStorage.advanced === 'yes';
    if (box.checked) unfold();
    box.addEventListener('change', () => { localStorage.advanced = box.checked ? 'yes' : 'no'; unfold(); });
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), 250);
  }

  reset(button) {
    const input = inputOf(button.closest('[data-setting]'));
    if (input.type === 'checkbox') input.checked = button.dataset.default === 'true';
    else input.value = button.dataset.default;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.focus();
  }

  apply(settings) {
    for (const [name, value] of Object.entries(settings)) {
      const input = this.querySelector(`[name="${name}"]`);
      if (input.type === 'checkbox') input.checked = value === true; else input.value = value;
      input.dispatchEvent(new Event('input', { bubbles: true }));
    }
  }

  async check() {
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      const response = await fetch('/train/check', { method: 'POST', body: new FormData(this.form), signal: this.asked.signal });
      if (!response.ok) return;
      this.state = await response.json();
      this.show(this.state);
      this.plan();
    } catch (failure) {
      if (failure.name !== 'AbortError') throw failure;
    }
  }

  show({ fields, problems_html, changes_html, change_count }) {
    for (const field of this.querySelectorAll('[data-setting]')) {
      const state = fields[field.dataset.setting];
      if (!state) continue;
      field.hidden = !state.applies;
      field.toggleAttribute('data-bad', state.severity === 'error');
      const input = inputOf(field);
      if (state.severity === 'error') input.setAttribute('aria-invalid', 'true'); else input.removeAttribute('aria-invalid');
      const problem = field.querySelector('.problem');
      problem.textContent = state.sentence ?? '';
      problem.dataset.severity = state.severity ?? '';
      // What is wrong is not left in a fold.
      if (state.severity === 'error' && state.applies) field.closest('details')?.setAttribute('open', '');
      field.querySelector('.changed').hidden = !state.changed;
    }
    this.querySelector('.problems').innerHTML = problems_html;
    this.querySelector('[data-changes]').innerHTML = changes_html;
    this.querySelector('[data-change-count]').textContent = change_count === 1 ? '1 difference' : `${change_count} differences`;
    for (const section of this.querySelectorAll('[data-section]')) {
      const empty = [...section.querySelectorAll('[data-setting]')].every(field => field.hidden);
      section.hidden = empty;
      this.querySelector(`[data-for="${section.dataset.section}"]`).hidden = empty;
      for (const details of section.querySelectorAll('details')) details.hidden = [...details.querySelectorAll('[data-setting]')].every(field => field.hidden);
    }
  }

  plan(wait = 700, query = '') {
    clearTimeout(this.planTimer);
    const card = this.querySelector('.plan');
    card.setAttribute('aria-busy', 'true');
    this.planTimer = setTimeout(async () => {
      this.planAsked?.abort();
      this.planAsked = new AbortController();
      try {
        const response = await fetch(`/train/plan${query}`, { method: 'POST', body: new FormData(this.form), signal: this.planAsked.signal });
        if (response.ok) card.innerHTML = await response.text();
        card.removeAttribute('aria-busy');
      } catch (failure) {
        if (failure.name !== 'AbortError') throw failure;
      }
    }, wait);
  }

  async copy(what) {
    const response = await fetch(`/train/text/${what}`, { method: 'POST', body: new FormData(this.form) });
    if (!response.ok) { toast(await sentences(response)); return; }
    await navigator.clipboard.writeText(await response.text());
    toast(what === 'yaml' ? 'Recipe copied to the clipboard.' : 'Command copied to the clipboard.');
  }
});

// A slider and a number field that say the same.
customElements.define('paired-range', class extends HTMLElement {
  connectedCallback() {
    const [slider, field] = this.querySelectorAll('input');
    slider.addEventListener('input', () => { field.value = slider.value; field.dispatchEvent(new Event('input', { bubbles: true })); });
    field.addEventListener('input', () => { if (Number.isFinite(+field.value)) slider.value = field.value; });
  }
});
