"""Pulls an HTTP API with dlt and lands files for cdp-spark: `pip install 'cdp-spark[dlt]'`, then

    python scripts/examples/dlt_rest_api.py data/landing            # an API of its own, to look at
    python scripts/examples/dlt_rest_api.py data/landing https://…  # yours

dlt keeps sign-in, paging, retries and the cursor; each load writes `shop/orders/<load>.<file>.jsonl` and, when it is
complete, a line in `shop/_dlt_loads`. The stream then reads `{path: shop/orders, format: jsonl, loads: dlt}`.
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import dlt
from dlt.sources.rest_api import rest_api_source

ORDERS = [
    {"id": n, "email": f"a{n}@example.com", "total": "9.90", "updated_at": f"2026-02-{n:02d}T10:00:00Z"}
    for n in range(1, 26)
]
PAGE = 10


class _Api(BaseHTTPRequestHandler):
    """`/orders?updated_since=…&page=…`, ten a page."""

    def do_GET(self) -> None:  # the name that the library calls
        asked = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
        found = [o for o in ORDERS if str(o["updated_at"]) >= asked.get("updated_since", "")]
        first = (int(asked.get("page", 1)) - 1) * PAGE
        body = json.dumps({"orders": found[first : first + PAGE], "pages": -(-len(found) // PAGE)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def _local_api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()


def landed_files(landing: Path, address: str) -> list[Path]:
    """Pulls what has changed since the last call; the files that lie in the folder of orders afterwards."""
    source = rest_api_source(
        {
            "client": {
                "base_url": address,
                "paginator": {"type": "page_number", "base_page": 1, "total_path": "pages"},
            },
            "resources": [
                {
                    "name": "orders",
                    "endpoint": {
                        "path": "orders",
                        "data_selector": "orders",
                        "params": {"updated_since": "{incremental.start_value}"},
                        "incremental": {"cursor_path": "updated_at", "initial_value": "2026-01-01T00:00:00Z"},
                    },
                }
            ],
        }
    )
    target = dlt.destinations.filesystem(bucket_url=landing.absolute().as_uri())
    pipeline = dlt.pipeline("cdp_shop", destination=target, dataset_name="shop", pipelines_dir=str(landing / ".dlt"))
    pipeline.run(source, loader_file_format="jsonl", write_disposition="append")
    return sorted((landing / "shop" / "orders").glob("*.jsonl*"))


def main() -> None:
    landing = Path(sys.argv[1])
    if len(sys.argv) > 2:
        files = landed_files(landing, sys.argv[2])
    else:
        with _local_api() as address:
            files = landed_files(landing, address)
    print(f"{len(files)} files in {landing}/shop/orders")


if __name__ == "__main__":
    main()
