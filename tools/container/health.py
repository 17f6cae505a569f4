"""Ask a service whether it is well; end with 1 if it does not answer 200.

    python health.py http://127.0.0.1:8000/health/live /data/token

The second word names the file of the token, unless SKLIMG_TOKEN_FILE does. For the health
check of a container, whose image has no curl; it needs Python alone.
"""

import http.client
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

_SECONDS = 5


def main(url: str, token_file: str) -> int:
    """Print what the service says of itself; return 0 if it is well."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=_SECONDS)
    try:
        token = Path(os.environ.get("SKLIMG_TOKEN_FILE") or token_file).read_text().strip()
        connection.request("GET", place.path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        print(answer.status, answer.read(1000).decode("utf-8", "replace"))
    except (OSError, ValueError, http.client.HTTPException) as err:
        print(f"no answer: {type(err).__name__}")
        return 1
    finally:
        connection.close()
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
