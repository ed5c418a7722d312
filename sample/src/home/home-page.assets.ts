/** What the start page brings along: it loads nothing. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f5f1, #14161a);
  --surface: light-dark(#fff, #1c1f25);
  --border: light-dark(#e0ddd4, #31353d);
  --text: light-dark(#22252a, #e6e7ea);
  --muted: light-dark(#5b616b, #a3aab5);
  --accent: light-dark(#1f55b5, #8ab4ff);
  --on-accent: light-dark(#fff, #10151f);
  --code: light-dark(#f2f0ea, #14171c);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 90rem;
  padding: clamp(1.25rem, 4vw, 3rem) clamp(1rem, 3vw, 2.5rem) 4rem;
  background: var(--ground);
  color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif;
}
h1, h2, p, ul { margin: 0; padding: 0; }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.4rem); letter-spacing: -0.02em; line-height: 1.15; }
h2 { font-size: 1.05rem; }
ul { list-style: none; }
a { color: var(--accent); text-underline-offset: 0.18em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code { font: 0.875em/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; overflow-wrap: anywhere; }
.about { max-width: 46rem; margin-top: 0.75rem; color: var(--muted); }
.first { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1.5rem 0 2rem; }
.first a {
  display: block;
  flex: 1 1 15rem;
  max-width: 26rem;
  padding: 0.9rem 1.1rem;
  border: 1px solid var(--accent);
  border-radius: 0.6rem;
  background: var(--surface);
  text-decoration: none;
}
.first a:first-child { background: var(--accent); color: var(--on-accent); }
.first a:hover strong { text-decoration: underline; }
.first strong { display: block; font-size: 1.1rem; }
.groups { columns: 34rem 2; column-gap: 1.25rem; }
section {
  display: inline-block;
  width: 100%;
  margin-bottom: 1.25rem;
  padding: 1rem 1.15rem 1.15rem;
  border: 1px solid var(--border);
  border-radius: 0.6rem;
  background: var(--surface);
}
li { margin-top: 0.65rem; padding-top: 0.65rem; border-top: 1px solid var(--border); }
h2 + ul > li:first-child { margin-top: 0.5rem; }
.look { margin-top: 0.15rem; font-size: 0.92rem; }
.families { display: flex; flex-wrap: wrap; gap: 0 0.9rem; margin-top: 0.15rem; font-size: 0.88rem; }
.families a { color: var(--muted); text-decoration-thickness: 1px; text-decoration-color: var(--border); text-underline-offset: 0.35em; }
.families a:hover { color: var(--accent); text-decoration-color: currentcolor; }
.command { display: flex; gap: 0.5rem; align-items: start; margin-top: 0.4rem; }
.command code { flex: 1; padding: 0.35rem 0.55rem; border-radius: 0.35rem; background: var(--code); font-size: 0.78rem; user-select: all; }
button {
  min-width: 4.5rem;
  padding: 0.3rem 0.6rem;
  border: 1px solid var(--border);
  border-radius: 0.35rem;
  background: var(--surface);
  color: inherit;
  font: inherit;
  font-size: 0.82rem;
  cursor: pointer;
}
button:hover { border-color: var(--muted); }
footer { margin-top: 1.5rem; color: var(--muted); font-size: 0.92rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
`;

/** Without it, the commands can be selected. */
export const SCRIPT = `
for (const button of document.querySelectorAll('button')) {
  const label = button.firstChild;
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(button.previousElementSibling.textContent);
      label.data = 'Copied';
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling);
      label.data = 'Selected';
    }
    setTimeout(() => { label.data = 'Copy'; }, 2000);
  });
}
`;
