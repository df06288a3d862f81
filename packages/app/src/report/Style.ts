/** The style of the report: follows the reader's light or dark, prints, needs no font of its own. */
export const style = `
:root{--ink:#1a1f26;--soft:#5d6875;--line:#d9dee5;--paper:#fff;--accent:#0b6bcb;--good:#1a7f4b;--bad:#b3372b}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#98a3b3;--line:#333c49;--paper:#12161c;--accent:#5aa9f5;--good:#4fc487;--bad:#f0796c}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:900px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:26px}h2{font-size:19px;margin:36px 0 8px}h3{font-size:13px;margin:8px 0 0;color:var(--soft)}
.note{color:var(--soft);font-size:13px;max-width:72ch}.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:13px;width:100%}
th,td{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;white-space:nowrap}
details{white-space:normal}code{font-size:12px}small{color:var(--soft)}
td.follow{color:var(--good);font-weight:600}td.avoid{color:var(--bad)}
svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font-size:11px}
.grid{stroke:var(--line)}path{fill:none;stroke-width:2}.band{fill:var(--accent);opacity:.14}
.ours{stroke:var(--accent);stroke-width:2}.leaders{stroke:var(--good);stroke-width:2}
.control{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:4 4}
.bar{fill:var(--accent)}.gain{fill:var(--good)}.loss{fill:var(--bad)}
.whisker{stroke:var(--soft);opacity:.45}circle{fill:var(--accent)}
g.follow circle{fill:var(--good)}g.avoid circle{fill:var(--bad)}
@media print{main{max-width:none}details{break-inside:avoid}}
`.replaceAll("\n", "")
