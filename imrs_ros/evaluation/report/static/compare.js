// A bar before and after; ratios up to 1, others up to the greater value.
function rows(title, figures, registry) {
  add(page, 'h2', {}, title);
  const body = add(add(page, 'div', {class: 'card scroll'}), 'table');
  const head = add(body, 'tr');
  ['', '', 'before', 'after', 'difference', '', ''].forEach(text => add(head, 'th', {scope: 'col'}, text));
  for (const [name, before, after, limits, verdict] of figures) {
    const line = add(body, 'tr', {'data-figure': name});
    const known = registry.find(figure => figure.name === name);
    add(line, 'td', {}, known ? known.words + (known.unit && `, ${known.unit}`) : name);
    const bars = add(line, 'td', {class: 'pair'});
    const most = Math.max(before ?? 0, after ?? 0, 1e-9), whole = most <= 1 ? 1 : most;
    [[before, 'var(--soft)'], [after, {worse: 'var(--bad)', better: 'var(--good)'}[verdict] || 'var(--blue)']].forEach(([one, colour]) =>
      add(bars, 'div', {style: `height:7px;margin:2px 0;border-radius:3px;background:${colour};width:${100 * (one ?? 0) / whole}%`}));
    add(line, 'td', {}, value(before));
    add(line, 'td', {}, value(after));
    add(line, 'td', {class: 'interval'}, limits && verdict ? `[${limits.map(value).join(', ')}]` : '');
    const drawn = add(line, 'td', {class: `whiskers ${verdict}`});
    if (limits && verdict && before !== null && after !== null) {
      const far = Math.max(...limits.map(one => Math.abs(one ?? 0)), Math.abs(after - before)) || 1;
      whisker(drawn, after - before, limits, -far, far);
    }
    add(line, 'td', {class: verdict}, verdict);
  }
}

document.title = 'Comparison of two evaluations';
add(page, 'h1', {}, 'Comparison');
add(page, 'p', {}, `${data.names[0]} → ${data.names[1]}`);
if (data.headline) add(page, 'p', {class: 'headline'}, data.headline);
for (const [name, before, after] of data.settings) add(page, 'div', {class: 'note'}, `${name}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`);
if (data.only_in_one.length) add(page, 'div', {class: 'note error'}, `The figures do not compare: in one report only: ${data.only_in_one.join(', ')}`);
add(page, 'p', {}, `Differences: ${data.intervals}.`);
rows('Figures', data.figures, data.registry.all);
if (data.people) {
  rows(`People, ${data.people_sources.join(' → ')}`, data.people, data.registry.people);
  add(page, 'p', {}, `Differences of people: ${data.people_intervals}.`);
}
rows('F1 at 25 % overlap by class', data.classes, data.registry.all);
document.body.dataset.ready = 'yes';
