// A chart as a PNG file: its title above it, the names of its curves below, on the ground that it stands on.
export function save(element, chart, title, lines) {
  const from = chart.ctx.canvas;
  const scale = from.width / chart.width;
  const [head, row, edge] = [34 * scale, 22 * scale, 12 * scale];
  const { backgroundColor, color, fontFamily } = getComputedStyle(element);
  const canvas = Object.assign(document.createElement('canvas'), { width: from.width + 2 * edge });
  const pen = canvas.getContext('2d');
  const font = weight => `${weight} ${13 * scale}px ${fontFamily}`;

  // Where each name stands: beside the one before it, or below where there is no room.
  pen.font = font(400);
  let [x, rows] = [edge, 1];
  const names = lines.map(({ label, stroke }) => {
    const width = 29 * scale + pen.measureText(label).width;
    if (x > edge && x + width > canvas.width) [x, rows] = [edge, rows + 1];
    x += width;
    return { label, stroke, x: x - width, y: head + from.height + (rows - 1) * row };
  });

  // Setting its height clears a canvas and its font.
  canvas.height = head + from.height + rows * row + edge;
  pen.fillStyle = backgroundColor;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(from, edge, head);
  for (const { stroke, x: left, y } of names) {
    pen.fillStyle = stroke;
    pen.fillRect(left, y + 4 * scale, 10 * scale, 10 * scale);
  }
  pen.fillStyle = color;
  pen.font = font(600);
  pen.fillText(title, edge, 22 * scale);
  pen.font = font(400);
  for (const { label, x: left, y } of names) pen.fillText(label, left + 15 * scale, y + 13 * scale);
  canvas.toBlob(blob => {
    const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: `${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}
