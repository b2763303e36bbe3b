// A button on every block of code that copies it.
'use strict';

for (const block of document.querySelectorAll('article .highlight')) {
  const text = block.querySelector('pre');
  if (!navigator.clipboard || !text) continue;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text.innerText.trimEnd());
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
  block.append(button);
}
