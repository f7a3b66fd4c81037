// Sends the chosen file as a stream, with how far it is, and lets it be cancelled. Without this script the form sends it whole.
import { sentences } from '../toast.js';

customElements.define('file-upload', class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest('form');
    const dialog = this.closest('dialog');
    this.form.addEventListener('submit', event => { event.preventDefault(); this.send(this.querySelector('input[type=file]').files[0]); });
    this.querySelector('[data-cancel]').addEventListener('click', () => this.request?.abort());
    dialog?.addEventListener('close', () => this.request?.abort());
    for (const kind of ['dragover', 'drop']) {
      document.addEventListener(kind, event => {
        if (!event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        if (kind !== 'drop') return;
        this.querySelector('input[type=file]').files = event.dataTransfer.files;
        if (!dialog.open) dialog.showModal();
      });
    }
  }

  send(file) {
    if (!file) return;
    const [progress, words] = [this.querySelector('progress'), this.querySelector('.muted')];
    const problem = this.querySelector('.problem');
    problem.textContent = '';
    progress.parentElement.hidden = false;
    const began = performance.now();
    this.request = new XMLHttpRequest();
    this.request.open('PUT', `/api/datasets/files/${encodeURIComponent(file.name)}`);
    this.request.upload.addEventListener('progress', event => {
      progress.value = event.loaded / event.total;
      const rate = event.loaded / (performance.now() - began) * 1000;
      words.textContent = `${mib(event.loaded)} of ${mib(event.total)} MiB, ${mib(rate)} MiB/s`;
    });
    this.request.addEventListener('load', async () => {
      if (this.request.status === 201) { location.href = `/datasets/${JSON.parse(this.request.responseText).id}`; return; }
      progress.parentElement.hidden = true;
      problem.textContent = await sentences(new Response(this.request.responseText, { status: this.request.status }));
    });
    this.request.addEventListener('error', () => { progress.parentElement.hidden = true; problem.textContent = 'The connection was lost before the file was whole; nothing was kept. Send it again.'; });
    this.request.addEventListener('abort', () => { progress.parentElement.hidden = true; });
    this.request.send(file);
  }
});

const mib = bytes => (bytes / 1048576).toFixed(1);
