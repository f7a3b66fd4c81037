// How answers are written: the fields beside the conversation.
const whole = ['max_new_tokens', 'steps', 'block_size', 'top_k', 'seed'];
const numbers = [...whole, 'temperature', 'top_p', 'alg_temp', 'cfg_scale'];

export class Sampler {
  constructor(root) {
    this.find = selector => root.querySelector(selector);
    this.presets = root.querySelectorAll('[name=preset]');
    for (const choice of this.presets) choice.addEventListener('change', () => this.preset(choice.value));
    this.find('#max_new_tokens').addEventListener('input', () => this.preset(this.find('[name=preset]:checked')?.value));
    this.find('#steps').addEventListener('input', () => { for (const choice of this.presets) choice.checked = false; });
  }

  // What the model does where nothing is said.
  usual(values) {
    this.values = values;
    for (const name of numbers) this.find(`#${name}`).placeholder = values[name] ?? 'off';
    this.find('#remasking').options[0].textContent = `default (${values.remasking})`;
    this.preset(this.find('[name=preset]:checked')?.value);
  }

  preset(name) {
    if (!name) return;
    const longest = +(this.find('#max_new_tokens').value || this.values?.max_new_tokens || 128);
    this.find('#steps').placeholder = longest === this.values?.max_new_tokens ? this.values.steps : longest;
    this.find('#steps').value = name === 'model' ? '' : Math.max(1, Math.ceil(longest / { fast: 4, balanced: 2, best: 1 }[name]));
  }

  // What is chosen. Throws a sentence for all fields that are wrong.
  read() {
    const chosen = {};
    const problems = [];
    for (const name of numbers) {
      const field = this.find(`#${name}`);
      const text = field.value.trim().replace(',', '.');
      const bad = text !== '' && (!Number.isFinite(+text) || (whole.includes(name) && !Number.isInteger(+text)));
      field.toggleAttribute('aria-invalid', bad);
      if (bad) problems.push(`${field.labels[0].textContent} is ${text}. It must be ${whole.includes(name) ? 'a whole number' : 'a number'}.`);
      else if (text !== '') chosen[name] = +text;
    }
    if (problems.length) throw new Error(problems.join(' '));
    if (this.find('#remasking').value) chosen.remasking = this.find('#remasking').value;
    return chosen;
  }

  // Shows what a kept conversation was written by.
  show(chosen) {
    for (const name of numbers) this.find(`#${name}`).value = chosen[name] || (name === 'temperature' && chosen[name] === 0) ? chosen[name] : '';
    this.find('#remasking').value = chosen.remasking ?? '';
    if (chosen.steps) for (const choice of this.presets) choice.checked = false;
  }
}
