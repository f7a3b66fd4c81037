// Rows of the queue are dragged to another place; the buttons in them do the same by key.
customElements.define('queue-list', class extends HTMLElement {
  connectedCallback() {
    this.addEventListener('dragstart', event => {
      this.moved = event.target.closest('[data-waits]');
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', this.moved.dataset.waits);
    });
    this.addEventListener('dragover', event => {
      if (!this.moved) return;
      event.preventDefault();
      this.mark(this.place(event));
    });
    this.addEventListener('dragend', () => { this.mark(null); this.moved = null; });
    this.addEventListener('drop', event => {
      if (!this.moved) return;
      event.preventDefault();
      const next = this.place(event);
      if (next === this.moved || next === this.moved.nextElementSibling) return;
      const form = this.moved.querySelector('form');
      form.action = `/runs/${this.moved.dataset.waits}/move${next ? `/${next.dataset.waits}` : ''}`;
      form.submit();
    });
  }

  // The row that the moved one would stand before; null for the end.
  place(event) {
    const row = event.target.closest('[data-waits]');
    if (!row) return null;
    const { top, height } = row.getBoundingClientRect();
    return event.clientY < top + height / 2 ? row : row.nextElementSibling;
  }

  mark(next) {
    for (const row of this.querySelectorAll('[data-waits]')) {
      row.toggleAttribute('data-before', row === next);
      row.toggleAttribute('data-after', next === null && !row.nextElementSibling && this.moved !== null);
    }
  }
});
