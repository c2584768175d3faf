export const pageStyle = `
:root { color-scheme: light dark; --text: #1c2024; --faint: #5a636b; --ground: #ffffff; --raised: #f3f5f6; --line: #d5dade;
  --link: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8ea; --faint: #a2abb3; --ground: #15181b; --raised: #1e2327; --line: #363d43; --link: #7db8f0; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0 auto; max-width: 78rem; padding: 1rem; background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 0.5rem; }
h3 { font-size: 1.1rem; margin: 0 0 0.5rem; }
h4 { font-size: 0.95rem; margin: 1.2rem 0 0.4rem; color: var(--faint); }
p { margin: 0.5rem 0; max-width: 46rem; }
a { color: var(--link); }
h3 a { color: inherit; text-decoration: none; }
h3 a:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; padding: 0.5rem 1rem; background: var(--ground); z-index: 1; }
code, pre { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: 0.9em; }
pre { white-space: pre-wrap; padding: 0.8rem; margin: 0; border: 1px solid var(--line); border-radius: 6px;
  background: var(--raised); font-size: 0.85rem; line-height: 1.45; }
pre code { font-size: inherit; }
table + pre { margin-top: 0.8rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.9rem 0.4rem 0; border-bottom: 1px solid var(--line); }
td:nth-child(2) { width: 30%; }
td:nth-child(3) { width: 45%; }
thead th { color: var(--faint); font-weight: 600; }
tbody th { font-weight: 400; }
nav summary { font-weight: 600; padding: 0.6rem 0; cursor: pointer; }
nav h2 { font-size: 0.95rem; margin: 1rem 0 0.3rem; color: var(--faint); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: 0.35rem 0; text-decoration: none; }
nav li a:hover { text-decoration: underline; }
section > section { margin: 1.2rem 0 2.4rem; padding-top: 1.2rem; border-top: 1px solid var(--line); }
.method { display: inline-block; padding: 0 0.5rem; border-radius: 4px; color: #ffffff; background: #4a5560; font-weight: 600;
  font-size: 0.8rem; line-height: 1.5rem; }
.method.get { background: #1d6b43; }
.method.post { background: #1b5a9c; }
.method.delete { background: #a3262a; }
.scopes, .errors { color: var(--faint); font-size: 0.92rem; }
@media (max-width: 40rem) {
  thead { position: absolute; left: -99rem; }
  table, tbody, tr, tbody th, td, td:nth-child(n) { display: block; width: auto; border: 0; padding: 0.1rem 0; }
  tr { border-bottom: 1px solid var(--line); padding: 0.4rem 0; }
  td:nth-child(2) { color: var(--faint); }
}
@media (min-width: 64rem) {
  body { display: grid; grid-template-columns: 16rem minmax(0, 1fr); column-gap: 3rem; padding: 1.5rem; }
  header { grid-column: 1 / -1; }
  nav { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow-y: auto; font-size: 0.92rem; }
  nav summary { list-style: none; pointer-events: none; }
  nav details::details-content { content-visibility: visible; }
}
`
