"""Reports: what a run did and what a warehouse holds, for people.

Reads published tables only and writes files beside the run: `report.html` and `report.json`, made by
`run_report.write_report`. Every number is collected in `figures`, the only module of the run report that touches
frames; `sections` says what the numbers mean, `charts` draws them, `page` puts them on one page. It must always hold
that the page shows exactly the values of the JSON, refers to nothing outside itself, runs no script and shows no
personal data: counts, shares and sums only.
"""
